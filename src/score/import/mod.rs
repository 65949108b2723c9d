//! Import of Standard MIDI Files and lists of notes in the Concerto format as the text of a score.
//!
//! The text is exact, in fractions of a beat, and meant to be read and edited. Anything that a score
//! cannot express is left out and reported.

mod automation;
mod concerto;
mod midi;
mod piece;
mod reach;
mod room;
mod text;

#[cfg(test)]
mod tests;

use std::{fs::File, io::Read, path::Path};

use super::{error::ScoreErrors, source, values::MAX_BEATS};
use crate::music::{MidiFile, MidiFileError};
use piece::Piece;

/// An imported score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The text of the score.
    pub score: String,
    /// What was left out, as phrases.
    pub left_out: Vec<String>,
    /// How the file was read, where there is more than one way, as phrases.
    pub remarks: Vec<String>,
    /// Where the file is damaged, and how it was read, as phrases. Empty for files that follow the standard.
    pub faults: Vec<String>,
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
        "the file has {chords} notes and chords; as a score it takes {bytes} bytes and {nodes} values, and the \
         limits are {} and {}: import a part of it",
        source::MAX_BYTES,
        source::MAX_NODES
    )]
    TooLarge {
        /// Its notes and chords.
        chords: usize,
        /// The size of its score.
        bytes: usize,
        /// The most values that it has.
        nodes: usize,
    },
    /// The file breaks the standard, and only files that follow it are wanted.
    #[error("the MIDI file breaks the standard: {}", .0.join("; "))]
    Faults(Vec<String>),
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
    if piece.end() > MAX_BEATS {
        return Err(ImportError::TooLong { max: MAX_BEATS });
    }
    let score = text::of(&piece);
    if score.len() > source::MAX_BYTES || piece.nodes() > source::MAX_NODES {
        return Err(ImportError::TooLarge {
            chords: piece.chords(),
            bytes: score.len(),
            nodes: piece.nodes(),
        });
    }
    let Piece {
        left_out,
        remarks,
        faults,
        ..
    } = piece;
    Ok(Imported {
        score,
        left_out,
        remarks,
        faults,
    })
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
