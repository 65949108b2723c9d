//! Filters: a state variable filter for tone, a one-pole for damping.

use std::f32::consts::PI;

/// Coefficients of an [`Svf`], shared by filters that move together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SvfShape {
    /// The gains from band to band, between the two states, and into the low state. They apply to a
    /// whole step, so they are twice the usual coefficients.
    keep: f32,
    cross: f32,
    fill: f32,
    k: f32,
}

impl SvfShape {
    /// From a cutoff in hertz (limited to below Nyquist) and a resonance from 0 (flat) to 1 (near
    /// self-oscillation).
    pub(super) fn new(cutoff: f32, resonance: f32, sample_rate: f32) -> Self {
        let g = (PI * (cutoff / sample_rate).clamp(0.000_2, 0.45)).tan();
        let k = 2.0 - 1.96 * resonance.clamp(0.0, 1.0);
        let a1 = 1.0 / (1.0 + g * (g + k));
        let cross = 2.0 * g * a1;
        Self {
            keep: 2.0 * a1 - 1.0,
            cross,
            fill: g * cross,
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
    /// The band output (gain 1/k at the cutoff) and the low output.
    #[inline(always)]
    fn step(&mut self, x: f32, s: &SvfShape) -> (f32, f32) {
        let v3 = x - self.ic2;
        let rise = s.cross * self.ic1 + s.fill * v3;
        let next = s.keep * self.ic1 + s.cross * v3;
        // Each output is the mean of the state before and after the step.
        let (band, low) = (0.5 * (self.ic1 + next), self.ic2 + 0.5 * rise);
        self.ic1 = next;
        self.ic2 += rise;
        (band, low)
    }

    #[inline(always)]
    pub(super) fn low(&mut self, x: f32, shape: &SvfShape) -> f32 {
        self.step(x, shape).1
    }

    /// The bandpass, with peak gain 1 at the cutoff.
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

/// Parallel bandpass filters with one input and levels of their own, summed.
#[derive(Debug, Clone)]
pub(super) struct Row<const N: usize> {
    keep: [f32; N],
    cross: [f32; N],
    fill: [f32; N],
    level: [f32; N],
    ic1: [f32; N],
    ic2: [f32; N],
}

impl<const N: usize> Row<N> {
    pub(super) fn new(shapes: &[SvfShape; N], levels: &[f32; N]) -> Self {
        Self {
            keep: shapes.map(|s| s.keep),
            cross: shapes.map(|s| s.cross),
            fill: shapes.map(|s| s.fill),
            level: std::array::from_fn(|lane| 0.5 * shapes[lane].k * levels[lane]),
            ic1: [0.0; N],
            ic2: [0.0; N],
        }
    }

    /// The sum of all bands; each peaks at its level.
    #[inline(always)]
    pub(super) fn band(&mut self, x: f32) -> f32 {
        let v3: [f32; N] = std::array::from_fn(|i| x - self.ic2[i]);
        let next: [f32; N] =
            std::array::from_fn(|i| self.keep[i] * self.ic1[i] + self.cross[i] * v3[i]);
        self.ic2 = std::array::from_fn(|i| {
            self.ic2[i] + (self.cross[i] * self.ic1[i] + self.fill[i] * v3[i])
        });
        let bands: [f32; N] = std::array::from_fn(|i| self.level[i] * (self.ic1[i] + next[i]));
        self.ic1 = next;
        bands.iter().sum()
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

/// Soft saturation: linear for small signals, limited to 1.
#[inline(always)]
pub(super) fn saturate(x: f32) -> f32 {
    let x = x.clamp(-1.5, 1.5);
    x - x * x * x * (4.0 / 27.0)
}
