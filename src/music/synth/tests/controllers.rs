//! Tests of controllers.

use super::*;

#[test]
fn volume_expression_and_pan_take_effect() {
    let level = |messages: &[(u8, u8)]| {
        let mut synth = playing(Patch::ORGAN);
        for &(number, value) in messages {
            synth.handle(Message::Control(channel(1), number, value));
        }
        synth.handle(on(1, 48, 100));
        render(&mut synth, 24_000)
    };
    let normal = decibels(&level(&[]));
    assert!(decibels(&level(&[(7, 50)])) < normal - 10.0);
    assert!(decibels(&level(&[(11, 64)])) < normal - 10.0);
    assert!((decibels(&level(&[(11, 64), (121, 0)])) - normal).abs() < 0.5);
    let mut synth = playing(Patch::PLUCK);
    synth.handle(Message::Control(channel(1), 10, 0));
    synth.handle(on(1, 48, 100));
    let (left, right) = render(&mut synth, 24_000);
    let side = |sound: &Vec<f32>| decibels(&(sound.clone(), sound.clone()));
    assert!(side(&left) > side(&right) + 15.0, "panned to the left");
}

#[test]
fn controllers_change_smoothly() {
    for number in [1, 7, 10, 11, 71, 74, 91, 94] {
        let stretch = |moves: bool| {
            let mut synth = playing(Patch::SUB);
            synth.handle(Message::Control(channel(1), 74, 40));
            synth.handle(on(1, 36, 100));
            render(&mut synth, 24_000);
            if moves {
                synth.handle(Message::Control(channel(1), number, 100));
                let up = render(&mut synth, 4_800);
                synth.handle(Message::Control(channel(1), number, 10));
                return roughness(&up).max(roughness(&render(&mut synth, 4_800)));
            }
            roughness(&render(&mut synth, 9_600))
        };
        let (still, moving) = (stretch(false), stretch(true));
        assert!(
            moving < still * 4.0 + 2e-3,
            "controller {number}: {still} grew to {moving}"
        );
    }
}

/// A chord with controllers set before it.
fn chord(patch: Patch, controls: &[(u8, u8)], frames: usize) -> (Vec<f32>, Vec<f32>) {
    let mut synth = playing(patch);
    for &(number, value) in controls {
        synth.handle(Message::Control(channel(1), number, value));
    }
    for key in [48, 55, 60] {
        synth.handle(on(1, key, 100));
    }
    render(&mut synth, frames)
}

#[test]
fn the_cutoff_controller_darkens_every_voice() {
    for patch in Patch::INSTRUMENTS {
        let open = brightness(&chord(patch, &[], 24_000));
        let closed = brightness(&chord(patch, &[(74, 4)], 24_000));
        assert!(closed < open * 0.8, "{patch:?}: {open} {closed}");
    }
    let dull = brightness(&chord(Patch::LEAD, &[], 24_000));
    let bright = brightness(&chord(Patch::LEAD, &[(74, 100)], 24_000));
    assert!(bright > dull * 1.3, "{dull} {bright}");
}

#[test]
fn attack_and_release_controllers_stretch_the_envelope() {
    let early = |value: u8| decibels(&chord(Patch::STRINGS, &[(73, value)], 4_800));
    assert!(early(20) > early(64) + 3.0 && early(64) > early(110) + 3.0);
    let late = |value: u8| {
        let mut synth = playing(Patch::ORGAN);
        synth.handle(Message::Control(channel(1), 72, value));
        synth.handle(Message::Control(channel(1), 91, 0));
        synth.handle(on(1, 60, 100));
        render(&mut synth, 9_600);
        synth.handle(off(1, 60));
        render(&mut synth, 4_800);
        decibels(&render(&mut synth, 4_800))
    };
    assert!(late(127) > late(64) + 20.0);
}

#[test]
fn sends_reach_reverb_and_echo() {
    let tail = |controls: &[(u8, u8)]| {
        let mut synth = Synth::new(RATE);
        for &(number, value) in controls {
            synth.handle(Message::Control(Channel::DRUMS, number, value));
        }
        synth.handle(on(10, 37, 110));
        // The stroke itself is short.
        render(&mut synth, 14_400);
        decibels(&render(&mut synth, 12_000))
    };
    let dry = tail(&[(91, 0)]);
    assert!(tail(&[(91, 127)]) > dry + 15.0, "reverb");
    assert!(tail(&[(91, 0), (94, 127)]) > dry + 15.0, "delay");
}

#[test]
fn the_echo_is_in_time() {
    let first_echo = |messages: &[(usize, Message)]| {
        let mut synth = Synth::new(RATE);
        let mut at = 0;
        for &(due, message) in messages {
            render(&mut synth, due - at);
            at = due;
            synth.handle(message);
        }
        render(&mut synth, 96_000);
        synth.handle(Message::Control(channel(10), 91, 0));
        synth.handle(Message::Control(channel(10), 94, 127));
        synth.handle(on(10, 37, 120));
        let (left, _) = render(&mut synth, 72_000);
        (2_800..left.len())
            .find(|&f| left[f].abs() > 0.02)
            .unwrap_or(0)
    };
    let near = |frame: usize, wanted: i64| (frame as i64 - wanted).abs() < 400;
    let usual = first_echo(&[]);
    assert!(near(usual, 18_000), "{usual}");
    let asked = first_echo(&[(0, Message::Control(channel(1), 95, 50))]);
    assert!(near(asked, 24_000), "{asked}");
    // 100 BPM: a tick every 1200 frames, and an echo every 18 ticks.
    let ticks: Vec<_> = (0..200)
        .map(|tick| (tick * 1_200, Message::Clock(ClockMessage::Tick)))
        .collect();
    let in_time = first_echo(&ticks);
    assert!(near(in_time, 21_600), "{in_time}");
}

#[test]
fn modulation_is_vibrato_and_can_be_reset() {
    // Vibrato spreads the tone: less energy remains at the pitch itself.
    let pure = |controls: &[(u8, u8)]| {
        let (left, _) = chord(Patch::SUB, controls, 48_000);
        share(&left, hertz(60))
    };
    let still = pure(&[]);
    assert!(pure(&[(1, 127)]) < still * 0.7);
    assert!((pure(&[(1, 127), (121, 0)]) - still).abs() < still * 0.05);
}
