//! Golden tests: the levels of three bands in windows of 50 ms for every sound, recorded in
//! `golden.tsv`.
//!
//! The tolerance covers what platforms and optimization make of the same numbers. To record a sound
//! that changed on purpose: `FERMATA_GOLDEN=record cargo test --lib golden`.

use std::fmt::Write;

use super::filter::OnePole;
use super::*;
use crate::music::{Channel, Key, Message, Patch, Velocity};

const RATE: u32 = 48_000;
const WINDOW: usize = 2_400;
const WINDOWS: usize = 24;
/// Crossover frequencies of the bands, in hertz.
const BANDS: [f32; 2] = [350.0, 2_500.0];
/// The tolerance in decibels, and the level below which nothing is compared.
const ROOM: f32 = 1.0;
const FLOOR: f32 = -62.0;

type Levels = Vec<[f32; 3]>;

/// A phrase of three notes with rising velocity, and controllers in between.
fn phrase(sound: &[Message], channel: Channel, keys: [u8; 3]) -> Levels {
    let mut synth = Synth::new(RATE);
    for message in sound {
        synth.handle(*message);
    }
    let mut events = Vec::new();
    for (index, (key, velocity)) in keys.into_iter().zip([40, 80, 120]).enumerate() {
        let (key, velocity) = (Key::new(key).unwrap(), Velocity::new(velocity).unwrap());
        events.push((index * 6, Message::NoteOn(channel, key, velocity)));
        events.push((index * 7 + 5, Message::NoteOff(channel, key)));
    }
    events.push((15, Message::Control(channel, 74, 40)));
    events.push((17, Message::Bend(channel, 12_000)));
    let mut split = [(); 4].map(|()| OnePole::default());
    let [low, high] = BANDS.map(|hertz| OnePole::coefficient(hertz, RATE as f32));
    let mut levels = Levels::new();
    for window in 0..WINDOWS {
        for (_, message) in events.iter().filter(|(at, _)| *at == window) {
            synth.handle(*message);
        }
        let (mut left, mut right) = ([0.0; WINDOW], [0.0; WINDOW]);
        synth.render(&mut left, &mut right);
        let mut power = [0.0_f32; 3];
        for (l, r) in left.into_iter().zip(right) {
            let x = (l + r) * 0.5;
            let [a, b, c, d] = &mut split;
            let bass = b.low(a.low(x, low), low);
            let treble = x - d.low(c.low(x, high), high);
            let parts = [bass, x - bass - treble, treble];
            for (sum, part) in power.iter_mut().zip(parts) {
                *sum += part * part / WINDOW as f32;
            }
        }
        levels.push(power.map(|power| 10.0 * power.max(1e-9).log10()));
    }
    levels
}

/// Every sound by its name.
fn all() -> Vec<(&'static str, Levels)> {
    let one = Channel::from_number(1).unwrap();
    let patches = Patch::ALL.into_iter().map(|patch| {
        let sound = [
            Message::Program(one, patch.program()),
            Message::Control(one, 94, 40),
        ];
        (patch.name(), phrase(&sound, one, [43, 55, 64]))
    });
    let kits = Kit::ALL.into_iter().flat_map(|kit| {
        let sound = [Message::Program(Channel::DRUMS, kit.program())];
        [[36, 38, 42], [46, 39, 45], [37, 56, 49]]
            .map(|keys| (kit.name(), phrase(&sound, Channel::DRUMS, keys)))
    });
    patches.chain(kits).collect()
}

fn text(sounds: &[(&str, Levels)]) -> String {
    let mut text = String::new();
    for (name, levels) in sounds {
        text.push_str(name);
        for level in levels.iter().flatten() {
            write!(text, "\t{level:.1}").unwrap();
        }
        text.push('\n');
    }
    text
}

#[test]
fn golden_every_sound_is_as_it_was_recorded() {
    let sounds = all();
    if std::env::var("FERMATA_GOLDEN").is_ok_and(|word| word == "record") {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/music/synth/golden.tsv");
        std::fs::write(path, text(&sounds)).unwrap();
        return;
    }
    let recorded = include_str!("golden.tsv");
    assert_eq!(recorded.lines().count(), sounds.len());
    for (line, (name, levels)) in recorded.lines().zip(&sounds) {
        let (was, before) = line.split_once('\t').unwrap();
        assert_eq!(was, *name);
        let before = before
            .split('\t')
            .map(|level| level.parse::<f32>().unwrap());
        for (index, (before, now)) in before.zip(levels.iter().flatten()).enumerate() {
            let (before, now) = (before.max(FLOOR), now.max(FLOOR));
            assert!(
                (before - now).abs() <= ROOM,
                "{name}: band {} after {} ms was {before} dB and is {now} dB",
                index % 3,
                index / 3 * 50
            );
        }
    }
}
