//! What `fermata play --record` names: a MIDI file, or a folder for the whole performance.

use std::path::{Path, PathBuf, is_separator};

use super::CliError;
use crate::{
    conductor::RecordingFolder,
    engine::{Archive, Timestamp},
    music::{Journal, MusicError, Nanos, Recorder},
};

/// Where a performance is recorded.
#[derive(Debug)]
pub(super) enum RecordTo {
    /// Its notes.
    MidiFile(PathBuf),
    /// Its notes, its sound and its histories.
    Folder(RecordingFolder),
}

impl RecordTo {
    /// A folder if there is one of that name, or if the name ends like one; it is made if need be.
    pub fn of(path: &Path) -> Result<Self, MusicError> {
        let ends_like_one = path.to_string_lossy().ends_with(is_separator);
        match path.is_dir() || ends_like_one {
            true => Ok(Self::Folder(RecordingFolder::make(path)?)),
            false => Ok(Self::MidiFile(path.to_owned())),
        }
    }

    /// The files that hear everything.
    pub fn files(&self) -> Vec<PathBuf> {
        match self {
            Self::MidiFile(path) => vec![path.clone()],
            Self::Folder(folder) => vec![folder.midi(), folder.wav()],
        }
    }

    /// Begins them.
    pub fn begin(&self, journal: &mut Journal, title: &str) -> Result<(), MusicError> {
        let names = journal.names();
        match self {
            Self::MidiFile(path) => {
                journal.add(Box::new(Recorder::create(path, title, names)?));
            }
            Self::Folder(folder) => {
                for sink in folder.begin(title, names, Nanos::ZERO)? {
                    journal.add(sink);
                }
            }
        }
        Ok(())
    }

    /// Adds the histories of what was open at `since` or later.
    pub fn keep_histories(&self, archive: &Archive, since: Timestamp) -> Result<(), CliError> {
        if let Self::Folder(folder) = self {
            folder.keep_histories(archive, since)?;
        }
        Ok(())
    }
}
