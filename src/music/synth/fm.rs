//! Frequency modulation: pairs of sines, one bending the phase of the other. The electric piano
//! and the bell.

use super::envelope::decay_per_frame;
use super::oscillator::{increment, shifted, sine};
use super::stereo::{Stereo, pan};

const PAIRS: usize = 3;

/// One carrier with its modulator.
#[derive(Debug)]
struct Pair {
    /// Frequencies as multiples of the key's.
    carrier: f32,
    modulator: f32,
    /// Depth in turns of phase at the softest and the hardest touch, and its 60 dB decay in seconds
    /// at middle C.
    index: (f32, f32),
    index_decay: f32,
    /// Level at the softest and the hardest touch, and its 60 dB decay at middle C.
    level: (f32, f32),
    decay: f32,
    place: f32,
}

/// How an FM voice is set.
#[derive(Debug)]
pub(super) struct Setting {
    pairs: [Pair; PAIRS],
    /// How much shorter the sound is an octave higher: decay times are divided by 2 to this power.
    shortening: f32,
    /// A slow movement between left and right: depth 0 to 1, and hertz.
    tremolo: f32,
    tremolo_rate: f32,
    gain: f32,
}

/// A tine piano: a warm body, a slightly detuned twin, and the tine's ping when struck hard.
pub(super) const EPIANO: Setting = Setting {
    pairs: [
        Pair {
            carrier: 1.0,
            modulator: 1.0,
            index: (0.035, 0.22),
            index_decay: 3.2,
            level: (1.0, 1.0),
            decay: 9.0,
            place: -0.15,
        },
        Pair {
            carrier: 1.001_4,
            modulator: 14.0,
            index: (0.004, 0.14),
            index_decay: 0.75,
            level: (0.3, 0.3),
            decay: 7.0,
            place: 0.15,
        },
        Pair {
            carrier: 2.0,
            modulator: 3.0,
            index: (0.0, 0.10),
            index_decay: 0.35,
            level: (0.02, 0.16),
            decay: 2.2,
            place: 0.0,
        },
    ],
    shortening: 0.55,
    tremolo: 0.22,
    tremolo_rate: 4.6,
    gain: 0.4,
};

/// A struck bar: the upper partials of a free bar and a short, hard strike.
pub(super) const BELL: Setting = Setting {
    pairs: [
        Pair {
            carrier: 1.0,
            modulator: 3.501,
            index: (0.03, 0.20),
            index_decay: 2.4,
            level: (0.9, 0.85),
            decay: 6.5,
            place: -0.1,
        },
        Pair {
            carrier: 2.756,
            modulator: 1.412,
            index: (0.02, 0.12),
            index_decay: 1.2,
            level: (0.12, 0.30),
            decay: 2.6,
            place: 0.35,
        },
        Pair {
            carrier: 5.404,
            modulator: 2.24,
            index: (0.0, 0.15),
            index_decay: 0.25,
            level: (0.03, 0.16),
            decay: 0.8,
            place: -0.35,
        },
    ],
    shortening: 0.45,
    tremolo: 0.0,
    tremolo_rate: 1.0,
    gain: 0.4,
};

#[derive(Debug, Clone, Copy, Default)]
struct Operator {
    carrier: u32,
    carrier_step: u32,
    modulator: u32,
    modulator_step: u32,
    index: f32,
    index_decay: f32,
    level: f32,
    decay: f32,
    left: f32,
    right: f32,
}

/// A sounding FM voice.
#[derive(Debug, Clone)]
pub(super) struct Fm {
    setting: &'static Setting,
    operators: [Operator; PAIRS],
    tremolo: u32,
    tremolo_step: u32,
}

impl Fm {
    /// A voice about to begin; `velocity` from 0 to 1, `frequency` in hertz.
    pub(super) fn new(
        setting: &'static Setting,
        velocity: f32,
        frequency: f32,
        sample_rate: f32,
    ) -> Self {
        let longer = (261.6 / frequency)
            .powf(setting.shortening)
            .clamp(0.12, 2.0);
        let touch = |(soft, hard): (f32, f32)| soft + (hard - soft) * velocity * velocity;
        let mut operators = [Operator::default(); PAIRS];
        for (operator, pair) in operators.iter_mut().zip(&setting.pairs) {
            let (left, right) = pan(pair.place);
            // Sidebands that would fold back at Nyquist are faded out with the modulation, and a
            // carrier that would, with its level.
            let room = |highest: f32| (2.0 - highest / (0.24 * sample_rate)).clamp(0.0, 1.0);
            let sideband = (pair.carrier + pair.modulator * 2.0) * frequency;
            *operator = Operator {
                index: touch(pair.index) * room(sideband),
                index_decay: decay_per_frame(pair.index_decay * longer, sample_rate),
                level: touch(pair.level) * room(pair.carrier * frequency),
                decay: decay_per_frame(pair.decay * longer, sample_rate),
                left,
                right,
                ..Operator::default()
            };
        }
        Self {
            setting,
            operators,
            tremolo: 0,
            tremolo_step: increment(setting.tremolo_rate, sample_rate),
        }
    }

    pub(super) fn control(&mut self, frequency: f32, sample_rate: f32) {
        let highest = 0.49 * sample_rate;
        for (operator, pair) in self.operators.iter_mut().zip(&self.setting.pairs) {
            operator.carrier_step = increment((pair.carrier * frequency).min(highest), sample_rate);
            operator.modulator_step =
                increment((pair.modulator * frequency).min(highest), sample_rate);
        }
    }

    /// The next frames.
    pub(super) fn render(&mut self, out: &mut Stereo, frames: usize) {
        let depth = self.setting.tremolo;
        let gain = self.setting.gain;
        for (left, right) in out.frames(frames) {
            let (mut l, mut r) = (0.0, 0.0);
            for o in &mut self.operators {
                let wave = sine(shifted(o.carrier, o.index * sine(o.modulator))) * o.level;
                o.carrier = o.carrier.wrapping_add(o.carrier_step);
                o.modulator = o.modulator.wrapping_add(o.modulator_step);
                o.index *= o.index_decay;
                o.level *= o.decay;
                l += wave * o.left;
                r += wave * o.right;
            }
            let sway = depth * sine(self.tremolo);
            self.tremolo = self.tremolo.wrapping_add(self.tremolo_step);
            *left = l * gain * (1.0 - sway);
            *right = r * gain * (1.0 + sway);
        }
    }
}
