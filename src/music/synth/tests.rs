//! What the synth promises.

use super::*;

const RATE: u32 = 48_000;

fn channel(number: u8) -> Channel {
    Channel::from_number(number).unwrap()
}

fn on(number: u8, key: u8, velocity: u8) -> Message {
    Message::NoteOn(
        channel(number),
        Key::new(key).unwrap(),
        Velocity::new(velocity).unwrap(),
    )
}

fn off(number: u8, key: u8) -> Message {
    Message::NoteOff(channel(number), Key::new(key).unwrap())
}

fn playing(patch: Patch) -> Synth {
    let mut synth = Synth::new(RATE);
    synth.handle(Message::Program(channel(1), patch.program()));
    synth
}

fn render(synth: &mut Synth, frames: usize) -> (Vec<f32>, Vec<f32>) {
    let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
    synth.render(&mut left, &mut right);
    (left, right)
}

fn peak((left, right): &(Vec<f32>, Vec<f32>)) -> f32 {
    left.iter()
        .chain(right)
        .fold(0.0, |peak, s| peak.max(s.abs()))
}

fn decibels((left, right): &(Vec<f32>, Vec<f32>)) -> f32 {
    let energy: f32 = left.iter().chain(right).map(|s| s * s).sum();
    10.0 * (energy / (left.len() + right.len()) as f32)
        .max(1e-12)
        .log10()
}

/// The share of a frequency in a sound, by the Goertzel sum under a Hann window.
fn share(sound: &[f32], frequency: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (index, &sample) in sound.iter().enumerate() {
        let turn = std::f64::consts::TAU * index as f64;
        let window = 0.5 - 0.5 * (turn / sound.len() as f64).cos();
        let angle = turn * frequency / f64::from(RATE);
        re += f64::from(sample) * window * angle.cos();
        im += f64::from(sample) * window * angle.sin();
    }
    re.hypot(im) * 4.0 / sound.len() as f64
}

/// How many cents the partial near `frequency` lies from it: its centre of gravity, because several
/// oscillators may share it.
fn cents_off(sound: &[f32], frequency: f64) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for cents in (-80..=80).step_by(5).map(f64::from) {
        let weight = share(sound, frequency * (cents / 1200.0).exp2()).powi(4);
        sum += cents * weight;
        weights += weight;
    }
    sum / weights
}

fn hertz(key: u8) -> f64 {
    440.0 * ((f64::from(key) - 69.0) / 12.0).exp2()
}

/// A busy stretch with everything in it: all patches, drums, pedal, bend, stealing.
fn busy(block: usize) -> (Vec<f32>, Vec<f32>) {
    let mut events: Vec<(usize, Message)> = Vec::new();
    for (index, patch) in (1_u8..).zip(Patch::ALL) {
        events.push((0, Message::Program(channel(index), patch.program())));
        for step in 0..12_u8 {
            let at = usize::from(step) * 1_771 + usize::from(index) * 97;
            let key = 40 + index * 3 + step * 2;
            events.push((at, on(index, key, 50 + step * 6)));
            events.push((at + 4_003, off(index, key)));
        }
        events.push((5_001, Message::Control(channel(index), 64, 127)));
        events.push((9_113, Message::Bend(channel(index), 12_000)));
        events.push((12_345, Message::Control(channel(index), 7, 60)));
        events.push((15_555, Message::Control(channel(index), 64, 0)));
    }
    for step in 0..24_u8 {
        events.push((usize::from(step) * 907, on(10, 36 + step, 100)));
    }
    events.sort_by_key(|(at, _)| *at);
    let mut synth = Synth::new(RATE);
    let mut sound = (Vec::new(), Vec::new());
    let mut pending = events.into_iter().peekable();
    let total = 30_000;
    let mut at = 0;
    while at < total {
        while let Some((_, message)) = pending.next_if(|(due, _)| *due <= at) {
            synth.handle(message);
        }
        let next = pending.peek().map_or(total, |(due, _)| *due).min(total);
        let (left, right) = render(&mut synth, block.min(next - at));
        at += left.len();
        sound.0.extend(left);
        sound.1.extend(right);
    }
    sound
}

#[test]
fn the_same_messages_give_the_same_samples_in_blocks_of_any_size() {
    let whole = busy(30_000);
    assert!(peak(&whole) > 0.1);
    for block in [1, 64, 256, 1000] {
        let cut = busy(block);
        let same = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(
            same(&whole.0, &cut.0) && same(&whole.1, &cut.1),
            "blocks of {block}"
        );
    }
}

#[test]
fn sixty_four_loud_notes_never_clip() {
    for patch in Patch::ALL {
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
fn every_patch_speaks_at_the_pitch_asked() {
    for patch in Patch::ALL {
        for key in [36, 48, 60, 69, 81, 93] {
            let mut synth = playing(patch);
            synth.handle(on(1, key, 100));
            render(&mut synth, 2_000);
            let (left, right) = render(&mut synth, 40_000);
            let mono: Vec<f32> = left.iter().zip(&right).map(|(l, r)| l + r).collect();
            // In an ensemble the partials beat, each in its own time: their mean is the pitch.
            let partials = match patch {
                Patch::Lead | Patch::Pad | Patch::Strings => 8,
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
    for patch in [Patch::Pluck, Patch::Lead, Patch::Organ] {
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
fn a_note_let_go_ends_in_silence() {
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
fn struck_notes_die_away_by_themselves_and_sustained_ones_do_not() {
    for (patch, ends) in [
        (Patch::Pluck, true),
        (Patch::Bell, true),
        (Patch::Organ, false),
    ] {
        let mut synth = playing(patch);
        synth.handle(on(1, 84, 100));
        render(&mut synth, 12 * RATE as usize);
        assert_eq!(synth.sounding() == 0, ends, "{}", patch.name());
    }
}

#[test]
fn the_pedal_holds_notes_until_it_comes_up() {
    let mut synth = playing(Patch::Organ);
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
fn all_sound_off_is_at_once_and_all_notes_off_lets_ring() {
    let sounding_after = |controller: u8| {
        let mut synth = playing(Patch::Pad);
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
fn volume_expression_and_pan_do_what_they_say() {
    let level = |messages: &[(u8, u8)]| {
        let mut synth = playing(Patch::Organ);
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
    let mut synth = playing(Patch::Pluck);
    synth.handle(Message::Control(channel(1), 10, 0));
    synth.handle(on(1, 48, 100));
    let (left, right) = render(&mut synth, 24_000);
    let side = |sound: &Vec<f32>| decibels(&(sound.clone(), sound.clone()));
    assert!(side(&left) > side(&right) + 15.0, "panned to the left");
}

#[test]
fn the_sixty_fifth_note_takes_the_place_of_the_oldest_without_a_click() {
    // Sines only, so that a click would stand out.
    let mut synth = playing(Patch::Bell);
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
fn a_harder_touch_is_brighter_and_not_only_louder() {
    for patch in Patch::ALL {
        // The share of the energy in the differences, which grows with frequency.
        let brightness = |velocity: u8| {
            let mut synth = playing(patch);
            synth.handle(on(1, 48, velocity));
            let (left, _) = render(&mut synth, 36_000);
            let energy: f32 = left.iter().map(|s| s * s).sum();
            let edges: f32 = left.windows(2).map(|p| (p[1] - p[0]).powi(2)).sum();
            edges / energy
        };
        let (soft, hard) = (brightness(30), brightness(120));
        assert!(hard > soft * 1.2, "{}: {soft} {hard}", patch.name());
    }
}

#[test]
fn channel_ten_is_the_drum_kit() {
    // Every key makes a sound that ends by itself, whatever program was asked for.
    for key in 0..128 {
        let mut synth = Synth::new(RATE);
        synth.handle(Message::Program(Channel::DRUMS, 48));
        synth.handle(on(10, key, 100));
        let stroke = render(&mut synth, 2_400);
        assert!(peak(&stroke) > 0.02, "key {key}: {}", peak(&stroke));
        render(&mut synth, 6 * RATE as usize);
        assert!(synth.is_silent(), "key {key} rings on");
    }
    // The kick is low, the hat is high.
    let brightness = |key: u8| {
        let mut synth = Synth::new(RATE);
        synth.handle(on(10, key, 100));
        let (left, _) = render(&mut synth, 9_600);
        let low = (4..20)
            .map(|i| share(&left, f64::from(i) * 10.0))
            .sum::<f64>();
        let high = (70..100)
            .map(|i| share(&left, f64::from(i) * 100.0))
            .sum::<f64>();
        high / low
    };
    assert!(brightness(36) < 0.1 && brightness(42) > 10.0);
}

#[test]
fn a_closed_hat_cuts_an_open_one_short() {
    let ring = |close: bool| {
        let mut synth = Synth::new(RATE);
        synth.handle(on(10, 46, 110));
        render(&mut synth, 4_800);
        if close {
            synth.handle(on(10, 44, 1));
        }
        render(&mut synth, 2_400);
        decibels(&render(&mut synth, 2_400))
    };
    assert!(ring(true) < ring(false) - 15.0);
}

#[test]
fn patches_are_as_loud_as_they_were_balanced_to_be() {
    // In decibels, with the chord of C at velocity 96 over two seconds.
    let recorded = [
        (Patch::Pluck, -18.1),
        (Patch::Epiano, -16.8),
        (Patch::Bass, -14.0),
        (Patch::Lead, -15.0),
        (Patch::Pad, -17.4),
        (Patch::Bell, -18.0),
        (Patch::Organ, -15.0),
        (Patch::Strings, -14.8),
    ];
    let measured = recorded.map(|(patch, _)| {
        let mut synth = playing(patch);
        for key in [48, 60, 64, 67] {
            synth.handle(on(1, key, 96));
        }
        (patch, decibels(&render(&mut synth, 96_000)))
    });
    let near = recorded
        .iter()
        .zip(&measured)
        .all(|((_, a), (_, b))| (a - b).abs() < 1.0);
    assert!(near, "{measured:?}");
}

#[test]
fn high_keys_do_not_fold_back() {
    // Between the harmonics of a high note there is nothing to be heard.
    for patch in [
        Patch::Lead,
        Patch::Strings,
        Patch::Bass,
        Patch::Epiano,
        Patch::Organ,
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
                    if frequency > 15_000.0 || (patch == Patch::Organ && place == 0.5) {
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

#[test]
fn any_message_at_any_rate_is_survived() {
    for rate in [0, 8_000, 22_050, 44_100, 96_000, 192_000, u32::MAX] {
        let mut synth = Synth::new(rate);
        for program in 0..=255 {
            synth.handle(Message::Program(channel(1), program));
            synth.handle(Message::Control(channel(1), program, 255));
            synth.handle(Message::Bend(channel(1), u16::MAX));
            synth.handle(on(1, program / 2, 127));
            let sound = render(&mut synth, 33);
            assert!(sound.0.iter().chain(&sound.1).all(|s| s.abs() <= 0.89));
        }
    }
}
