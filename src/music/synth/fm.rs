//! Frequency modulation: pairs of sines, one modulating the phase of the other. The electric piano
//! and the bell.

use serde::Deserialize;

use super::envelope::decay_per_frame;
use super::oscillator::{increment, shifted, sine};
use super::stereo::{Ramp, Stereo, TICK, pan};
use super::tine::{self, Tine};
use super::units::{self, InlineVec, Levels};

const PAIRS: usize = 4;
/// Below this (-140 dB) a level counts as zero.
const SPENT: f32 = 1e-7;

/// One carrier with its modulator.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    /// Frequencies as multiples of the key's.
    #[serde(deserialize_with = "units::ratio")]
    carrier: f32,
    #[serde(deserialize_with = "units::ratio")]
    modulator: f32,
    /// Modulation depth in periods at the softest and the hardest touch, and its 60 dB decay in
    /// seconds at middle C.
    index: Levels,
    #[serde(deserialize_with = "units::ring")]
    index_decay: f32,
    /// Level at the softest and the hardest touch, and its 60 dB decay in seconds at middle C.
    level: Levels,
    #[serde(deserialize_with = "units::ring")]
    decay: f32,
    #[serde(default, deserialize_with = "units::side")]
    place: f32,
}

/// The parameters of an FM voice.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    pairs: InlineVec<Pair, PAIRS>,
    /// The tine that sounds with the pairs.
    tine: Option<tine::Setting>,
    /// Decay times are divided by 2 to this power for every octave up.
    #[serde(default, deserialize_with = "units::share")]
    shortening: f32,
    /// A slow auto-pan: depth from 0 to 1, rate in hertz.
    #[serde(default, deserialize_with = "units::share")]
    tremolo: f32,
    #[serde(default, deserialize_with = "units::slow_hertz")]
    tremolo_rate: f32,
    #[serde(deserialize_with = "units::level")]
    gain: f32,
}

/// A running pair. Its parameters move linearly within a tick.
#[derive(Debug, Clone, Copy, Default)]
struct Operator {
    carrier: u32,
    carrier_step: u32,
    modulator: u32,
    modulator_step: u32,
    /// Index and level, and the gain of each per tick.
    index: Ramp,
    index_decay: f32,
    level: Ramp,
    decay: f32,
    left: f32,
    right: f32,
}

impl Operator {
    /// Adds the next frames.
    fn render(&mut self, out: &mut Stereo, from: usize, frames: usize) {
        let mut waves = [0.0; TICK];
        let (waves, _) = waves.split_at_mut(frames.min(TICK));
        // Every frame is computed from local values alone, so that the compiler can vectorize the
        // loop.
        let Self { index, level, .. } = *self;
        let (carrier, carrier_step) = (self.carrier, self.carrier_step);
        let (modulator, modulator_step) = (self.modulator, self.modulator_step);
        for (frame, wave) in (0_u32..).zip(waves.iter_mut()) {
            let place = from.wrapping_add(frame as usize);
            let bend =
                index.at(place) * sine(modulator.wrapping_add(modulator_step.wrapping_mul(frame)));
            let carrier = carrier.wrapping_add(carrier_step.wrapping_mul(frame));
            *wave = sine(shifted(carrier, bend)) * level.at(place);
        }
        let passed = waves.len() as u32;
        self.carrier = carrier.wrapping_add(carrier_step.wrapping_mul(passed));
        self.modulator = modulator.wrapping_add(modulator_step.wrapping_mul(passed));
        for ((left, right), wave) in out.frames(frames).zip(waves) {
            *left += *wave * self.left;
            *right += *wave * self.right;
        }
    }

    /// Whether it is inaudible from now on.
    fn is_spent(&self) -> bool {
        self.level.at(0) == 0.0 && self.level.target() == 0.0
    }
}

/// An FM voice that sounds.
#[derive(Debug, Clone)]
pub(super) struct Fm {
    setting: Setting,
    operators: [Operator; PAIRS],
    tine: Option<Tine>,
    tremolo: u32,
    tremolo_step: u32,
    sway: Ramp,
}

impl Fm {
    /// Starts a voice; `velocity` from 0 to 1, `frequency` in hertz.
    pub(super) fn new(setting: &Setting, velocity: f32, frequency: f32, sample_rate: f32) -> Self {
        let longer = (261.6 / frequency)
            .powf(setting.shortening)
            .clamp(0.12, 2.0);
        let touch = |levels: Levels| levels.at(velocity * velocity);
        let fall = |decay: f32| decay_per_frame(decay * longer, sample_rate).powi(TICK as i32);
        let mut operators = [Operator::default(); PAIRS];
        for (operator, pair) in operators.iter_mut().zip(setting.pairs.as_slice()) {
            let (left, right) = pan(pair.place);
            // Sidebands that would alias are faded out with the modulation depth, and carriers that
            // would, with their level.
            let room = |highest: f32| (2.0 - highest / (0.24 * sample_rate)).clamp(0.0, 1.0);
            let sideband = (pair.carrier + pair.modulator * 2.0) * frequency;
            *operator = Operator {
                index: Ramp::new(touch(pair.index) * room(sideband)),
                index_decay: fall(pair.index_decay),
                level: Ramp::new(touch(pair.level) * room(pair.carrier * frequency)),
                decay: fall(pair.decay),
                left: left * setting.gain,
                right: right * setting.gain,
                ..Operator::default()
            };
        }
        Self {
            setting: *setting,
            operators,
            tine: setting.tine.as_ref().map(|tine| {
                let pitch = (frequency, longer);
                Tine::new(tine, velocity, pitch, setting.gain, sample_rate)
            }),
            tremolo: 0,
            tremolo_step: increment(setting.tremolo_rate * TICK as f32, sample_rate),
            sway: Ramp::default(),
        }
    }

    pub(super) fn control(&mut self, frequency: f32, sample_rate: f32) {
        let highest = 0.49 * sample_rate;
        for (operator, pair) in self.operators.iter_mut().zip(self.setting.pairs.as_slice()) {
            let step = |ratio: f32| increment((ratio * frequency).min(highest), sample_rate);
            operator.carrier_step = step(pair.carrier);
            operator.modulator_step = step(pair.modulator);
            fall(&mut operator.index, operator.index_decay);
            fall(&mut operator.level, operator.decay);
        }
        if let Some(tine) = &mut self.tine {
            tine.control(frequency, sample_rate);
        }
        if self.setting.tremolo > 0.0 {
            self.tremolo = self.tremolo.wrapping_add(self.tremolo_step);
            self.sway.toward(self.setting.tremolo * sine(self.tremolo));
        }
    }

    /// Renders the next frames; `from` is their offset in the tick.
    pub(super) fn render(&mut self, out: &mut Stereo, from: usize, frames: usize) {
        *out = Stereo::SILENCE;
        for operator in &mut self.operators {
            if !operator.is_spent() {
                operator.render(out, from, frames);
            }
        }
        if let Some(tine) = &mut self.tine {
            tine.render(out, from, frames);
        }
        if self.setting.tremolo > 0.0 {
            let sway = self.sway;
            out.scale(
                |frame| {
                    let sway = sway.at(from + frame);
                    (1.0 - sway, 1.0 + sway)
                },
                frames,
            );
        }
    }
}

/// One tick of decay. Spent levels become zero instead of denormal numbers.
fn fall(ramp: &mut Ramp, decay: f32) {
    let next = ramp.target() * decay;
    ramp.toward(if next < SPENT { 0.0 } else { next });
}
