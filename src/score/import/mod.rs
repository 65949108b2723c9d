//! Music from elsewhere as the text of a score: Standard MIDI Files and lists of notes in the
//! Concerto format.
//!
//! The text says exactly what the file says, in fractions of a beat, and is meant to be read and
//! changed by people. What has no place in a score is left out and told.

mod concerto;
mod midi;
mod piece;
mod text;

#[cfg(test)]
mod tests;

use std::{fs::File, io::Read, path::Path};

use super::{ScoreErrors, play::MAX_REPEAT};
use crate::music::{MidiFile, MidiFileError};

/// The most events that an imported score may leave in its history; a history ends at 100,000.
const MAX_EVENTS: usize = 99_000;

/// A score that was made from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The text of the score.
    pub score: String,
    /// What it does not say of what the file says: sentences.
    pub left_out: Vec<String>,
}

/// Why no score can be made from a file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// A broken MIDI file.
    #[error(transparent)]
    Midi(#[from] MidiFileError),
    /// A broken list of notes.
    #[error(transparent)]
    Concerto(#[from] ScoreErrors),
    /// Something else.
    #[error(
        "this is neither a Standard MIDI File nor a list of notes in the Concerto format, which are \
         what can be imported"
    )]
    Unknown,
    /// Silence.
    #[error("there are no notes in this file, so there is nothing to play")]
    NoNotes,
    /// More than a history holds.
    #[error(
        "this file needs a history of {events} events, and a history holds {most}: import a part \
         of it"
    )]
    TooManyNotes {
        /// How many it would need.
        events: usize,
        /// How many there may be.
        most: usize,
    },
    /// Longer than scores may be.
    #[error("this file goes on after {most} beats, which is the longest: import a part of it")]
    TooLong {
        /// The most beats.
        most: i64,
    },
}

/// Makes a score from the bytes of a file. `file` is its name, for people.
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
    let (events, most) = (piece.events(), MAX_EVENTS);
    if events > most {
        return Err(ImportError::TooManyNotes { events, most });
    }
    if piece.end() > 4 * MAX_REPEAT {
        return Err(ImportError::TooLong {
            most: 4 * MAX_REPEAT,
        });
    }
    let score = text::of(&piece);
    let left_out = piece.left_out;
    Ok(Imported { score, left_out })
}

/// The bytes of a file, and no more of them than the largest file that is read has.
pub fn bytes_of(path: &Path) -> Result<Vec<u8>, ScoreErrors> {
    let mut bytes = Vec::new();
    let read = File::open(path)
        // One byte more than is allowed, so that the reader refuses it as too long.
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
