//! Import of Standard MIDI Files and lists of notes in the Concerto format as the text of a score.
//!
//! The text is exact, in fractions of a beat, and meant to be read and edited. Anything that a score
//! cannot express is left out and reported.

mod concerto;
mod midi;
mod piece;
mod text;

#[cfg(test)]
mod tests;

use std::{fs::File, io::Read, path::Path};

use super::{error::ScoreErrors, values::MAX_BEATS};
use crate::music::{MidiFile, MidiFileError};

/// The most notes of an imported score: its text is part of the input of an instance, which is limited to
/// 4 MiB.
const MAX_NOTES: usize = 33_000;

/// A change of a controller or of the tempo takes as much text as this many notes.
const NOTES_PER_CHANGE: usize = 3;

/// An imported score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The text of the score.
    pub score: String,
    /// What was left out, as phrases.
    pub left_out: Vec<String>,
}

/// Errors of an import.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// The MIDI file is invalid.
    #[error(transparent)]
    Midi(#[from] MidiFileError),
    /// The list of notes is invalid.
    #[error(transparent)]
    Concerto(#[from] ScoreErrors),
    /// The format is unknown.
    #[error(
        "unknown format: only Standard MIDI Files and lists of notes in the Concerto format can be \
         imported"
    )]
    Unknown,
    /// The file has no notes.
    #[error("the file has no notes")]
    NoNotes,
    /// The score would be too large.
    #[error(
        "the file has {notes} notes and {changes} changes of controllers and tempo, and the limit is \
         {max} notes, a change counting as {NOTES_PER_CHANGE}: import a part of it"
    )]
    TooManyNotes {
        /// Its notes and chords.
        notes: usize,
        /// Its changes of controllers and of the tempo.
        changes: usize,
        /// The most notes.
        max: usize,
    },
    /// The file is too long.
    #[error("the file is longer than {max} beats: import a part of it")]
    TooLong {
        /// The most beats.
        max: i64,
    },
}

/// Converts the bytes of a file to a score. `file` is its name, for display.
pub fn import(bytes: &[u8], file: &str) -> Result<Imported, ImportError> {
    let piece = if MidiFile::is_one(bytes) {
        midi::piece(MidiFile::read(bytes)?, file)
    } else {
        let text = std::str::from_utf8(bytes).map_err(|_| ImportError::Unknown)?;
        concerto::piece(text, file)?
    };
    if piece.voices.is_empty() {
        return Err(ImportError::NoNotes);
    }
    let (notes, changes, max) = (piece.written_chords(), piece.changes(), MAX_NOTES);
    if notes + NOTES_PER_CHANGE * changes > max {
        return Err(ImportError::TooManyNotes {
            notes,
            changes,
            max,
        });
    }
    if piece.end() > MAX_BEATS {
        return Err(ImportError::TooLong { max: MAX_BEATS });
    }
    let score = text::of(&piece);
    let left_out = piece.left_out;
    Ok(Imported { score, left_out })
}

/// Reads a file, up to the size limit of the largest supported format.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, ScoreErrors> {
    let mut bytes = Vec::new();
    let read = File::open(path)
        // One byte more than allowed, so that the reader refuses it as too long.
        .and_then(|file| {
            file.take(MidiFile::MAX_BYTES as u64 + 1)
                .read_to_end(&mut bytes)
        });
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(ScoreErrors::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}
