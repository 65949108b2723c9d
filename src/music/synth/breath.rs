//! The blown noise of a wind instrument: a band around the tone that goes through its filter, and
//! the air at the lips above it.

use super::filter::{Svf, SvfShape};
use super::noise::{self, Noise};

/// The time constant of the noise at the attack, in seconds.
const CHIFF: f32 = 0.045;
/// The resonance of the band around the tone, and of the air.
const BAND: f32 = 0.45;
const AIR: f32 = 0.05;
/// The lowest center of the band, in hertz.
const LOWEST: f32 = 300.0;

/// How a breath sounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blowing {
    /// The steady level, and the extra level at the attack.
    pub(super) breath: f32,
    pub(super) chiff: f32,
    /// The center of the band as a multiple of the key's frequency.
    pub(super) ratio: f32,
    /// The level of the air, and its center in hertz.
    pub(super) air: f32,
    pub(super) air_hertz: f32,
}

/// A running breath.
#[derive(Debug, Clone)]
pub(super) struct Breath {
    blowing: Blowing,
    noise: Noise,
    /// The pressure, from the velocity.
    push: f32,
    level: f32,
    air: f32,
    band: Svf,
    band_shape: SvfShape,
    /// The frequency that the shape of the band was computed for.
    tuned: f32,
    air_band: Svf,
    air_shape: SvfShape,
}

impl Breath {
    /// Starts a breath; `velocity` from 0 to 1.
    pub(super) fn new(
        blowing: Blowing,
        velocity: f32,
        noise: &mut Noise,
        sample_rate: f32,
    ) -> Self {
        Self {
            blowing,
            noise: Noise::new(noise.bits()),
            push: (0.3 + 0.7 * velocity) * noise::density(sample_rate),
            level: 0.0,
            air: 0.0,
            band: Svf::default(),
            band_shape: SvfShape::default(),
            tuned: 0.0,
            air_band: Svf::default(),
            air_shape: SvfShape::new(blowing.air_hertz, AIR, sample_rate),
        }
    }

    /// Updates what changes at control rate, that many seconds after the attack.
    pub(super) fn control(&mut self, frequency: f32, age: f32, sample_rate: f32) {
        let blowing = self.blowing;
        let attack = (-age / CHIFF).exp();
        self.level = (blowing.breath + blowing.chiff * attack) * self.push;
        self.air = blowing.air * (1.0 + attack) * self.push;
        if self.level > 0.0 && frequency != self.tuned {
            self.tuned = frequency;
            let place = (blowing.ratio * frequency).max(LOWEST);
            self.band_shape = SvfShape::new(place, BAND, sample_rate);
        }
    }

    /// Whether there is anything to hear.
    pub(super) fn is_blown(&self) -> bool {
        self.level > 0.0 || self.air > 0.0
    }

    /// The next sample: the band around the tone, and the air.
    #[inline(always)]
    pub(super) fn next(&mut self) -> (f32, f32) {
        let white = self.noise.white();
        let band = self.band.band(white, &self.band_shape);
        let air = self.air_band.band(white, &self.air_shape);
        (self.level * band, self.air * air)
    }
}
