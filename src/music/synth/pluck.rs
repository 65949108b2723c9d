//! A plucked string: a delay line of one period with a loss filter, and a wooden body.

use serde::Deserialize;

use super::filter::{OnePole, Svf, SvfShape, saturate};
use super::noise::Noise;
use super::stereo::{Ramp, Stereo, pan};
use super::units::{self, Levels};
use std::f32::consts::PI;

/// The lowest frequency of the string, in hertz: key 0 bent down.
const MIN_FREQUENCY: f32 = 7.0;
/// Resonances of the body: hertz, resonance, gain.
const BODY: [(f32, f32, f32); 3] = [
    (104.0, 0.86, 0.90),
    (212.0, 0.84, 0.96),
    (432.0, 0.78, 0.66),
];

/// The parameters of a plucked string.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setting {
    /// The pluck position, as a share of the length: the width of the initial rectangle, which
    /// gives the partials of a real string.
    #[serde(deserialize_with = "units::share")]
    place: f32,
    /// Noise in the excitation, which makes every pluck slightly different.
    #[serde(deserialize_with = "units::level")]
    nail: f32,
    /// The cutoff of the excitation, in hertz at the softest and the hardest touch.
    #[serde(deserialize_with = "units::hertz")]
    soft: f32,
    #[serde(deserialize_with = "units::hertz")]
    hard: f32,
    /// The 60 dB decay of the fundamental at 110 Hz, in seconds.
    #[serde(deserialize_with = "units::ring")]
    ring: f32,
    /// The decay of the highs as a share of that, at the softest and the hardest touch.
    high_ring: Levels,
    /// The level of the body.
    #[serde(default, deserialize_with = "units::level")]
    body: f32,
    /// Gain into saturation, as of an amplifier; 0 leaves the string clean.
    #[serde(default, deserialize_with = "units::level")]
    drive: f32,
    #[serde(deserialize_with = "units::level")]
    gain: f32,
}

/// The delay line, reused from note to note because it is large.
#[derive(Debug, Clone)]
pub(super) struct String {
    line: Vec<f32>,
}

impl String {
    /// Allocates room for the lowest note.
    pub(super) fn new(sample_rate: f32) -> Self {
        Self {
            line: vec![0.0; (sample_rate / MIN_FREQUENCY) as usize + 8],
        }
    }

    /// Fills in the excitation: one period, darker when plucked softly. Its mean is zero, so that
    /// no offset remains.
    fn bend(
        &mut self,
        period: usize,
        setting: &Setting,
        velocity: f32,
        frequency: f32,
        noise: &mut Noise,
        sample_rate: f32,
    ) {
        let touch = setting.soft + (setting.hard - setting.soft) * velocity * velocity;
        let brightness = (touch + frequency * 2.0).min(0.4 * sample_rate);
        let coefficient = OnePole::coefficient(brightness, sample_rate);
        let (mut first, mut second) = (OnePole::default(), OnePole::default());
        let period = period.min(self.line.len());
        let Some(shape) = self.line.get_mut(..period) else {
            return;
        };
        // Twice around, so that the filter state matches at the seam.
        let start = noise.clone();
        let place = setting.place.clamp(0.02, 0.5);
        let corner = (period as f32 * place) as usize;
        let scale = 1.0 / (place * (1.0 - place)).sqrt();
        for _ in 0..2 {
            *noise = start.clone();
            for (index, sample) in shape.iter_mut().enumerate() {
                let bent = if index < corner { 1.0 - place } else { -place };
                let raw = bent * scale + setting.nail * noise.white();
                *sample = second.low(first.low(raw, coefficient), coefficient);
            }
        }
        let mean = shape.iter().sum::<f32>() / period.max(1) as f32;
        let power =
            shape.iter().map(|s| (s - mean) * (s - mean)).sum::<f32>() / period.max(1) as f32;
        let scale = 1.0 / power.sqrt().max(1e-6);
        for sample in shape {
            *sample = (*sample - mean) * scale;
        }
        if let Some(rest) = self.line.get_mut(period..) {
            rest.fill(0.0);
        }
    }
}

/// A plucked string that sounds.
#[derive(Debug, Clone)]
pub(super) struct Pluck {
    write: usize,
    delay: Ramp,
    loss: OnePole,
    damping: f32,
    gain: f32,
    body: [Svf; BODY.len()],
    shapes: [SvfShape; BODY.len()],
    wood: f32,
    drive: f32,
    level: f32,
    left: f32,
    right: f32,
}

impl Pluck {
    /// Plucks the string; `velocity` from 0 to 1, `frequency` in hertz.
    pub(super) fn new(
        setting: &Setting,
        string: &mut String,
        velocity: f32,
        frequency: f32,
        noise: &mut Noise,
        sample_rate: f32,
    ) -> Self {
        let frequency = frequency.max(MIN_FREQUENCY * 1.1);
        // Decay of the fundamental and of the highs, in seconds to -60 dB.
        let scale = setting.ring / 7.0;
        let low_time = scale * (7.0 * (110.0 / frequency).powf(0.55)).clamp(0.7, 9.0);
        let high_time = low_time * setting.high_ring.at(velocity).clamp(0.005, 0.98);
        let high = (frequency * 6.0).clamp(2500.0, 0.42 * sample_rate);
        let (damping, gain) = loss(frequency, high, low_time, high_time, sample_rate);
        let period = (sample_rate / frequency).ceil() as usize;
        string.bend(period, setting, velocity, frequency, noise, sample_rate);
        let (left, right) = pan((frequency / 400.0).log2().clamp(-2.0, 2.0) * 0.12);
        let mut pluck = Self {
            write: period.min(string.line.len()) % string.line.len().max(1),
            delay: Ramp::default(),
            loss: OnePole::default(),
            damping,
            gain,
            body: Default::default(),
            shapes: BODY.map(|(hertz, resonance, _)| SvfShape::new(hertz, resonance, sample_rate)),
            wood: setting.body,
            drive: setting.drive,
            level: setting.gain,
            left,
            right,
        };
        pluck.delay = Ramp::new(pluck.delay_for(frequency, sample_rate));
        pluck
    }

    /// The length of the delay in frames, less the delay of the loss filter.
    fn delay_for(&self, frequency: f32, sample_rate: f32) -> f32 {
        let w = 2.0 * PI * frequency / sample_rate;
        let pole = 1.0 - self.damping;
        let filter = (pole * w.sin()).atan2(1.0 - pole * w.cos()) / w;
        (sample_rate / frequency.max(MIN_FREQUENCY) - filter).max(3.0)
    }

    pub(super) fn control(&mut self, frequency: f32, sample_rate: f32) {
        self.delay.toward(self.delay_for(frequency, sample_rate));
    }

    /// Renders the next frames; `from` is their offset in the tick.
    pub(super) fn render(
        &mut self,
        string: &mut String,
        out: &mut Stereo,
        from: usize,
        frames: usize,
    ) {
        let line = &mut string.line;
        let size = line.len();
        for (index, (left, right)) in out.frames(frames).enumerate() {
            let delay = self.delay.at(from + index);
            let whole = delay as usize;
            let fraction = delay - whole as f32;
            // Four neighbors around the read position, newest first.
            let read = |back: usize| {
                let place = self.write + size - (whole + back).min(size) + 1;
                line.get(if place >= size { place - size } else { place })
                    .copied()
                    .unwrap_or(0.0)
            };
            let sample = lagrange([read(0), read(1), read(2), read(3)], fraction);
            let next = self.gain * self.loss.low(sample, self.damping);
            if let Some(slot) = line.get_mut(self.write) {
                *slot = next;
            }
            self.write = if self.write + 1 >= size {
                0
            } else {
                self.write + 1
            };
            let mut wood = 0.0;
            for ((svf, shape), (_, _, gain)) in self.body.iter_mut().zip(&self.shapes).zip(BODY) {
                wood += gain * svf.band(next, shape);
            }
            let mut wave = next + wood * self.wood;
            if self.drive > 0.0 {
                wave = saturate(wave * self.drive) / self.drive;
            }
            *left = wave * self.left * self.level;
            *right = wave * self.right * self.level;
        }
    }
}

/// Cubic interpolation between the second and the third value.
#[inline(always)]
fn lagrange([a, b, c, d]: [f32; 4], fraction: f32) -> f32 {
    let f = fraction;
    let c0 = -f * (f - 1.0) * (f - 2.0) / 6.0;
    let c1 = (f + 1.0) * (f - 1.0) * (f - 2.0) / 2.0;
    let c2 = -(f + 1.0) * f * (f - 2.0) / 2.0;
    let c3 = (f + 1.0) * f * (f - 1.0) / 6.0;
    c0 * a + c1 * b + c2 * c + c3 * d
}

/// The one-pole coefficient and the gain of a loop that loses 60 dB in `low_time` seconds at `low`
/// hertz and in `high_time` at `high`.
fn loss(low: f32, high: f32, low_time: f32, high_time: f32, sample_rate: f32) -> (f32, f32) {
    let per_loop = |time: f32| (-6.907_755 / (low * time)).exp();
    let w = |hertz: f32| (2.0 * PI * hertz / sample_rate).cos();
    let ratio = (per_loop(high_time) / per_loop(low_time)).min(0.9999);
    let squared = ratio * ratio;
    let q = (1.0 - squared * w(high)) / (1.0 - squared);
    let pole = (q - (q * q - 1.0).max(0.0).sqrt()).clamp(0.0, 0.95);
    let at_low = (1.0 - pole) / (1.0 - 2.0 * pole * w(low) + pole * pole).sqrt();
    let gain = (per_loop(low_time) / at_low.max(1e-3)).min(0.999_99);
    (1.0 - pole, gain)
}
