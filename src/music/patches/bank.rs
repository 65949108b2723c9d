//! The bank: all patches and SoundFonts of a program, and the synths that play them.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use super::{
    error::{FontWarning, SoundError},
    file, font_file,
};
use crate::music::synth::{
    ChannelMeters, Font, FontPlayer, LoadedFont, PatchQueue, PatchSender, PatchUpdate, Recipe,
    Synth,
};
use crate::music::{Patch, patch::PatchSlot};

/// The sounds that synths play. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Bank {
    state: Arc<Mutex<BankState>>,
    meters: Arc<ChannelMeters>,
}

#[derive(Debug, Default)]
struct BankState {
    patches: Vec<(PatchSlot, Recipe)>,
    /// The names of the user's own patches, in the order of their slots. None is ever removed.
    names: Vec<String>,
    /// Fonts by the name that scores use. A name without a file has no font.
    fonts: Vec<(String, Option<FontEntry>)>,
    general: Option<Font>,
    senders: Vec<PatchSender>,
    folders: Vec<PathBuf>,
    /// Files of patches with their modification times.
    files: Vec<(PathBuf, Option<SystemTime>)>,
}

/// How a channel is set to a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatchSelection {
    /// The General MIDI program, 0 to 127. Other synths play it.
    pub program: u8,
    /// The value of [`Message::SOUND`](crate::music::Message::SOUND), if the program alone does not
    /// select the patch.
    pub choice: Option<u8>,
}

/// A SoundFont and its file.
#[derive(Debug, Clone)]
struct FontEntry {
    path: PathBuf,
    font: LoadedFont,
}

impl Bank {
    /// A bank with the built-in patches.
    pub fn new() -> Self {
        Self::default()
    }

    /// A silent synth that plays every sound of the bank, including those that are added later.
    /// Sample rates are limited to 8 to 384 kHz.
    pub fn synth(&self, sample_rate: u32) -> Synth {
        let queue = self.queue(Synth::supported(sample_rate));
        Synth::playing(sample_rate, queue)
    }

    /// All current sounds, and the receiving end of a queue for new ones.
    fn queue(&self, rate: f32) -> PatchQueue {
        let mut state = self.state();
        let mut queue = PatchQueue::built_in();
        for (slot, recipe) in &state.patches {
            if let Some(place) = queue.patches.get_mut(slot.index()) {
                *place = Some(*recipe);
            }
        }
        for (slot, (_, entry)) in queue.fonts.iter_mut().zip(&state.fonts) {
            let player = entry
                .as_ref()
                .and_then(|entry| FontPlayer::new(&entry.font, rate));
            *slot = player.map(Box::new);
        }
        queue.general = state.general;
        state.senders.push(queue.sender(rate));
        queue
    }

    /// The levels of the channels of the synth that plays on the audio device.
    pub fn meters(&self) -> &Arc<ChannelMeters> {
        &self.meters
    }

    /// Adds a folder of patches: every `NAME.toml` in it. A patch replaces the one of the same name.
    /// Returns the errors; files with errors are skipped.
    pub fn add_folder(&self, folder: &Path) -> Vec<SoundError> {
        let mut state = self.state();
        if !state.folders.iter().any(|known| known == folder) {
            state.folders.push(folder.to_owned());
        }
        drop(state);
        self.refresh()
    }

    /// Reads one patch. It sounds from the next note on, and [`refresh`](Self::refresh) reads it
    /// again when it was saved.
    ///
    /// # Errors
    ///
    /// [`SoundError`]; nothing changes then.
    pub fn read_file(&self, path: &Path) -> Result<(), SoundError> {
        // The time first, so that a file that is saved meanwhile is read again.
        let saved = saved(path);
        let read = file::read(path);
        let mut state = self.state();
        if saved.is_some() {
            state.files.retain(|(known, _)| known != path);
            state.files.push((path.to_owned(), saved));
        }
        let (name, recipe) = read?;
        let slot = state
            .new_slot(&name)
            .ok_or_else(|| SoundError::TooManyPatches {
                path: path.to_owned(),
            })?;
        state.patches.retain(|(other, _)| *other != slot);
        state.patches.push((slot, recipe));
        state.send(|_| Some(PatchUpdate::Patch(slot, recipe)));
        Ok(())
    }

    /// The names of all patches, the built-in ones first.
    pub fn patch_names(&self) -> Vec<String> {
        let built_in = Patch::ALL.map(|patch| patch.name().to_owned());
        let state = self.state();
        built_in.into_iter().chain(state.names.clone()).collect()
    }

    /// How a channel is set to the patch of that name; `None` if there is none.
    pub fn select_patch(&self, name: &str) -> Option<PatchSelection> {
        let state = self.state();
        let slot = state.slot(name)?;
        let program = match Patch::from_name(name) {
            Some(patch) => patch.program(),
            None => state.recipe(slot)?.program(),
        };
        let is_nearest = PatchSlot::from(Patch::nearest(program)) == slot;
        let program_selects = is_nearest && state.general.is_none();
        Some(PatchSelection {
            program,
            choice: (!program_selects).then(|| slot.choice()),
        })
    }

    /// Reads patches that are new or were saved since the last time. Returns each error once; files
    /// with errors are skipped.
    pub fn refresh(&self) -> Vec<SoundError> {
        let mut state = self.state();
        state.open_senders().for_each(PatchSender::flush);
        let known = state.files.clone();
        let folders = state.folders.clone();
        drop(state);
        let in_folders = folders.iter().filter_map(|folder| folder.read_dir().ok());
        let mut files: Vec<PathBuf> = in_folders
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "toml"))
            .collect();
        files.extend(known.iter().map(|(path, _)| path.clone()));
        files.sort();
        files.dedup();
        let changed = files.into_iter().filter(|path| {
            let before = known.iter().find(|(known, _)| known == path);
            match (before, saved(path)) {
                (Some((_, before)), Some(now)) => *before != Some(now),
                (None, Some(_)) => true,
                // A patch whose file was removed remains.
                (_, None) => false,
            }
        });
        changed
            .filter_map(|path| self.read_file(&path).err())
            .collect()
    }

    /// Whether updates wait for room in a synth's queue. [`refresh`](Self::refresh) sends them.
    pub fn is_sending(&self) -> bool {
        self.state()
            .open_senders()
            .any(|sender| sender.is_waiting())
    }

    /// The folders and files that patches are read from.
    pub fn paths(&self) -> Vec<PathBuf> {
        let state = self.state();
        let files = state.files.iter().map(|(path, _)| path);
        files.chain(&state.folders).cloned().collect()
    }

    /// The font that scores call `name`. Until a file is found for it, the built-in voices play.
    ///
    /// # Errors
    ///
    /// [`SoundError::TooManyFonts`].
    pub fn font(&self, name: &str) -> Result<Font, SoundError> {
        self.state().font(name)
    }

    /// Reads the file of the font that scores call `name`. This takes as long as reading the file. A
    /// name keeps the first file that was read for it.
    ///
    /// # Errors
    ///
    /// [`SoundError`]; nothing changes then.
    pub fn read_font(&self, name: &str, path: &Path) -> Result<Font, SoundError> {
        let mut state = self.state();
        let font = state.font(name)?;
        if state.entry(font).is_some() {
            return Ok(font);
        }
        let mut entries = state.fonts.iter().filter_map(|(_, entry)| entry.as_ref());
        let known = entries.find(|entry| entry.path == path).cloned();
        drop(state);
        let entry = match known {
            Some(entry) => entry,
            None => FontEntry {
                path: path.to_owned(),
                font: font_file::read(path)?,
            },
        };
        let mut state = self.state();
        tracing::info!(name, path = %path.display(), "SoundFont loaded");
        if let Some((_, slot)) = state.fonts.get_mut(font.index()) {
            *slot = Some(entry.clone());
        }
        state.send(|sample_rate| {
            let player = FontPlayer::new(&entry.font, sample_rate)?;
            Some(PatchUpdate::Font(font, Box::new(player)))
        });
        Ok(font)
    }

    /// Plays the General MIDI programs with a font instead of the built-in voices.
    ///
    /// # Errors
    ///
    /// [`SoundError`]; nothing changes then.
    pub fn play_programs_with(&self, path: &Path) -> Result<Font, SoundError> {
        let font = self.read_font(&path.display().to_string(), path)?;
        let mut state = self.state();
        state.general = Some(font);
        state.send(|_| Some(PatchUpdate::General(font)));
        Ok(font)
    }

    /// What of a font is not played as it is written.
    pub fn font_warning(&self, font: Font) -> Option<FontWarning> {
        let state = self.state();
        let entry = state.entry(font)?;
        let (first, others) = entry.font.faults().split_first()?;
        Some(FontWarning {
            path: entry.path.clone(),
            first: first.clone(),
            others: others.len(),
        })
    }

    fn state(&self) -> MutexGuard<'_, BankState> {
        // No change can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BankState {
    /// The queues of the synths that still exist.
    fn open_senders(&mut self) -> impl Iterator<Item = &mut PatchSender> {
        self.senders.retain(PatchSender::is_open);
        self.senders.iter_mut()
    }

    /// Sends an update, made for its sample rate, to every synth.
    fn send(&mut self, update: impl Fn(f32) -> Option<PatchUpdate>) {
        for sender in self.open_senders() {
            if let Some(update) = update(sender.sample_rate()) {
                sender.send(update);
            }
        }
    }

    /// The slot of the patch of that name.
    fn slot(&self, name: &str) -> Option<PatchSlot> {
        if let Some(patch) = Patch::from_name(name) {
            return Some(patch.into());
        }
        let index = self.names.iter().position(|known| known == name)?;
        PatchSlot::of_own(index)
    }

    /// The same, or a new one; `None` if there are too many.
    fn new_slot(&mut self, name: &str) -> Option<PatchSlot> {
        if let Some(slot) = self.slot(name) {
            return Some(slot);
        }
        let slot = PatchSlot::of_own(self.names.len())?;
        self.names.push(name.to_owned());
        Some(slot)
    }

    /// The patch in a slot, if it is from a file.
    fn recipe(&self, slot: PatchSlot) -> Option<&Recipe> {
        let (_, recipe) = self.patches.iter().find(|(known, _)| *known == slot)?;
        Some(recipe)
    }

    fn font(&mut self, name: &str) -> Result<Font, SoundError> {
        let index = self.fonts.iter().position(|(known, _)| known == name);
        let index = index.unwrap_or(self.fonts.len());
        let font = Font::from_index(index)
            .ok_or_else(|| SoundError::TooManyFonts { path: name.into() })?;
        if index == self.fonts.len() {
            self.fonts.push((name.to_owned(), None));
        }
        Ok(font)
    }

    fn entry(&self, font: Font) -> Option<&FontEntry> {
        let (_, entry) = self.fonts.get(font.index())?;
        entry.as_ref()
    }
}

/// When a file was last modified.
fn saved(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

#[cfg(test)]
mod tests;
