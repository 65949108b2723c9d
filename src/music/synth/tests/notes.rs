//! Tests of notes: pitch, release, pedal, polyphony.

use super::*;

#[test]
fn every_patch_plays_in_tune() {
    for patch in Patch::INSTRUMENTS {
        for key in [36, 48, 60, 69, 81, 93] {
            let mut synth = playing(patch);
            synth.handle(on(1, key, 100));
            render(&mut synth, 2_000);
            let (left, right) = render(&mut synth, 40_000);
            let mono: Vec<f32> = left.iter().zip(&right).map(|(l, r)| l + r).collect();
            // In an ensemble every partial beats at its own rate: their mean is the pitch.
            let partials = match patch {
                Patch::LEAD | Patch::PAD | Patch::STRINGS | Patch::BRASS | Patch::CHOIR => 8,
                _ => 1,
            };
            let off = (1..=partials)
                .map(|partial| cents_off(&mono, hertz(key) * f64::from(partial)))
                .sum::<f64>()
                / f64::from(partials);
            assert!(
                off.abs() <= 10.0,
                "{} at key {key}: {off} cents off",
                patch.name()
            );
        }
    }
}

#[test]
fn a_full_bend_is_two_semitones() {
    for patch in [Patch::PLUCK, Patch::LEAD, Patch::ORGAN] {
        let mut synth = playing(patch);
        synth.handle(Message::Bend(channel(1), 16_383));
        synth.handle(on(1, 60, 100));
        render(&mut synth, 2_000);
        let (left, _) = render(&mut synth, 40_000);
        let off = cents_off(&left, hertz(62));
        assert!(off.abs() <= 10.0, "{}: {off} cents off", patch.name());
    }
}

#[test]
fn a_released_note_ends_in_silence() {
    for patch in Patch::ALL {
        let mut synth = playing(patch);
        assert!(synth.is_silent());
        synth.handle(on(1, 60, 100));
        assert!(!synth.is_silent());
        render(&mut synth, 12_000);
        assert_eq!(synth.sounding(), 1);
        synth.handle(off(1, 60));
        render(&mut synth, 6 * RATE as usize);
        assert!(synth.is_silent(), "{}", patch.name());
        assert_eq!(peak(&render(&mut synth, 1_000)), 0.0);
    }
}

#[test]
fn plucked_patches_decay_and_sustained_ones_do_not() {
    for (patch, ends) in [
        (Patch::PLUCK, true),
        (Patch::BELL, true),
        (Patch::ORGAN, false),
    ] {
        let mut synth = playing(patch);
        synth.handle(on(1, 84, 100));
        render(&mut synth, 12 * RATE as usize);
        assert_eq!(synth.sounding() == 0, ends, "{}", patch.name());
    }
}

#[test]
fn the_pedal_sustains_notes_until_it_is_released() {
    let mut synth = playing(Patch::ORGAN);
    synth.handle(Message::Control(channel(1), 64, 127));
    synth.handle(on(1, 60, 100));
    synth.handle(off(1, 60));
    render(&mut synth, 24_000);
    assert_eq!(synth.sounding(), 1);
    synth.handle(Message::Control(channel(1), 64, 0));
    render(&mut synth, 24_000);
    assert_eq!(synth.sounding(), 0);
}

#[test]
fn all_sound_off_is_immediate_and_all_notes_off_releases() {
    let sounding_after = |controller: u8| {
        let mut synth = playing(Patch::PAD);
        synth.handle(on(1, 60, 100));
        render(&mut synth, 48_000);
        synth.handle(Message::Control(channel(1), controller, 0));
        render(&mut synth, 4_800);
        let soon = synth.sounding();
        render(&mut synth, 4 * RATE as usize);
        (soon, synth.sounding())
    };
    assert_eq!(sounding_after(120), (0, 0));
    assert_eq!(sounding_after(123), (1, 0));
}

#[test]
fn the_65th_note_steals_the_oldest_voice_without_a_click() {
    // Sines only, so that a click would stand out.
    let mut synth = playing(Patch::BELL);
    synth.handle(Message::Control(channel(1), 7, 40));
    for key in 30..94 {
        synth.handle(on(1, key, 10));
    }
    let step = |(left, _): (Vec<f32>, Vec<f32>)| {
        left.windows(2)
            .fold(0.0_f32, |step, pair| step.max((pair[1] - pair[0]).abs()))
    };
    render(&mut synth, 9_600);
    let before = step(render(&mut synth, 4_800));
    for key in 94..104 {
        synth.handle(on(1, key, 1));
    }
    let after = step(render(&mut synth, 4_800));
    assert!(after < before * 1.3, "steps of {before} grew to {after}");
    assert_eq!(synth.sounding(), POLYPHONY);
}

#[test]
fn no_patch_clicks_when_its_notes_are_stolen() {
    for patch in [
        Patch::SUB,
        Patch::FLUTE,
        Patch::PIANO,
        Patch::MARIMBA,
        Patch::PAD,
    ] {
        let stretch = |steal: bool| {
            let mut synth = playing(patch);
            // A loud low note first, then many that are barely audible.
            synth.handle(on(1, 36, 110));
            for key in 40..103 {
                synth.handle(on(2, key, 1));
            }
            render(&mut synth, 4_800);
            if steal {
                for key in 40..50 {
                    synth.handle(on(3, key, 1));
                }
            }
            roughness(&render(&mut synth, 4_800))
        };
        let (held, stolen) = (stretch(false), stretch(true));
        assert!(
            stolen < held * 1.5 + 1e-3,
            "{patch:?}: {held} grew to {stolen}"
        );
    }
}
