//! Tests of the bank.

use std::time::Duration;

use super::*;
use crate::music::synth::QUEUE;

#[test]
fn every_patch_that_is_built_in_is_fine_and_near_its_program() {
    for patch in Patch::ALL {
        let recipe = Recipe::read(patch.text());
        let recipe = recipe.unwrap_or_else(|error| panic!("{patch:?}: {error:?}"));
        assert_eq!(recipe.program(), patch.program(), "{patch:?}");
    }
}

/// The text of a patch with another gain.
fn bass(gain: &str) -> String {
    let text = Patch::BASS.text();
    assert!(text.contains("gain = 0.68"));
    text.replace("gain = 0.68", gain)
}

#[test]
fn a_saved_patch_is_heard_from_the_next_note_on_and_a_wrong_one_is_not() {
    use crate::music::{Channel, Key, Message, Velocity};

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bank-test.toml");
    std::fs::write(&file, bass("gain = 0.68")).unwrap();
    let bank = Bank::new();
    let mut synth = bank.synth(48_000);
    assert!(bank.add_folder(folder.path()).is_empty());
    let choice = bank.select_patch("bank-test").unwrap().choice.unwrap();
    let mut strike = || {
        let channel = Channel::from_number(1).unwrap();
        let key = Key::new(40).unwrap();
        synth.handle(Message::Control(channel, Message::SOUND, choice));
        synth.handle(Message::NoteOn(channel, key, Velocity::default()));
        let (mut left, mut right) = (vec![0.0; 48_000], vec![0.0; 48_000]);
        synth.render(&mut left, &mut right);
        synth.handle(Message::Control(channel, Message::ALL_SOUND_OFF, 0));
        let peak = left.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        synth.render(&mut left, &mut right);
        peak
    };
    let before = strike();
    let save = |text: String, later: u64| {
        std::fs::write(&file, text).unwrap();
        let time = SystemTime::now() + Duration::from_secs(later);
        std::fs::File::options()
            .append(true)
            .open(&file)
            .and_then(|file| file.set_modified(time))
            .unwrap();
    };
    save(bass("gain = 0.34"), 1);
    assert!(bank.refresh().is_empty());
    let softer = strike();
    assert!((softer / before - 0.5).abs() < 0.05, "{before} {softer}");
    save(bass("gain = loud"), 2);
    let errors = bank.refresh();
    assert_eq!(errors.len(), 1);
    let error = errors[0].to_string();
    assert!(error.contains("bank-test.toml:3:"), "{error}");
    assert!(bank.refresh().is_empty(), "an error is reported once");
    assert!((strike() / softer - 1.0).abs() < 0.05);
    std::fs::remove_file(&file).unwrap();
    assert!(bank.refresh().is_empty());
    assert!((strike() / softer - 1.0).abs() < 0.05, "it stays");
}

#[test]
fn two_banks_know_nothing_of_each_other() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("own.toml"), bass("gain = 0.68")).unwrap();
    let (bank, other) = (Bank::new(), Bank::new());
    assert!(bank.add_folder(folder.path()).is_empty());
    let own = PatchSelection {
        program: Patch::BASS.program(),
        choice: Some(17),
    };
    assert_eq!(bank.select_patch("own"), Some(own));
    assert_eq!(bank.patch_names().last().unwrap(), "own");
    assert_eq!(other.select_patch("own"), None);
    assert_eq!(other.patch_names().len(), Patch::ALL.len());
    let bass = PatchSelection {
        program: Patch::BASS.program(),
        choice: None,
    };
    assert_eq!(other.select_patch("bass"), Some(bass));
}

#[test]
fn more_patches_than_the_queue_holds_all_arrive() {
    let bank = Bank::new();
    let mut queue = bank.queue(48_000.0);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bass.toml");
    for round in 0..QUEUE + 10 {
        std::fs::write(&file, bass(&format!("gain = {}", round as f32 / 1000.0))).unwrap();
        bank.read_file(&file).unwrap();
    }
    assert!(bank.is_sending());
    queue.receive();
    bank.refresh();
    assert!(!bank.is_sending());
    queue.receive();
    let gain = queue.patches[PatchSlot::from(Patch::BASS).index()]
        .unwrap()
        .gain();
    assert_eq!(gain, (QUEUE + 9) as f32 / 1000.0);
}

#[test]
fn names_and_sizes_of_files_are_limited() {
    let bank = Bank::new();
    let folder = tempfile::tempdir().unwrap();
    let odd = folder.path().join("no spaces.toml");
    std::fs::write(&odd, bass("gain = 0.68")).unwrap();
    assert!(matches!(
        bank.read_file(&odd),
        Err(SoundError::PatchName { .. })
    ));
    let large = folder.path().join("large.toml");
    std::fs::write(&large, "#".repeat(70_000)).unwrap();
    let error = bank.read_file(&large).unwrap_err().to_string();
    assert!(error.contains("64 KiB"), "{error}");
    assert!(bank.read_file(&folder.path().join("none.toml")).is_err());
    assert!(bank.read_file(folder.path()).is_err());
}
