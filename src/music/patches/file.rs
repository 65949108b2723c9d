//! Patches as files: `NAME.toml`.

use std::{io::Read, path::Path};

use super::error::{MAX_NAME, SoundError};
use crate::music::synth::Recipe;

/// The largest file of a patch, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Reads the name and the contents of a patch.
pub(super) fn read(path: &Path) -> Result<(String, Recipe), SoundError> {
    let name = path.file_stem().and_then(|name| name.to_str());
    let name = name.filter(|name| is_name(name)).ok_or_else(|| {
        let path = path.to_owned();
        SoundError::PatchName { path }
    })?;
    let unreadable = |source| SoundError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut start = file.take(MAX_FILE_BYTES + 1);
    start.read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(unreadable(std::io::Error::other(
            "it is larger than 64 KiB",
        )));
    }
    let recipe = Recipe::read(&text).map_err(|error| SoundError::Patch {
        path: path.to_owned(),
        line: error.line,
        column: error.column,
        message: error.message,
    })?;
    Ok((name.to_owned(), recipe))
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=MAX_NAME).contains(&name.len()) && name.chars().all(fits)
}
