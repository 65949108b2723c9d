//! Tests of the levels of the patches among each other.

use super::spectrum::loudness;
use super::*;

/// The chord that patches are balanced with.
const CHORD: [u8; 4] = [48, 55, 60, 64];
/// The greatest difference between two patches, in LU.
const SPREAD: f64 = 2.9;

/// The chord at velocity 90, held for that many frames, and as many of its release.
fn chord(patch: Patch, volume: u8, frames: usize) -> (Vec<f32>, Vec<f32>) {
    let mut synth = playing(patch);
    synth.handle(Message::Control(channel(1), 7, volume));
    for key in CHORD {
        synth.handle(on(1, key, 90));
    }
    let mut sound = render(&mut synth, frames);
    for key in CHORD {
        synth.handle(off(1, key));
    }
    let (left, right) = render(&mut synth, frames);
    sound.0.extend(left);
    sound.1.extend(right);
    sound
}

#[test]
fn patches_are_equally_loud_whether_a_chord_is_short_or_long() {
    for seconds in [2, 4] {
        let frames = seconds * RATE as usize;
        let measured =
            Patch::INSTRUMENTS.map(|patch| (loudness(&chord(patch, 100, frames)), patch.name()));
        let loudest = measured.iter().map(|m| m.0).fold(f64::MIN, f64::max);
        let softest = measured.iter().map(|m| m.0).fold(f64::MAX, f64::min);
        let spread = loudest - softest;
        assert!(
            spread <= SPREAD,
            "{spread:.2} LU after {seconds} s: {measured:.1?}"
        );
        assert!((-20.0..-15.0).contains(&loudest), "{measured:.1?}");
    }
}

#[test]
fn a_chord_stays_below_the_limiter() {
    for patch in Patch::INSTRUMENTS {
        let (full, soft) = (chord(patch, 100, 48_000), chord(patch, 50, 48_000));
        // Volume is quadratic: at 50 the limiter has nothing to do.
        let limited = full.0.iter().zip(&soft.0).map(|(f, s)| (f - 4.0 * s).abs());
        let most = limited.fold(0.0, f32::max);
        assert!(most < 1e-3, "{}: changed by {most}", patch.name());
    }
}
