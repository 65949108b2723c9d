//! SoundFonts as files.

use std::{io::BufReader, path::Path};

use super::error::SoundError;
use crate::music::synth::{FontFault, LoadedFont};

/// The largest file that is read: 1 GiB.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// Reads and checks a font.
pub(super) fn read(path: &Path) -> Result<LoadedFont, SoundError> {
    let unreadable = |source| SoundError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let broken = |fault| SoundError::Font {
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
