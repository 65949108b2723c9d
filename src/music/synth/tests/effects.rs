//! Tests of the noises of General MIDI: programs 120 to 127.

use super::spectrum::{Spectrum, loudness, transform};
use super::*;

fn effect(program: u8) -> Synth {
    let mut synth = Synth::new(RATE);
    synth.handle(Message::Program(channel(1), program));
    synth
}

#[test]
fn every_effect_is_heard_and_ends() {
    for program in 120..128 {
        let mut synth = effect(program);
        synth.handle(on(1, 60, 100));
        let sound = render(&mut synth, 2 * RATE as usize);
        let loud = loudness(&sound);
        assert!((-32.0..-14.0).contains(&loud), "{program}: {loud:.1} LUFS");
        assert!(peak(&sound) > 0.05, "{program}: {}", peak(&sound));
        synth.handle(off(1, 60));
        render(&mut synth, 8 * RATE as usize);
        assert!(synth.is_silent(), "{program} rings on");
    }
}

#[test]
fn effects_sound_like_what_they_are_named_after() {
    let heard = |program: u8, frames: usize| {
        let mut synth = effect(program);
        synth.handle(on(1, 60, 100));
        render(&mut synth, frames)
    };
    let share =
        |program, low, high| Spectrum::of(&heard(program, RATE as usize), RATE).share(low, high);
    // A bird whistles high, and a helicopter is low.
    assert!(share(123, 1_500.0, 4_000.0) > -1.0);
    assert!(share(125, 20.0, 800.0) > -2.0);
    // The rest is noise over a wide range.
    for program in [121, 122, 126] {
        let bands = [500.0, 1_000.0, 2_000.0, 4_000.0];
        for band in bands.windows(2) {
            let share = share(program, band[0], band[1]);
            assert!(
                share > -20.0,
                "{program}: {share:.1} dB from {} Hz",
                band[0]
            );
        }
    }
    // A shot is over in a second, the sea is not.
    let fall = |program| {
        let (left, right) = heard(program, 2 * RATE as usize);
        let level =
            |from: usize, to: usize| decibels(&(left[from..to].to_vec(), right[from..to].to_vec()));
        level(0, 12_000) - level(72_000, 96_000)
    };
    assert!(fall(127) > 25.0 && fall(120) > 25.0);
    assert!(fall(122) < 6.0 && fall(126) < 6.0);
}

#[test]
fn a_telephone_and_a_helicopter_beat_regularly_and_applause_does_not() {
    const FRAMES: usize = 1 << 17;
    // How strongly the power of a sound rises and falls at any of these frequencies, as a share of its mean.
    let strongest = |program: u8, hertz: std::ops::Range<f64>| {
        let mut synth = effect(program);
        synth.handle(Message::Control(channel(1), 91, 0));
        synth.handle(on(1, 60, 100));
        render(&mut synth, RATE as usize);
        let (left, _) = render(&mut synth, FRAMES);
        let power = left.iter().map(|sample| f64::from(*sample).powi(2));
        let mut points: Vec<(f64, f64)> = power.map(|power| (power, 0.0)).collect();
        transform(&mut points);
        let size = |bin: usize| points[bin].0.hypot(points[bin].1);
        let bin = |hertz: f64| (hertz * FRAMES as f64 / f64::from(RATE)) as usize;
        let beats = (bin(hertz.start)..bin(hertz.end)).map(|bin| 2.0 * size(bin) / size(0));
        beats.fold(0.0, f64::max)
    };
    assert!(strongest(124, 19.5..22.5) > 0.5);
    assert!(strongest(125, 10.5..12.5) > 0.5);
    let applause = strongest(126, 30.0..90.0);
    assert!(applause < 0.5, "{applause}");
}
