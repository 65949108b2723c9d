//! Periodic waveforms. A phase is a `u32` that wraps once per period, so it never loses precision.

use std::f32::consts::PI;

use super::stereo::Stereo;

/// One period of the phase.
const TURN: f64 = 4_294_967_296.0;

/// The phase increment per frame of a frequency in hertz.
pub(super) fn increment(frequency: f32, sample_rate: f32) -> u32 {
    (f64::from(frequency) / f64::from(sample_rate) * TURN) as u32
}

/// The sine of a phase; the error is below 4e-6.
#[inline(always)]
pub(super) fn sine(phase: u32) -> f32 {
    let p = phase as i32;
    // The outer quarters mirror the inner ones, where the series converges fast: `i32::MIN - p`,
    // without a branch, so that the loop vectorizes.
    let outer = (p ^ (p << 1)) >> 31;
    let folded = (p ^ outer).wrapping_add(outer & (i32::MIN + 1));
    let x = folded as f32 * (PI / 2_147_483_648.0);
    let x2 = x * x;
    x * (1.0
        + x2 * (-1.0 / 6.0 + x2 * (1.0 / 120.0 + x2 * (-1.0 / 5040.0 + x2 * (1.0 / 362_880.0)))))
}

/// A phase shifted by up to eight periods in either direction, to a 260,000th of a period.
#[inline(always)]
pub(super) fn shifted(phase: u32, turns: f32) -> u32 {
    const STEPS: f32 = 262_144.0;
    // Floats above this value have steps of one, so the sum's low bits are the integer.
    const WHOLE: f32 = 12_582_912.0;
    let steps = (turns * STEPS + WHOLE).to_bits();
    phase.wrapping_add(steps.wrapping_sub(WHOLE.to_bits()) << 14)
}

/// Adds a band-limited sawtooth to `frames` frames, with gains left and right: each jump is
/// smoothed by a cubic B-spline of two samples to either side.
pub(super) fn saw(
    out: &mut Stereo,
    frames: usize,
    (phase, increment): (u32, u32),
    (left, right): (f32, f32),
) {
    // First the naive saw, vectorized.
    for (frame, (l, r)) in (0_u32..).zip(out.frames(frames)) {
        let now = phase.wrapping_add(increment.wrapping_mul(frame));
        let wave = (now ^ (1 << 31)) as i32 as f32 * (2.0 / TURN as f32);
        *l += wave * left;
        *r += wave * right;
    }
    let reach = increment.saturating_mul(2);
    let end = u64::from(phase) + u64::from(increment) * frames as u64;
    if phase >= reach && end <= u64::from(u32::MAX - reach) {
        return;
    }
    let (mut now, step) = (phase, increment as f32);
    for (l, r) in out.frames(frames) {
        let mut missing = 0.0;
        if now < reach {
            missing += 2.0 * residual(now as f32 / step);
        }
        if now > u32::MAX - reach {
            missing -= 2.0 * residual((u32::MAX - now) as f32 / step);
        }
        *l += missing * left;
        *r += missing * right;
        now = now.wrapping_add(increment);
    }
}

/// The difference between a unit step and its smoothed form, that many samples (0 to 2) from the
/// center.
fn residual(distance: f32) -> f32 {
    if distance < 1.0 {
        let u = 1.0 - distance;
        1.0 / 24.0 + u * (1.0 / 6.0 + u * (0.25 + u * (1.0 / 6.0 - u * 0.125)))
    } else {
        let u = (2.0 - distance).max(0.0);
        u * u * u * u / 24.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sine_is_a_sine() {
        for step in 0..1000_u32 {
            let phase = step * 4_294_967;
            let exact = (f64::from(phase) / TURN * std::f64::consts::TAU).sin();
            assert!((f64::from(sine(phase)) - exact).abs() < 5e-6, "{phase}");
        }
    }

    #[test]
    fn a_saw_has_no_offset_and_no_step_larger_than_its_smoothing_allows() {
        let increment = increment(440.0, 48_000.0);
        let (mut phase, mut sum, mut last, mut step) = (0_u32, 0.0_f64, None, 0.0_f32);
        for _ in 0..48_000 {
            let mut out = Stereo::SILENCE;
            saw(&mut out, 1, (phase, increment), (1.0, 1.0));
            let value = out.left[0];
            if let Some(last) = last {
                step = step.max(f32::abs(value - last));
            }
            last = Some(value);
            sum += f64::from(value);
            phase = phase.wrapping_add(increment);
        }
        assert!((sum / 48_000.0).abs() < 1e-3);
        assert!(step < 1.4, "a naive saw steps by 2, this one by {step}");
    }
}
