//! Tests of the sounds: levels, velocity, aliasing.

use super::*;

#[test]
fn sixty_four_loud_notes_never_clip() {
    for patch in Patch::INSTRUMENTS {
        let mut synth = playing(patch);
        for key in 30..94 {
            synth.handle(on(1, key, 127));
        }
        for key in [36, 38, 49, 46] {
            synth.handle(on(10, key, 127));
        }
        let loud = peak(&render(&mut synth, 24_000));
        assert!(loud <= 0.89 && loud > 0.3, "{}: {loud}", patch.name());
    }
}

#[test]
fn a_higher_velocity_is_brighter_and_louder() {
    for patch in Patch::INSTRUMENTS {
        let struck = |velocity: u8| {
            let mut synth = playing(patch);
            synth.handle(on(1, 48, velocity));
            brightness(&render(&mut synth, 36_000))
        };
        let (soft, hard) = (struck(30), struck(120));
        assert!(hard > soft * 1.2, "{}: {soft} {hard}", patch.name());
    }
}

#[test]
fn high_keys_do_not_fold_back() {
    // Between the harmonics of a high note there is silence.
    for patch in [
        Patch::LEAD,
        Patch::STRINGS,
        Patch::BASS,
        Patch::EPIANO,
        Patch::ORGAN,
        Patch::PIANO,
        Patch::BRASS,
        Patch::SUB,
    ] {
        for key in [96, 103, 108] {
            let mut synth = playing(patch);
            synth.handle(on(1, key, 110));
            render(&mut synth, 24_000);
            let (left, _) = render(&mut synth, 8_192);
            let tone = share(&left, hertz(key));
            for between in 1..5 {
                for place in [0.35, 0.5, 0.65] {
                    let frequency = hertz(key) * (f64::from(between) + place);
                    // The organ has pipes at half and at one and a half times the key.
                    if frequency > 15_000.0 || (patch == Patch::ORGAN && place == 0.5) {
                        continue;
                    }
                    let stray = 20.0 * (share(&left, frequency) / tone).log10();
                    assert!(
                        stray < -50.0,
                        "{} key {key}: {stray} dB at {frequency}",
                        patch.name()
                    );
                }
            }
        }
    }
}
