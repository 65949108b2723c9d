//! Errors of sounds from files.

use std::{fmt, path::PathBuf};

use crate::music::synth::{Font, FontFault};

/// The longest name of a patch, in characters.
pub(super) const MAX_NAME: usize = 64;

/// Why a patch or a SoundFont from a file cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// The file cannot be read.
    #[error("{} cannot be read: {source}.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The text of a patch has an error.
    #[error("{}:{line}:{column}: {message}. The patch was not changed.", path.display())]
    Patch {
        /// The file.
        path: PathBuf,
        /// The line; the first is 1.
        line: usize,
        /// The column; the first is 1.
        column: usize,
        /// What is wrong, without a period.
        message: String,
    },
    /// The file name is not a valid name of a patch.
    #[error(
        "The patch {} needs another name: letters, digits, - and _, at most {MAX_NAME} of them.",
        path.display()
    )]
    PatchName {
        /// The file.
        path: PathBuf,
    },
    /// No further patch can be added.
    #[error("The patch {} cannot be added: there are too many. Remove others and start again.", path.display())]
    TooManyPatches {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a SoundFont, or it is broken.
    #[error(
        "The SoundFont {} cannot be played: {fault}. Fermata plays complete, uncompressed SoundFont 2 \
         files (.sf2).",
        path.display()
    )]
    Font {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: FontFault,
    },
    /// No further SoundFont can be opened.
    #[error(
        "The SoundFont {} cannot be opened: at most {} can be open at once.",
        path.display(),
        Font::MAX_OPEN
    )]
    TooManyFonts {
        /// The file.
        path: PathBuf,
    },
}

/// What of a SoundFont is not played as it is written, because the file contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FontWarning {
    pub(super) path: PathBuf,
    pub(super) first: FontFault,
    pub(super) others: usize,
}

impl fmt::Display for FontWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            first,
            others,
        } = self;
        let path = path.display();
        write!(
            f,
            "the SoundFont {path} is played, but not all of it: {first}"
        )?;
        match others {
            0 => Ok(()),
            1 => write!(f, ", and one more zone has such a fault"),
            _ => write!(f, ", and {others} more zones have such faults"),
        }
    }
}
