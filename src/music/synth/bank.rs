//! The sounds that every synth of the program plays: Fermata's patches and the performer's own.
//!
//! A patch that changes reaches a playing synth through a queue, by value: the audio callback
//! neither waits nor frees memory.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use rustysynth::SoundFont;

use super::font::{self, FontPlayer};
use super::patch_queue::{Delivery, Feed, PatchQueue};
use super::recipe::Recipe;
use super::{ChannelMeters, Font, FontError, PatchError};
use crate::music::Patch;

/// The bank of the program.
static SHARED: LazyLock<Bank> = LazyLock::new(Bank::new);

/// The sounds that synths play.
#[derive(Debug)]
pub struct Bank {
    shelf: Mutex<Shelf>,
    meters: ChannelMeters,
}

#[derive(Debug, Default)]
struct Shelf {
    patches: Vec<(Patch, Recipe)>,
    /// Fonts by the words that scores name them with; a word that no file was found for has none.
    fonts: Vec<(String, Option<Recorded>)>,
    general: Option<Font>,
    feeds: Vec<Feed>,
    folders: Vec<PathBuf>,
    /// Files of patches, and when each was saved.
    files: Vec<(PathBuf, Option<SystemTime>)>,
}

/// A SoundFont, and the file that it was read from.
#[derive(Debug, Clone)]
struct Recorded {
    path: PathBuf,
    font: Arc<SoundFont>,
}

impl Bank {
    pub(super) fn new() -> Self {
        Self {
            shelf: Mutex::default(),
            meters: ChannelMeters::default(),
        }
    }

    /// The bank that the program's synths play from.
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// How loud each channel of the synth at the audio device is.
    pub fn meters(&self) -> &ChannelMeters {
        &self.meters
    }

    /// Adds a folder of patches: every `NAME.toml` in it. A patch by the name of one that is there
    /// already takes its place. What is wrong is returned, and not taken up.
    pub fn add_folder(&self, folder: &Path) -> Vec<PatchError> {
        let mut shelf = self.shelf();
        if !shelf.folders.iter().any(|known| known == folder) {
            shelf.folders.push(folder.to_owned());
        }
        drop(shelf);
        self.refresh()
    }

    /// Reads one patch. It is heard from the next note on, and read again when it is saved.
    ///
    /// # Errors
    ///
    /// [`PatchError`]; then everything stays as it was.
    pub fn read_file(&self, path: &Path) -> Result<Patch, PatchError> {
        // The time first: what is saved meanwhile is read again.
        let saved = saved(path);
        let read = super::patch_file::read(path);
        let mut shelf = self.shelf();
        if saved.is_some() {
            shelf.files.retain(|(known, _)| known != path);
            shelf.files.push((path.to_owned(), saved));
        }
        let (name, recipe) = read?;
        let patch =
            Patch::known_as(&name, recipe.program()).ok_or_else(|| PatchError::TooMany {
                path: path.to_owned(),
            })?;
        shelf.patches.retain(|(other, _)| *other != patch);
        shelf.patches.push((patch, recipe));
        shelf.deliver(|_| Some(Delivery::Patch(patch, recipe)));
        Ok(patch)
    }

    /// Reads patches that are new or were saved since. What is wrong is returned, once, and not taken
    /// up.
    pub fn refresh(&self) -> Vec<PatchError> {
        let mut shelf = self.shelf();
        shelf.deliver(|_| None);
        let known = shelf.files.clone();
        let in_folders = shelf
            .folders
            .iter()
            .filter_map(|folder| folder.read_dir().ok());
        let mut files: Vec<PathBuf> = in_folders
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
            .collect();
        drop(shelf);
        files.extend(known.iter().map(|(path, _)| path.clone()));
        files.sort();
        files.dedup();
        let changed = files.into_iter().filter(|path| {
            let before = known.iter().find(|(known, _)| known == path);
            match (before, saved(path)) {
                (Some((_, before)), Some(now)) => *before != Some(now),
                (None, Some(_)) => true,
                // What was taken away stays as it was.
                (_, None) => false,
            }
        });
        changed
            .filter_map(|path| self.read_file(&path).err())
            .collect()
    }

    /// Whether something waits until a synth has room for it: [`Bank::refresh`] hands it over.
    pub fn delivers(&self) -> bool {
        let shelf = self.shelf();
        let mut open = shelf.feeds.iter().filter(|feed| feed.is_open());
        open.any(|feed| !feed.waiting.is_empty())
    }

    /// The folders and files that patches are read from.
    pub fn paths(&self) -> Vec<PathBuf> {
        let shelf = self.shelf();
        let files = shelf.files.iter().map(|(path, _)| path);
        files.chain(&shelf.folders).cloned().collect()
    }

    /// The font that scores name with `word`. Until a file is found for it, the synth's own voices
    /// stand in.
    ///
    /// # Errors
    ///
    /// [`FontError::TooMany`].
    pub fn font(&self, word: &str) -> Result<Font, FontError> {
        let mut shelf = self.shelf();
        shelf.font(word)
    }

    /// Finds a file for a font that scores name with `word`. Takes as long as the file takes to be
    /// read. A word keeps the file that was found for it first.
    ///
    /// # Errors
    ///
    /// [`FontError`]; then everything stays as it was.
    pub fn read_font(&self, word: &str, path: &Path) -> Result<Font, FontError> {
        let mut shelf = self.shelf();
        let font = shelf.font(word)?;
        let same = |recorded: &Recorded| recorded.path == path;
        let mut there = shelf
            .fonts
            .iter()
            .filter_map(|(_, recorded)| recorded.as_ref());
        let read = there.find(|recorded| same(recorded)).cloned();
        if shelf.recorded(font).is_some() {
            return Ok(font);
        }
        drop(shelf);
        let recorded = match read {
            Some(recorded) => recorded,
            None => Recorded {
                path: path.to_owned(),
                font: font::read(path)?,
            },
        };
        let mut shelf = self.shelf();
        if let Some((_, place)) = shelf.fonts.get_mut(usize::from(font.0)) {
            *place = Some(recorded.clone());
        }
        shelf.deliver(|sample_rate| {
            let player = FontPlayer::new(&recorded.font, sample_rate)?;
            Some(Delivery::Font(font, Box::new(player)))
        });
        Ok(font)
    }

    /// Plays the General MIDI programs with a font instead of the synth's own voices.
    ///
    /// # Errors
    ///
    /// [`FontError`]; then everything stays as it was.
    pub fn play_programs_with(&self, path: &Path) -> Result<(), FontError> {
        let font = self.read_font(&path.display().to_string(), path)?;
        let mut shelf = self.shelf();
        shelf.general = Some(font);
        shelf.deliver(|_| Some(Delivery::General(font)));
        Ok(())
    }

    /// Whether a General MIDI program alone makes a synth play that patch.
    pub fn answers_program_with(&self, patch: Patch) -> bool {
        self.shelf().general.is_none() && Patch::nearest(patch.program()) == patch
    }

    /// Everything that there is, and the end of a queue for what comes.
    pub(super) fn patch_queue(&self, sample_rate: f32) -> PatchQueue {
        let mut shelf = self.shelf();
        let mut patch_queue = PatchQueue::own();
        for (patch, recipe) in &shelf.patches {
            if let Some(place) = patch_queue.patches.get_mut(patch.index()) {
                *place = Some(*recipe);
            }
        }
        for (place, (_, recorded)) in patch_queue.fonts.iter_mut().zip(&shelf.fonts) {
            let player = recorded
                .as_ref()
                .and_then(|r| FontPlayer::new(&r.font, sample_rate));
            *place = player.map(Box::new);
        }
        patch_queue.general = shelf.general;
        shelf.feeds.push(patch_queue.feed(sample_rate));
        patch_queue
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    /// Sends something to every synth, after what has waited for room.
    fn deliver(&mut self, delivery: impl Fn(f32) -> Option<Delivery>) {
        self.feeds.retain(Feed::is_open);
        for feed in &mut self.feeds {
            feed.waiting.extend(delivery(feed.sample_rate));
            feed.push();
        }
    }

    fn font(&mut self, word: &str) -> Result<Font, FontError> {
        let place = self.fonts.iter().position(|(known, _)| known == word);
        let place = place.unwrap_or(self.fonts.len());
        let number = u8::try_from(place).ok().filter(|_| place < Font::MAX_OPEN);
        let font = number
            .map(Font)
            .ok_or_else(|| FontError::TooMany { path: word.into() })?;
        if place == self.fonts.len() {
            self.fonts.push((word.to_owned(), None));
        }
        Ok(font)
    }

    fn recorded(&self, font: Font) -> Option<&Recorded> {
        let (_, recorded) = self.fonts.get(usize::from(font.0))?;
        recorded.as_ref()
    }
}

/// When a file was saved.
fn saved(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::patch_queue::QUEUE;
    use super::*;

    #[test]
    fn every_patch_that_is_built_in_is_fine_and_near_its_program() {
        for patch in Patch::ALL {
            let recipe = Recipe::read(patch.text().unwrap());
            let recipe = recipe.unwrap_or_else(|mistake| panic!("{patch:?}: {mistake:?}"));
            assert_eq!(recipe.program(), patch.program(), "{patch:?}");
        }
    }

    /// The text of a patch with another gain.
    fn bass(gain: &str) -> String {
        let text = Patch::BASS.text().unwrap();
        assert!(text.contains("gain = 0.68"));
        text.replace("gain = 0.68", gain)
    }

    #[test]
    fn a_saved_patch_is_heard_from_the_next_note_on_and_a_wrong_one_is_not() {
        use crate::music::{Channel, Key, Message, Synth, Velocity};

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bank-test.toml");
        std::fs::write(&file, bass("gain = 0.68")).unwrap();
        let bank = Bank::new();
        let mut synth = Synth::with(48_000, &bank);
        assert!(bank.add_folder(folder.path()).is_empty());
        let patch = Patch::from_name("bank-test").unwrap();
        let mut strike = || {
            let channel = Channel::from_number(1).unwrap();
            let key = Key::new(40).unwrap();
            synth.handle(Message::Control(channel, Message::SOUND, patch.choice()));
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
        let told = bank.refresh();
        assert_eq!(told.len(), 1);
        let told = told[0].to_string();
        assert!(told.contains("bank-test.toml:3:"), "{told}");
        assert!(bank.refresh().is_empty(), "a mistake is told once");
        assert!((strike() / softer - 1.0).abs() < 0.05);
        std::fs::remove_file(&file).unwrap();
        assert!(bank.refresh().is_empty());
        assert!((strike() / softer - 1.0).abs() < 0.05, "it stays");
    }

    #[test]
    fn more_patches_than_the_queue_holds_all_arrive() {
        let bank = Bank::new();
        let mut patch_queue = bank.patch_queue(48_000.0);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bass.toml");
        for round in 0..QUEUE + 10 {
            std::fs::write(&file, bass(&format!("gain = {}", round as f32 / 1000.0))).unwrap();
            bank.read_file(&file).unwrap();
        }
        assert!(bank.delivers());
        patch_queue.receive();
        bank.refresh();
        assert!(!bank.delivers());
        patch_queue.receive();
        let gain = patch_queue.patches[Patch::BASS.index()].unwrap().gain;
        assert_eq!(gain, (QUEUE + 9) as f32 / 1000.0);
    }

    #[test]
    fn names_and_sizes_of_files_are_limited() {
        let bank = Bank::new();
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("no spaces.toml");
        std::fs::write(&odd, bass("gain = 0.68")).unwrap();
        assert!(matches!(bank.read_file(&odd), Err(PatchError::Name { .. })));
        let large = folder.path().join("large.toml");
        std::fs::write(&large, "#".repeat(70_000)).unwrap();
        let told = bank.read_file(&large).unwrap_err().to_string();
        assert!(told.contains("64 KiB"), "{told}");
        assert!(bank.read_file(&folder.path().join("none.toml")).is_err());
        assert!(bank.read_file(folder.path()).is_err());
    }
}
