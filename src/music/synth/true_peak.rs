//! The peak of a sound between its samples, which converters and lossy codecs reproduce.

use std::{f64::consts::PI, sync::LazyLock};

/// The samples that an interpolated value depends on.
const TAPS: usize = 12;
/// The values between two samples.
const BETWEEN: usize = 3;
/// By how many samples the peak is late.
pub(super) const DELAY: usize = TAPS / 2;

/// The weights of the samples for each value between two of them: a windowed sinc.
static WEIGHTS: LazyLock<[[f32; TAPS]; BETWEEN]> = LazyLock::new(|| {
    std::array::from_fn(|value| {
        let fraction = (value + 1) as f64 / (BETWEEN + 1) as f64;
        let weight = |tap: usize| {
            let x = tap as f64 - (DELAY - 1) as f64 - fraction;
            let window = (PI * x / TAPS as f64).cos().powi(2);
            (PI * x).sin() / (PI * x) * window
        };
        let sum: f64 = (0..TAPS).map(weight).sum();
        std::array::from_fn(|tap| (weight(tap) / sum) as f32)
    })
});

/// Measures the peak of a channel, four times per sample.
#[derive(Debug)]
pub(super) struct TruePeak {
    weights: &'static [[f32; TAPS]; BETWEEN],
    /// The latest samples, oldest first.
    samples: [f32; TAPS],
}

impl TruePeak {
    pub(super) fn new() -> Self {
        Self {
            weights: &WEIGHTS,
            samples: [0.0; TAPS],
        }
    }

    /// Takes a sample. Returns the peak from the sample [`DELAY`] samples ago to the one after it.
    #[inline(always)]
    pub(super) fn process(&mut self, sample: f32) -> f32 {
        self.samples.copy_within(1.., 0);
        let [.., last] = &mut self.samples;
        *last = sample;
        let mut peak = self.samples.get(DELAY - 1).map_or(0.0, |one| one.abs());
        for weights in self.weights {
            let pairs = self.samples.iter().zip(weights);
            let value: f32 = pairs.map(|(sample, weight)| sample * weight).sum();
            peak = peak.max(value.abs());
        }
        peak
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_between_two_samples_is_found() {
        // A quarter of the sample rate, shifted by half a sample: the samples reach 0.707.
        let mut meter = TruePeak::new();
        let sample = |n: usize| (std::f32::consts::FRAC_PI_2 * (n as f32 + 0.5)).sin();
        let peak = (0..200)
            .map(|n| meter.process(sample(n)))
            .fold(0.0, f32::max);
        assert!((0.98..1.03).contains(&peak), "{peak}");
    }

    #[test]
    fn a_slow_sound_has_the_peak_of_its_samples() {
        let mut meter = TruePeak::new();
        let peaks = (0..2000).map(|n| meter.process((n as f32 * 0.02).sin()));
        let peak = peaks.fold(0.0, f32::max);
        assert!((0.999..1.001).contains(&peak), "{peak}");
    }
}
