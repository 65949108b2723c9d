//! Filters: a state variable filter for tone, a one-pole for damping.

use std::f32::consts::PI;

/// Coefficients of a [`Svf`], shared by filters that move together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SvfShape {
    a1: f32,
    a2: f32,
    a3: f32,
    k: f32,
}

impl SvfShape {
    /// Cutoff in hertz (kept below Nyquist) and resonance from 0 (flat) to 1 (close to ringing).
    pub(super) fn new(cutoff: f32, resonance: f32, sample_rate: f32) -> Self {
        let g = (PI * (cutoff / sample_rate).clamp(0.000_2, 0.45)).tan();
        let k = 2.0 - 1.96 * resonance.clamp(0.0, 1.0);
        let a1 = 1.0 / (1.0 + g * (g + k));
        let a2 = g * a1;
        Self {
            a1,
            a2,
            a3: g * a2,
            k,
        }
    }
}

/// A two-pole state variable filter (trapezoidal, stable while its cutoff moves).
#[derive(Debug, Clone, Default)]
pub(super) struct Svf {
    ic1: f32,
    ic2: f32,
}

impl Svf {
    /// Band (at the cutoff, gain 1/k) and low outputs.
    #[inline(always)]
    fn step(&mut self, x: f32, s: &SvfShape) -> (f32, f32) {
        let v3 = x - self.ic2;
        let v1 = s.a1 * self.ic1 + s.a2 * v3;
        let v2 = self.ic2 + s.a2 * self.ic1 + s.a3 * v3;
        self.ic1 = 2.0 * v1 - self.ic1;
        self.ic2 = 2.0 * v2 - self.ic2;
        (v1, v2)
    }

    #[inline(always)]
    pub(super) fn low(&mut self, x: f32, shape: &SvfShape) -> f32 {
        self.step(x, shape).1
    }

    /// Peak gain 1 at the cutoff.
    #[inline(always)]
    pub(super) fn band(&mut self, x: f32, shape: &SvfShape) -> f32 {
        shape.k * self.step(x, shape).0
    }

    #[inline(always)]
    pub(super) fn high(&mut self, x: f32, shape: &SvfShape) -> f32 {
        let (band, low) = self.step(x, shape);
        x - shape.k * band - low
    }
}

/// A one-pole lowpass.
#[derive(Debug, Clone, Default)]
pub(super) struct OnePole {
    state: f32,
}

impl OnePole {
    /// The coefficient for a cutoff in hertz.
    pub(super) fn coefficient(cutoff: f32, sample_rate: f32) -> f32 {
        1.0 - (-2.0 * PI * cutoff / sample_rate).exp()
    }

    #[inline(always)]
    pub(super) fn low(&mut self, x: f32, coefficient: f32) -> f32 {
        self.state += coefficient * (x - self.state);
        self.state
    }

    #[inline(always)]
    pub(super) fn high(&mut self, x: f32, coefficient: f32) -> f32 {
        x - self.low(x, coefficient)
    }
}

/// A gentle saturation: straight for small signals, at most 1.
#[inline(always)]
pub(super) fn saturate(x: f32) -> f32 {
    let x = x.clamp(-1.5, 1.5);
    x - x * x * x * (4.0 / 27.0)
}
