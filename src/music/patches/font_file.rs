//! SoundFonts as files.

use std::{
    io::BufReader,
    path::{Path, PathBuf},
};

use crate::music::synth::{Font, FontFault, LoadedFont};

/// The largest file that is read: 1 GiB.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// Why a SoundFont cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum FontError {
    /// The file cannot be read.
    #[error("The SoundFont {} cannot be read: {source}.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file is not a SoundFont, or it is broken.
    #[error(
        "The SoundFont {} cannot be played: {fault}. Fermata plays complete, uncompressed SoundFont 2 \
         files (.sf2).",
        path.display()
    )]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: FontFault,
    },
    /// No further font can be opened.
    #[error(
        "The SoundFont {} cannot be opened: at most {} can be open at once.",
        path.display(),
        Font::MAX_OPEN
    )]
    TooMany {
        /// The file.
        path: PathBuf,
    },
}

/// Reads and checks a font.
pub(super) fn read(path: &Path) -> Result<LoadedFont, FontError> {
    let unreadable = |source| FontError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let broken = |fault| FontError::Broken {
        path: path.to_owned(),
        fault,
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > MAX_FILE_BYTES {
        return Err(broken(FontFault::TooLarge));
    }
    LoadedFont::read(&mut BufReader::new(file)).map_err(broken)
}
