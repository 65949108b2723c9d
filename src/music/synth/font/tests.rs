//! Tests of SoundFonts.

use std::{path::Path, sync::Arc};

use super::*;
use crate::music::synth::{ChannelMeters, Synth};
use crate::music::{Bank, Channel, Key, Message, SoundError, Velocity, Volume};
use test_font::{INSTRUMENT, LOOPS, SAMPLE, TestFont, sine_font};

mod repairs;
mod test_font;

/// The generator of a key range.
const KEYS: u16 = 43;

fn channel(number: u8) -> Channel {
    Channel::from_number(number).unwrap()
}

fn render(synth: &mut Synth, frames: usize) -> Vec<f32> {
    let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
    synth.render(&mut left, &mut right);
    left
}

fn peak(sound: &[f32]) -> f32 {
    sound.iter().fold(0.0, |peak, x| peak.max(x.abs()))
}

/// How often it goes up through zero.
fn periods(sound: &[f32]) -> usize {
    sound
        .windows(2)
        .filter(|w| w[0] < 0.0 && w[1] >= 0.0)
        .count()
}

fn strike(synth: &mut Synth, number: u8) -> Vec<f32> {
    let (key, velocity) = (Key::new(66).unwrap(), Velocity::new(100).unwrap());
    synth.handle(Message::Control(channel(number), 91, 0));
    synth.handle(Message::NoteOn(channel(number), key, velocity));
    render(synth, 4_800);
    render(synth, 48_000)
}

#[test]
fn a_font_plays_in_tune_along_with_the_voices_and_through_the_mixer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sine.sf2");
    std::fs::write(&path, sine_font()).unwrap();
    let bank = Bank::new();
    // One synth that is there before the font, and one that comes later.
    let mut early = bank.synth(48_000);
    let font = bank.read_font("sine.sf2", &path).unwrap();
    let late = bank.synth(48_000);
    let meters: Arc<ChannelMeters> = Arc::default();
    for synth in [&mut early, &mut late.metered(meters.clone())] {
        synth.handle(Message::Program(channel(3), 0));
        synth.handle(Message::Control(channel(3), Message::SOUND, font.choice()));
        let sound = strike(synth, 3);
        assert!(
            (374..=376).contains(&periods(&sound)),
            "{}",
            periods(&sound)
        );
        assert!(
            peak(&sound) > 0.02 && peak(&sound) <= 0.89,
            "{}",
            peak(&sound)
        );
        assert_eq!(synth.sounding(), 0, "the synth's own voices are silent");
        synth.handle(Message::Control(channel(3), 7, 20));
        render(synth, 4_800);
        let softer = peak(&render(synth, 4_800));
        assert!(softer < peak(&sound) * 0.3, "volume");
        synth.handle(Message::NoteOff(channel(3), Key::new(66).unwrap()));
        render(synth, 4 * 48_000);
        assert!(synth.is_silent());
        // A program chooses the synth's own voices again.
        synth.handle(Message::Program(channel(3), 0));
        strike(synth, 3);
        assert_eq!(synth.sounding(), 1);
    }
    assert!(meters.take(channel(3)).peak > 0.02);
}

#[test]
fn a_font_for_all_plays_programs_and_leaves_patches_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sine.sf2");
    std::fs::write(&path, sine_font()).unwrap();
    let bank = Bank::new();
    let mut synth = bank.synth(48_000);
    bank.play_programs_with(&path).unwrap();
    synth.handle(Message::Program(channel(1), 40));
    let sound = strike(&mut synth, 1);
    assert!((374..=376).contains(&periods(&sound)));
    assert_eq!(synth.sounding(), 0);
    let choice = crate::music::patch::PatchSlot::from(crate::music::Patch::BASS).choice();
    synth.handle(Message::Control(channel(2), Message::SOUND, choice));
    strike(&mut synth, 2);
    assert_eq!(synth.sounding(), 1);
}

#[test]
fn a_font_is_as_soft_as_the_mixer_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sine.sf2");
    std::fs::write(&path, sine_font()).unwrap();
    let loudness = |decibels: f64| {
        let bank = Bank::new();
        let mut synth = bank.synth(48_000);
        bank.play_programs_with(&path).unwrap();
        let volume = Volume::from_decibels(decibels);
        synth.handle(Message::Volume(channel(1), volume));
        peak(&strike(&mut synth, 1))
    };
    let whole = loudness(0.0);
    assert!(whole > 0.01);
    for decibels in [-12.0, 6.0] {
        let heard = 20.0 * (loudness(decibels) / whole).log10();
        assert!((heard - decibels as f32).abs() < 0.3, "{heard} dB");
    }
}

#[test]
fn a_program_without_a_font_is_played_by_the_synth() {
    let bank = Bank::new();
    let font = bank.font("missing.sf2").unwrap();
    let mut synth = bank.synth(48_000);
    synth.handle(Message::Control(channel(1), Message::SOUND, font.choice()));
    assert!(peak(&strike(&mut synth, 1)) > 0.01);
    for number in 1..Font::MAX_OPEN {
        bank.font(&number.to_string()).unwrap();
    }
    assert!(matches!(
        bank.font("one more"),
        Err(SoundError::TooManyFonts { .. })
    ));
}

#[test]
fn a_missing_or_broken_font_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::new();
    let error = bank
        .read_font("x", Path::new("/nowhere/x.sf2"))
        .unwrap_err();
    assert!(error.to_string().contains("/nowhere/x.sf2"), "{error}");
    assert!(bank.read_font("x", folder.path()).is_err());
    let whole = sine_font();
    // Cut anywhere, or with any byte of its structure changed: an error or a font, never a panic.
    let structure: Vec<usize> = (0..120).chain(whole.len() - 420..whole.len()).collect();
    let mut refused = 0;
    for &at in &structure {
        for change in [1, 127, 255] {
            let mut bytes = whole.clone();
            bytes[at] = bytes[at].wrapping_add(change);
            refused += usize::from(load(bytes).is_err());
        }
        assert!(load(whole[..at].to_vec()).is_err(), "cut at {at}");
    }
    assert!(refused > 100, "{refused} were refused");
}

fn load(bytes: Vec<u8>) -> Result<LoadedFont, FontFault> {
    LoadedFont::read(&mut std::io::Cursor::new(bytes))
}

fn loaded(font: &TestFont) -> Result<LoadedFont, FontFault> {
    load(font.bytes())
}

/// A font of old games: one cycle of 16 frames, looped.
fn one_cycle() -> TestFont {
    TestFont {
        period: 16,
        loop_start: 4080,
        loop_end: 4096,
        rate: 44_100,
        root_key: 60,
        zone: vec![[KEYS, 127 << 8], [LOOPS, 1], [SAMPLE, 0]],
        ..TestFont::default()
    }
}

#[test]
fn a_loop_of_one_cycle_plays_in_tune_on_the_highest_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("game.sf2");
    std::fs::write(&path, one_cycle().bytes()).unwrap();
    let bank = Bank::new();
    let font = bank.read_font("game.sf2", &path).unwrap();
    let mut synth = bank.synth(48_000);
    synth.handle(Message::Control(channel(1), Message::SOUND, font.choice()));
    // The sine has 2756 Hz at key 60, and four octaves less at key 12.
    for (key, hertz) in [(12, 172), (60, 2_756), (84, 11_025), (99, 26_220)] {
        let (key, velocity) = (Key::new(key).unwrap(), Velocity::new(127).unwrap());
        synth.handle(Message::NoteOn(channel(1), key, velocity));
        render(&mut synth, 4_800);
        let sound = render(&mut synth, 48_000);
        let heard = periods(&sound) as i32;
        // Above half of the sample rate a tone is reflected.
        let expected = hertz.min(48_000 - hertz);
        assert!(
            (heard - expected).abs() < 60,
            "{key:?}: {heard} of {expected} Hz"
        );
        synth.handle(Message::NoteOff(channel(1), key));
        render(&mut synth, 48_000);
    }
    for key in 100..128 {
        let (key, velocity) = (Key::new(key).unwrap(), Velocity::new(127).unwrap());
        synth.handle(Message::Bend(channel(1), 16_383));
        synth.handle(Message::NoteOn(channel(1), key, velocity));
        assert!(peak(&render(&mut synth, 4_800)) > 0.0, "{key:?} is played");
        synth.handle(Message::NoteOff(channel(1), key));
        render(&mut synth, 48_000);
    }
    assert!(peak(&strike(&mut synth, 1)) > 0.01, "and it still plays");
}

#[test]
fn a_zone_that_cannot_be_played_is_named() {
    let zone = |fault| FontFault::Zone {
        zone: "zone 1 of the instrument \"Sine\"".into(),
        fault,
    };
    let sine = || String::from("Sine");
    let base = TestFont::default();
    let with = |change: fn(&mut TestFont)| {
        let mut font = base.clone();
        change(&mut font);
        loaded(&font).unwrap_err()
    };
    assert!(loaded(&base).is_ok());
    let rate = |rate| ZoneFault::SampleRate {
        sample: sine(),
        rate,
    };
    assert_eq!(with(|font| font.rate = 0), zone(rate(0)));
    assert_eq!(with(|font| font.rate = u32::MAX), zone(rate(u32::MAX)));
    assert_eq!(
        with(|font| font.end = 4_200),
        zone(ZoneFault::OutOfRange(sine()))
    );
    assert_eq!(
        with(|font| font.end = 0),
        zone(ZoneFault::OutOfRange(sine()))
    );
    assert_eq!(
        with(|font| font.zone = vec![[SAMPLE, 7]]),
        zone(ZoneFault::NoSample)
    );
    assert_eq!(with(|font| font.zone = vec![[LOOPS, 1]]), FontFault::Silent);
    let place = "zone 1 of the instrument \"Sine\"";
    let too_high = with(|font| font.zone = vec![[51, 120], [56, 1_200], [LOOPS, 1], [SAMPLE, 0]]);
    assert!(too_high.to_string().contains(place), "{too_high}");
    assert!(
        too_high.to_string().contains("preset \"Sine\""),
        "{too_high}"
    );
    let missing = {
        let mut bytes = base.bytes();
        let generators = bytes.windows(4).position(|w| w == b"pgen").unwrap();
        assert_eq!(bytes[generators + 8], INSTRUMENT as u8);
        bytes[generators + 10] = 5;
        load(bytes).unwrap_err()
    };
    assert!(
        missing
            .to_string()
            .starts_with("zone 1 of the preset \"Sine\""),
        "{missing}"
    );
}

#[test]
fn a_chunk_that_claims_more_than_the_file_has_is_refused_before_it_is_read() {
    for name in [b"smpl", b"shdr", b"igen"] {
        let mut bytes = sine_font();
        let at = bytes.windows(4).position(|w| w == name).unwrap();
        bytes[at + 4..at + 8].copy_from_slice(&u32::MAX.to_le_bytes());
        let error = load(bytes).unwrap_err();
        assert!(matches!(error, FontFault::Truncated { .. }), "{error}");
    }
}

#[test]
fn a_bend_range_beyond_an_octave_counts_as_an_octave() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sine.sf2");
    std::fs::write(&path, sine_font()).unwrap();
    let bank = Bank::new();
    let font = bank.read_font("sine.sf2", &path).unwrap();
    let mut synth = bank.synth(48_000);
    synth.handle(Message::Control(channel(1), Message::SOUND, font.choice()));
    for (number, value) in [(101, 0), (100, 0), (6, 127), (101, 0), (100, 2), (6, 127)] {
        synth.handle(Message::Control(channel(1), number, value));
    }
    synth.handle(Message::Bend(channel(1), 16_383));
    let heard = periods(&strike(&mut synth, 1));
    assert!((745..=755).contains(&heard), "{heard}");
}
