//! The tine of an electric piano before its pick-up: a fundamental whose overtones fall off
//! exponentially with frequency.
//!
//! The overtones are a geometric series of sines, which has a closed form: sin / (1 - 2q cos + q²).

use serde::Deserialize;

use super::envelope::decay_per_frame;
use super::oscillator::{increment, sine};
use super::stereo::{Ramp, Stereo, TICK, pan};
use super::units::{self, HertzRange, Levels};

/// Below this (-140 dB) a tine is over.
const SPENT: f32 = 1e-7;
/// The highest ratio of two neighboring overtones: more would be a train of clicks.
const MOST_RATIO: f32 = 0.93;

/// The parameters of a tine.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    /// How far the overtones reach, at the softest and the hardest touch, in hertz: they fall by
    /// 8.7 dB within that.
    reach: HertzRange,
    /// The share of the reach that remains, and the seconds in which the rest falls by 60 dB.
    #[serde(deserialize_with = "units::share")]
    settled: f32,
    #[serde(deserialize_with = "units::ring")]
    settle: f32,
    /// Level at the softest and the hardest touch, and its 60 dB decay in seconds at middle C.
    level: Levels,
    #[serde(deserialize_with = "units::ring")]
    decay: f32,
    #[serde(default, deserialize_with = "units::side")]
    place: f32,
}

/// A tine that sounds.
#[derive(Debug, Clone)]
pub(super) struct Tine {
    phase: u32,
    step: u32,
    reach: f32,
    settled: f32,
    /// The rest of the fall of the reach, 1 to 0, and its decay per tick.
    bark: f32,
    bark_decay: f32,
    level: f32,
    decay: f32,
    /// The ratio of neighboring overtones, and the level that keeps the power the same.
    ratio: Ramp,
    loudness: Ramp,
    left: f32,
    right: f32,
}

impl Tine {
    /// Starts a tine; `velocity` from 0 to 1. Decay times are `longer` by that factor.
    pub(super) fn new(
        setting: &Setting,
        velocity: f32,
        (frequency, longer): (f32, f32),
        gain: f32,
        sample_rate: f32,
    ) -> Self {
        let per_tick =
            |seconds: f32| decay_per_frame(seconds * longer, sample_rate).powi(TICK as i32);
        let (left, right) = pan(setting.place);
        let mut tine = Self {
            phase: 0,
            step: 0,
            reach: setting.reach.at(velocity),
            settled: setting.settled,
            bark: 1.0,
            bark_decay: per_tick(setting.settle),
            level: setting.level.at(velocity),
            decay: per_tick(setting.decay),
            ratio: Ramp::default(),
            loudness: Ramp::default(),
            left: left * gain,
            right: right * gain,
        };
        let (ratio, loudness) = tine.targets(frequency);
        (tine.ratio, tine.loudness) = (Ramp::new(ratio), Ramp::new(loudness));
        tine
    }

    /// The ratio of neighboring overtones, and the level.
    fn targets(&self, frequency: f32) -> (f32, f32) {
        let reach = self.reach * (self.settled + (1.0 - self.settled) * self.bark);
        let ratio = (-frequency / reach.max(1.0)).exp().min(MOST_RATIO);
        (ratio, self.level * (1.0 - ratio * ratio).sqrt())
    }

    pub(super) fn control(&mut self, frequency: f32, sample_rate: f32) {
        self.step = increment(frequency.min(0.49 * sample_rate), sample_rate);
        self.bark *= self.bark_decay;
        self.level *= self.decay;
        // Spent levels become zero instead of denormal numbers.
        if self.bark < SPENT {
            self.bark = 0.0;
        }
        if self.level < SPENT {
            self.level = 0.0;
        }
        let (ratio, loudness) = self.targets(frequency);
        self.ratio.toward(ratio);
        self.loudness.toward(loudness);
    }

    /// Adds the next frames; `from` is their offset in the tick.
    pub(super) fn render(&mut self, out: &mut Stereo, from: usize, frames: usize) {
        let (phase, step) = (self.phase, self.step);
        let mut waves = [0.0; TICK];
        let (waves, _) = waves.split_at_mut(frames.min(TICK));
        // Every frame is computed from local values alone, so that the compiler can vectorize the
        // loop.
        let (ratio, loudness) = (self.ratio, self.loudness);
        for (frame, wave) in (0_u32..).zip(waves.iter_mut()) {
            let place = from.wrapping_add(frame as usize);
            let now = phase.wrapping_add(step.wrapping_mul(frame));
            let q = ratio.at(place);
            let cosine = sine(now.wrapping_add(1 << 30));
            *wave = loudness.at(place) * sine(now) / (1.0 - 2.0 * q * cosine + q * q);
        }
        self.phase = phase.wrapping_add(step.wrapping_mul(waves.len() as u32));
        for ((left, right), wave) in out.frames(frames).zip(waves) {
            *left += *wave * self.left;
            *right += *wave * self.right;
        }
    }
}
