//! Modulated delays: the ensemble chorus of pads and strings, and the organ's rotary speaker.

use super::filter::OnePole;
use super::oscillator::{increment, sine};
use super::stereo::Stereo;

/// A constant far below audibility that keeps the filters out of denormal numbers.
const BIAS: f32 = 1e-16;

/// A delay line with fractional reads.
#[derive(Debug)]
struct ModulatedDelay {
    line: Vec<f32>,
    at: usize,
}

impl ModulatedDelay {
    fn new(seconds: f32, sample_rate: f32) -> Self {
        Self {
            line: vec![0.0; (seconds * sample_rate) as usize + 4],
            at: 0,
        }
    }

    #[inline(always)]
    fn push(&mut self, x: f32) {
        self.at = if self.at + 1 >= self.line.len() {
            0
        } else {
            self.at + 1
        };
        if let Some(slot) = self.line.get_mut(self.at) {
            *slot = x;
        }
    }

    /// The sample that many frames ago, interpolated.
    #[inline(always)]
    fn read(&self, frames: f32) -> f32 {
        let size = self.line.len();
        let whole = (frames as usize).min(size - 2);
        let fraction = frames - whole as f32;
        let sample = |back: usize| {
            let place = self.at + size - back;
            self.line
                .get(if place >= size { place - size } else { place })
                .copied()
                .unwrap_or(0.0)
        };
        let near = sample(whole);
        near + (sample(whole + 1) - near) * fraction
    }
}

/// An ensemble chorus: three taps per side, each modulated by a slow and a fast sine a third of a
/// period apart, as in string machines.
#[derive(Debug)]
pub(super) struct Chorus {
    left: ModulatedDelay,
    right: ModulatedDelay,
    slow: u32,
    slow_step: u32,
    fast: u32,
    fast_step: u32,
    sample_rate: f32,
}

const THIRD: u32 = u32::MAX / 3;

impl Chorus {
    pub(super) fn new(sample_rate: f32) -> Self {
        Self {
            left: ModulatedDelay::new(0.03, sample_rate),
            right: ModulatedDelay::new(0.03, sample_rate),
            slow: 0,
            slow_step: increment(0.57, sample_rate),
            fast: 0,
            fast_step: increment(5.1, sample_rate),
            sample_rate,
        }
    }

    /// Processes the sound in place.
    pub(super) fn process(&mut self, sound: &mut Stereo, frames: usize) {
        let ms = self.sample_rate * 0.001;
        for (left, right) in sound.frames(frames) {
            self.left.push(*left + BIAS);
            self.right.push(*right + BIAS);
            let sway = |voice: u32| {
                let turn = THIRD.wrapping_mul(voice);
                2.6 * sine(self.slow.wrapping_add(turn)) + 0.22 * sine(self.fast.wrapping_add(turn))
            };
            let (a, b, c) = (sway(0), sway(1), sway(2));
            let (near, mid, far) = (8.0 * ms, 10.5 * ms, 13.0 * ms);
            *left = *left * 0.6
                + 0.45 * self.left.read(near + a * ms)
                + 0.35 * self.left.read(mid + b * ms)
                + 0.25 * self.right.read(far + c * ms);
            *right = *right * 0.6
                + 0.45 * self.right.read(near + b * ms)
                + 0.35 * self.right.read(mid + c * ms)
                + 0.25 * self.left.read(far + a * ms);
            self.slow = self.slow.wrapping_add(self.slow_step);
            self.fast = self.fast.wrapping_add(self.fast_step);
        }
    }
}

/// A rotary speaker: a horn and a drum that rotate in front of two microphones.
#[derive(Debug)]
pub(super) struct Rotary {
    horn: ModulatedDelay,
    drum: ModulatedDelay,
    split: OnePole,
    split_coefficient: f32,
    horn_turn: u32,
    horn_step: u32,
    drum_turn: u32,
    drum_step: u32,
    sample_rate: f32,
}

impl Rotary {
    pub(super) fn new(sample_rate: f32) -> Self {
        Self {
            horn: ModulatedDelay::new(0.01, sample_rate),
            drum: ModulatedDelay::new(0.01, sample_rate),
            split: OnePole::default(),
            split_coefficient: OnePole::coefficient(750.0, sample_rate),
            horn_turn: 0,
            horn_step: increment(0.83, sample_rate),
            drum_turn: 0,
            drum_step: increment(0.69, sample_rate),
            sample_rate,
        }
    }

    /// Processes the sound in place.
    pub(super) fn process(&mut self, sound: &mut Stereo, frames: usize) {
        let ms = self.sample_rate * 0.001;
        for (left, right) in sound.frames(frames) {
            let x = (*left + *right) * 0.5 + BIAS;
            let low = self.split.low(x, self.split_coefficient);
            self.horn.push(x - low);
            self.drum.push(low);
            let mouth = sine(self.horn_turn);
            let aside = sine(self.horn_turn.wrapping_add(1 << 30));
            let rotor = sine(self.drum_turn);
            // The horn's second reflection comes from the back of the cabinet.
            let horn_left = self.horn.read((1.0 + 0.42 * mouth) * ms) * (0.78 + 0.30 * mouth)
                + 0.28 * self.horn.read((2.9 - 0.35 * aside) * ms);
            let horn_right = self.horn.read((1.0 - 0.42 * mouth) * ms) * (0.78 - 0.30 * mouth)
                + 0.28 * self.horn.read((3.3 + 0.35 * aside) * ms);
            let drum_left = self.drum.read((1.0 + 0.12 * rotor) * ms) * (0.95 + 0.10 * rotor);
            let drum_right = self.drum.read((1.0 - 0.12 * rotor) * ms) * (0.95 - 0.10 * rotor);
            *left = horn_left + drum_left;
            *right = horn_right + drum_right;
            self.horn_turn = self.horn_turn.wrapping_add(self.horn_step);
            self.drum_turn = self.drum_turn.wrapping_sub(self.drum_step);
        }
    }
}
