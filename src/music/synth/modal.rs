//! Struck bodies: a sum of partials with decays of their own, and the knock of the hammer. Piano
//! and marimba.

use serde::Deserialize;

use super::envelope::decay_per_frame;
use super::filter::{Svf, SvfShape};
use super::noise::Noise;
use super::stereo::{Stereo, pan};
use super::units::{self, InlineVec, Levels};

/// The most partials of a voice. A multiple of the SIMD width.
const MODES: usize = 24;
/// Partials that are computed together.
const LANES: usize = 4;
/// Below this (-140 dB) a partial is over.
const SPENT: f32 = 1e-7;

/// A single partial: frequency as a multiple of the key's, level, and 60 dB decay in seconds at
/// middle C.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Partial(
    #[serde(deserialize_with = "units::ratio")] f32,
    #[serde(deserialize_with = "units::level")] f32,
    #[serde(deserialize_with = "units::ring")] f32,
);

/// The partials of a stiff string.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stiff {
    /// The number of partials, 1 to 24.
    partials: u8,
    /// Inharmonicity: partial n has the ratio `n * sqrt(1 + stretch * n * n)`.
    #[serde(default, deserialize_with = "units::tiny")]
    stretch: f32,
    /// The strike position, as a share of the length.
    #[serde(deserialize_with = "units::share")]
    place: f32,
    /// The 60 dB decay of the first partial at middle C, in seconds.
    #[serde(deserialize_with = "units::ring")]
    decay: f32,
    /// The decay of partial n is divided by n to this power.
    #[serde(deserialize_with = "units::tilt")]
    decay_tilt: f32,
    /// The detuning of a second string in cents. Its partials, from the lowest up, use what the
    /// first string leaves free.
    #[serde(default, deserialize_with = "units::cents")]
    twin: f32,
}

/// The parameters of a struck body.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    #[serde(default)]
    modes: InlineVec<Partial, MODES>,
    stiff: Option<Stiff>,
    /// Levels are divided by the partial's ratio to this power, at the softest and the hardest
    /// touch: a hard hammer is bright.
    tilt: Levels,
    /// Decay times are divided by 2 to this power for every octave up.
    #[serde(default, deserialize_with = "units::share")]
    shortening: f32,
    /// The knock: level at the softest and the hardest touch, center frequency in hertz, 60 dB
    /// decay.
    knock: Levels,
    #[serde(deserialize_with = "units::hertz")]
    knock_hertz: f32,
    #[serde(deserialize_with = "units::ring")]
    knock_decay: f32,
    /// The stereo spread of the keyboard: low keys left, high keys right.
    #[serde(default, deserialize_with = "units::share")]
    width: f32,
    #[serde(deserialize_with = "units::level")]
    gain: f32,
}

/// A struck body that sounds. Each partial is a complex oscillator with decaying magnitude.
#[derive(Debug, Clone)]
pub(super) struct Modal {
    real: [f32; MODES],
    imaginary: [f32; MODES],
    turn_real: [f32; MODES],
    turn_imaginary: [f32; MODES],
    ratios: [f32; MODES],
    decays: [f32; MODES],
    /// The frequency that the rotations were computed for.
    tuned: f32,
    knock: f32,
    knock_decay: f32,
    knock_filter: Svf,
    knock_shape: SvfShape,
    noise: Noise,
    left: f32,
    right: f32,
}

impl Modal {
    /// Starts a voice; `velocity` from 0 to 1, `frequency` in hertz.
    pub(super) fn new(
        setting: &Setting,
        velocity: f32,
        frequency: f32,
        noise: &mut Noise,
        sample_rate: f32,
    ) -> Self {
        let longer = (261.6 / frequency).powf(setting.shortening).clamp(0.1, 2.5);
        let (left, right) = pan((frequency / 400.0).log2().clamp(-3.0, 3.0) / 3.0 * setting.width);
        let mut modal = Self {
            real: [0.0; MODES],
            imaginary: [0.0; MODES],
            turn_real: [0.0; MODES],
            turn_imaginary: [0.0; MODES],
            ratios: [0.0; MODES],
            decays: [0.0; MODES],
            tuned: 0.0,
            knock: setting.knock.at(velocity),
            knock_decay: decay_per_frame(setting.knock_decay, sample_rate),
            knock_filter: Svf::default(),
            knock_shape: SvfShape::new(
                setting.knock_hertz * (0.7 + 0.6 * velocity),
                0.3,
                sample_rate,
            ),
            noise: Noise::new(noise.bits()),
            left: left * setting.gain,
            right: right * setting.gain,
        };
        let tilt = setting.tilt.at(velocity);
        let mut add = |index: usize, ratio: f32, level: f32, decay: f32| {
            // Partials near Nyquist are faded out.
            let room = (2.0 - ratio * frequency / (0.22 * sample_rate)).clamp(0.0, 1.0);
            let places = (
                modal.imaginary.get_mut(index),
                modal.ratios.get_mut(index),
                modal.decays.get_mut(index),
            );
            if let (Some(start), Some(place), Some(fall)) = places {
                *start = level * ratio.max(0.1).powf(-tilt) * room;
                *place = ratio;
                *fall = decay_per_frame((decay * longer).max(0.005), sample_rate);
            }
        };
        for (index, mode) in setting.modes.as_slice().iter().enumerate() {
            add(index, mode.0, mode.1, mode.2);
        }
        if let Some(stiff) = &setting.stiff {
            let from = setting.modes.as_slice().len();
            let count = usize::from(stiff.partials).clamp(1, MODES.saturating_sub(from).max(1));
            for index in 0..MODES.saturating_sub(from) {
                let twin = index >= count;
                let n = (index % count + 1) as f32;
                let stretched = n * (1.0 + stiff.stretch * n * n).sqrt();
                let struck = (std::f32::consts::PI * n * stiff.place)
                    .sin()
                    .abs()
                    .max(0.05);
                let detune = if twin { stiff.twin } else { 0.0 };
                if index >= 2 * count || twin && stiff.twin <= 0.0 {
                    break;
                }
                // The second string is softer and rings longer, so that the sound decays fast at
                // first and slowly later.
                let (share, long) = if twin { (0.45, 1.7) } else { (1.0, 1.0) };
                add(
                    from + index,
                    stretched * (detune / 1200.0).exp2(),
                    struck * share,
                    long * stiff.decay * n.powf(-stiff.decay_tilt),
                );
            }
        }
        modal
    }

    /// Updates the parameters that change at control rate.
    pub(super) fn control(&mut self, frequency: f32, sample_rate: f32) {
        let places = self.real.iter_mut().zip(&mut self.imaginary);
        for ((real, imaginary), ratio) in places.zip(&mut self.ratios) {
            // Spent partials become zero instead of denormal numbers.
            if *ratio > 0.0 && real.abs().max(imaginary.abs()) < SPENT {
                (*real, *imaginary, *ratio) = (0.0, 0.0, 0.0);
            }
        }
        if self.knock < SPENT {
            self.knock = 0.0;
        }
        if frequency == self.tuned {
            return;
        }
        self.tuned = frequency;
        let turns = self.turn_real.iter_mut().zip(&mut self.turn_imaginary);
        let shapes = self.ratios.iter().zip(&self.decays);
        for ((real, imaginary), (ratio, decay)) in turns.zip(shapes) {
            let hertz = (ratio * frequency).min(0.49 * sample_rate);
            let (sin, cos) = (std::f32::consts::TAU * hertz / sample_rate).sin_cos();
            (*real, *imaginary) = (cos * decay, sin * decay);
        }
    }

    /// Renders the next frames.
    pub(super) fn render(&mut self, out: &mut Stereo, frames: usize) {
        for (left, right) in out.frames(frames) {
            let mut sum = [0.0_f32; LANES];
            let points = self.real.chunks_exact_mut(LANES);
            let points = points.zip(self.imaginary.chunks_exact_mut(LANES));
            let turns = self.turn_real.chunks_exact(LANES);
            let turns = turns.zip(self.turn_imaginary.chunks_exact(LANES));
            for ((re, im), (turn_re, turn_im)) in points.zip(turns) {
                for lane in 0..LANES {
                    let turned = re[lane] * turn_re[lane] - im[lane] * turn_im[lane];
                    im[lane] = re[lane] * turn_im[lane] + im[lane] * turn_re[lane];
                    re[lane] = turned;
                    sum[lane] += turned;
                }
            }
            let mut wave = sum.iter().sum::<f32>();
            if self.knock > 0.0 {
                let white = self.noise.white() * self.knock;
                wave += self.knock_filter.band(white, &self.knock_shape);
                self.knock *= self.knock_decay;
            }
            *left = wave * self.left;
            *right = wave * self.right;
        }
    }
}
