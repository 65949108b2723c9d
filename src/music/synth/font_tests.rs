//! What SoundFonts promise.

use super::*;
use crate::music::synth::{Bank, Synth};
use sine_font::sine_font;

#[path = "sine_font.rs"]
mod sine_font;

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
fn a_font_plays_beside_the_voices_at_its_pitch_and_through_the_mixer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sine.sf2");
    std::fs::write(&path, sine_font()).unwrap();
    let bank = Bank::new();
    // One synth that is there before the font, and one that comes later.
    let mut early = Synth::with(48_000, &bank);
    let font = bank.read_font("sine.sf2", &path).unwrap();
    let late = Synth::with(48_000, &bank);
    let meters: &'static _ = Box::leak(Box::default());
    for synth in [&mut early, &mut late.metered(meters)] {
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
    let mut synth = Synth::with(48_000, &bank);
    bank.play_programs_with(&path).unwrap();
    synth.handle(Message::Program(channel(1), 40));
    let sound = strike(&mut synth, 1);
    assert!((374..=376).contains(&periods(&sound)));
    assert_eq!(synth.sounding(), 0);
    let choice = crate::music::Patch::BASS.choice();
    synth.handle(Message::Control(channel(2), Message::SOUND, choice));
    strike(&mut synth, 2);
    assert_eq!(synth.sounding(), 1);
}

#[test]
fn a_word_without_a_file_is_played_by_the_synth_itself() {
    let bank = Bank::new();
    let font = bank.font("missing.sf2").unwrap();
    let mut synth = Synth::with(48_000, &bank);
    synth.handle(Message::Control(channel(1), Message::SOUND, font.choice()));
    assert!(peak(&strike(&mut synth, 1)) > 0.01);
    for number in 1..Font::MAX_OPEN {
        bank.font(&number.to_string()).unwrap();
    }
    assert!(matches!(
        bank.font("one more"),
        Err(FontError::TooMany { .. })
    ));
}

#[test]
fn a_missing_or_broken_font_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let bank = Bank::new();
    let error = bank
        .read_font("x", Path::new("/nowhere/x.sf2"))
        .unwrap_err();
    assert!(error.to_string().contains("/nowhere/x.sf2"), "{error}");
    assert!(bank.read_font("x", folder.path()).is_err());
    let whole = sine_font();
    let path = folder.path().join("broken.sf2");
    // Cut anywhere, or with any byte of its structure changed: an error or a font, never a panic.
    let structure: Vec<usize> = (0..120).chain(whole.len() - 420..whole.len()).collect();
    let mut refused = 0;
    for &at in &structure {
        for change in [1, 127, 255] {
            let mut bytes = whole.clone();
            bytes[at] = bytes[at].wrapping_add(change);
            std::fs::write(&path, &bytes).unwrap();
            refused += usize::from(read(&path).is_err());
        }
        std::fs::write(&path, &whole[..at]).unwrap();
        assert!(read(&path).is_err(), "cut at {at}");
    }
    assert!(refused > 100, "{refused} were refused");
}
