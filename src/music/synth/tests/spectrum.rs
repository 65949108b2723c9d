//! Measurements of rendered sound: shares of bands, and loudness.

use super::RATE;

/// The power spectrum of a sound with a Hann window.
pub(super) struct Spectrum {
    power: Vec<f64>,
    hertz_per_bin: f64,
}

impl Spectrum {
    /// The mean of both channels from second 0.1 to 1.0.
    pub(super) fn of((left, right): &(Vec<f32>, Vec<f32>), rate: u32) -> Self {
        let rate = rate as usize;
        let (from, to) = (rate / 10, rate);
        let mut power = Vec::new();
        for channel in [left, right] {
            let part = &channel[from..to];
            let size = part.len().next_power_of_two();
            let mut points = vec![(0.0, 0.0); size];
            for (index, (point, sample)) in points.iter_mut().zip(part).enumerate() {
                let turn = std::f64::consts::TAU * index as f64 / part.len() as f64;
                point.0 = f64::from(*sample) * (0.5 - 0.5 * turn.cos());
            }
            transform(&mut points);
            power.resize(size / 2, 0.0);
            for (sum, (re, im)) in power.iter_mut().zip(points) {
                *sum += re * re + im * im;
            }
        }
        let hertz_per_bin = rate as f64 / (2 * power.len()) as f64;
        Self {
            power,
            hertz_per_bin,
        }
    }

    /// The power of a band in decibels of that of all bands.
    pub(super) fn share(&self, low: f64, high: f64) -> f64 {
        let bin = |hertz: f64| ((hertz / self.hertz_per_bin).ceil() as usize).min(self.power.len());
        let audible = bin(20.0);
        let all: f64 = self.power[audible..].iter().sum();
        let band: f64 = self.power[bin(low)..bin(high)].iter().sum();
        10.0 * (band / all).max(1e-15).log10()
    }
}

/// The fast Fourier transform of a power of two of complex points.
pub(super) fn transform(points: &mut [(f64, f64)]) {
    let size = points.len();
    for index in 0..size {
        let mirrored = index.reverse_bits() >> (usize::BITS - size.trailing_zeros());
        if index < mirrored {
            points.swap(index, mirrored);
        }
    }
    let mut half = 1;
    while half < size {
        let step = -std::f64::consts::PI / half as f64;
        for block in points.chunks_exact_mut(2 * half) {
            let (even, odd) = block.split_at_mut(half);
            for (index, (a, b)) in even.iter_mut().zip(odd).enumerate() {
                let (sin, cos) = (step * index as f64).sin_cos();
                let turned = (b.0 * cos - b.1 * sin, b.0 * sin + b.1 * cos);
                *b = (a.0 - turned.0, a.1 - turned.1);
                *a = (a.0 + turned.0, a.1 + turned.1);
            }
        }
        half *= 2;
    }
}

/// The integrated loudness in LUFS after ITU-R BS.1770, at 48 kHz.
pub(super) fn loudness(sound: &(Vec<f32>, Vec<f32>)) -> f64 {
    assert_eq!(RATE, 48_000, "the filters are for this rate");
    let weighted = [&sound.0, &sound.1].map(|channel| {
        let shelf = (
            [1.535_124_86, -2.691_696_19, 1.198_392_81],
            [-1.690_659_29, 0.732_480_77],
        );
        let highpass = ([1.0, -2.0, 1.0], [-1.990_047_45, 0.990_072_25]);
        biquad(&biquad(channel, shelf), highpass)
    });
    let [left, right] = &weighted;
    let blocks: Vec<f64> = (0..=left.len().saturating_sub(19_200))
        .step_by(4_800)
        .map(|at| {
            let power = |channel: &[f32]| {
                let block = &channel[at..at + 19_200];
                block.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / 19_200.0
            };
            power(left) + power(right)
        })
        .collect();
    let level = |power: f64| -0.691 + 10.0 * power.max(1e-12).log10();
    let mean = |gate: f64| {
        let open: Vec<f64> = blocks
            .iter()
            .copied()
            .filter(|p| level(*p) > gate)
            .collect();
        level(open.iter().sum::<f64>() / open.len().max(1) as f64)
    };
    mean(mean(-70.0) - 10.0)
}

/// A filter with two poles and two zeros.
fn biquad(input: &[f32], (b, a): ([f64; 3], [f64; 2])) -> Vec<f32> {
    let (mut x1, mut x2, mut y1, mut y2) = (0.0, 0.0, 0.0, 0.0);
    let filtered = input.iter().map(|sample| {
        let x = f64::from(*sample);
        let y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
        (x2, x1, y2, y1) = (x1, x, y1, y);
        y as f32
    });
    filtered.collect()
}

#[test]
fn a_sine_has_its_power_in_its_band_and_the_loudness_that_the_standard_gives() {
    let sine: Vec<f32> = (0..2 * RATE)
        .map(|n| (n as f32 / RATE as f32 * 997.0 * std::f32::consts::TAU).sin())
        .collect();
    let sound = (sine.clone(), sine);
    let spectrum = Spectrum::of(&sound, RATE);
    assert!(spectrum.share(900.0, 1_100.0) > -0.01);
    assert!(spectrum.share(1_100.0, 20_000.0) < -60.0);
    // A full-scale sine of 997 Hz in one channel is -3.01 LUFS, so in both it is 0.
    assert!(loudness(&sound).abs() < 0.05, "{}", loudness(&sound));
}
