//! Decaying sines that sound together: the partials of a struck string, bar, skin or plate.

use std::f32::consts::TAU;

use super::envelope::decay_per_frame;
use super::stereo::TICK;

/// The most partials that sound together. A multiple of [`LANES`].
pub(super) const MOST: usize = 96;
/// Partials that are computed together: some SIMD registers. Every other one leans to the same side of
/// the stereo image.
const LANES: usize = 16;
const GROUPS: usize = MOST / LANES;
/// Below this (-140 dB) a partial is over.
pub(super) const SPENT: f32 = 1e-7;
/// Control periods from one search for spent partials to the next.
const SWEEP: u32 = 15;

/// How a partial begins.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Partial {
    /// The frequency: a multiple of the note's, or in hertz.
    pub(super) pitch: Pitch,
    /// The level of its sine, and of the cosine that starts with a step.
    pub(super) sine: f32,
    pub(super) cosine: f32,
    /// Seconds to -60 dB.
    pub(super) decay: f32,
}

impl Partial {
    /// The same partial, of which only the sine was set, with a later phase in radians.
    pub(super) fn turned(self, phase: f32) -> Self {
        Self {
            sine: self.sine * phase.cos(),
            cosine: self.sine * phase.sin(),
            ..self
        }
    }
}

/// The frequency of a partial.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pitch {
    /// A multiple of the note's frequency: it follows bends.
    Ratio(f32),
    /// In hertz.
    Fixed(f32),
}

impl Default for Pitch {
    fn default() -> Self {
        Self::Fixed(0.0)
    }
}

impl Pitch {
    /// The turn per frame for a note of that frequency, in radians.
    fn turn(self, frequency: f32, sample_rate: f32) -> f32 {
        let hertz = match self {
            Self::Ratio(ratio) => ratio * frequency,
            Self::Fixed(hertz) => hertz,
        };
        TAU * hertz.min(0.49 * sample_rate) / sample_rate
    }
}

/// Oscillators that are computed together. The next value is the last one plus a step, and the step
/// is the last step, less a little for the decay, less the value times the pull back to zero.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    value: [f32; LANES],
    step: [f32; LANES],
    keep: [f32; LANES],
    pull: [f32; LANES],
}

impl Group {
    /// Whether a partial still sounds. Spent ones become zero instead of denormal numbers.
    fn rings(&mut self) -> bool {
        let mut most = 0.0_f32;
        let states = self.value.iter_mut().zip(&mut self.step).zip(&self.pull);
        for ((value, step), pull) in states {
            // The step times this has the magnitude of the value.
            let level = value.abs() + step.abs() / pull.sqrt().max(1e-9);
            let keep = if level < SPENT { 0.0 } else { 1.0 };
            *value *= keep;
            *step *= keep;
            most = most.max(level * keep);
        }
        most > 0.0
    }
}

/// The oscillators of a voice.
#[derive(Debug, Clone)]
pub(super) struct Partials {
    groups: [Group; GROUPS],
    pitches: [Pitch; MOST],
    decays: [f32; MOST],
    /// The number of groups that still sound.
    sounding: usize,
    /// The frequency of the note that they are tuned to.
    tuned: f32,
    /// The control periods until spent partials are looked for.
    until_sweep: u32,
}

impl Partials {
    pub(super) fn new() -> Self {
        Self {
            groups: [Group::default(); GROUPS],
            pitches: [Pitch::default(); MOST],
            decays: [0.0; MOST],
            sounding: 0,
            tuned: 0.0,
            until_sweep: SWEEP,
        }
    }

    /// Starts the first [`MOST`] of these partials for a note of that frequency.
    pub(super) fn start(
        &mut self,
        partials: impl Iterator<Item = Partial>,
        frequency: f32,
        sample_rate: f32,
    ) {
        self.groups = [Group::default(); GROUPS];
        let mut count = 0;
        for (index, partial) in partials.take(MOST).enumerate() {
            let decay = decay_per_frame(partial.decay.max(0.005), sample_rate);
            let turn = partial.pitch.turn(frequency, sample_rate);
            if let (Some(group), Some(pitch), Some(place)) = (
                self.groups.get_mut(index / LANES),
                self.pitches.get_mut(index),
                self.decays.get_mut(index),
            ) {
                (*pitch, *place) = (partial.pitch, decay);
                let lane = index % LANES;
                let before = partial.cosine * turn.cos() - partial.sine * turn.sin();
                group.value[lane] = partial.cosine;
                group.step[lane] = partial.cosine - before / decay;
                (group.keep[lane], group.pull[lane]) = motion(turn, decay);
            }
            count = index + 1;
        }
        self.sounding = count.div_ceil(LANES);
        self.tuned = frequency;
        self.until_sweep = SWEEP;
    }

    /// Tunes the partials to the note's frequency, and stops those that have died away.
    pub(super) fn control(&mut self, frequency: f32, sample_rate: f32) {
        self.until_sweep = self.until_sweep.checked_sub(1).unwrap_or(SWEEP);
        if self.until_sweep == 0 {
            self.sweep();
        }
        if frequency == self.tuned {
            return;
        }
        self.tuned = frequency;
        let shapes = self.pitches.chunks(LANES).zip(self.decays.chunks(LANES));
        for (group, (pitches, decays)) in self.groups.iter_mut().zip(shapes).take(self.sounding) {
            let states = group.step.iter_mut().zip(&mut group.keep);
            let states = states.zip(&mut group.pull);
            for (((step, keep), pull), (pitch, decay)) in states.zip(pitches.iter().zip(decays)) {
                let before = *pull;
                (*keep, *pull) = motion(pitch.turn(frequency, sample_rate), *decay);
                // A faster oscillation of the same size takes larger steps.
                *step *= (*pull / before.max(1e-12)).sqrt();
            }
        }
    }

    /// Leaves out the groups that have died away, from the last one on.
    fn sweep(&mut self) {
        let mut last = 0;
        for (index, group) in self.groups.iter_mut().take(self.sounding).enumerate() {
            if group.rings() {
                last = index + 1;
            }
        }
        self.sounding = last;
    }

    /// The sums of the partials of either side, for the next frames.
    #[inline]
    pub(super) fn render(&mut self, frames: usize) -> [[f32; TICK]; 2] {
        let mut sums = [[0.0_f32; LANES]; TICK];
        let (sums, _) = sums.split_at_mut(frames.min(TICK));
        for group in self.groups.iter_mut().take(self.sounding) {
            // Local copies stay in registers.
            let Group {
                mut value,
                mut step,
                keep,
                pull,
            } = *group;
            for sum in &mut *sums {
                for lane in 0..LANES {
                    step[lane] = step[lane] * keep[lane] - value[lane] * pull[lane];
                    value[lane] += step[lane];
                    sum[lane] += value[lane];
                }
            }
            (group.value, group.step) = (value, step);
        }
        let mut sides = [[0.0; TICK]; 2];
        let [first, second] = &mut sides;
        for ((first, second), sum) in first.iter_mut().zip(second).zip(sums) {
            for pair in sum.chunks_exact(2) {
                if let [even, odd] = pair {
                    *first += even;
                    *second += odd;
                }
            }
        }
        sides
    }
}

/// What a step keeps of the last one, and the pull, for a turn in radians and a decay per frame.
fn motion(turn: f32, decay: f32) -> (f32, f32) {
    let half = (0.5 * turn).sin();
    let loss = 1.0 - decay;
    (decay * decay, loss * loss + 4.0 * decay * half * half)
}
