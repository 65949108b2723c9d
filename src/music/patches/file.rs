//! Patches as files: `NAME.toml`.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use crate::music::synth::Recipe;

/// The largest file of a patch, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024;
/// The longest name of a patch.
const MAX_NAME: usize = 64;

/// Why a patch could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// The file cannot be read.
    #[error("The patch {} cannot be read: {source}.", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The text has an error.
    #[error("{}:{line}:{column}: {message}. The patch was not changed.", path.display())]
    Wrong {
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
    Name {
        /// The file.
        path: PathBuf,
    },
    /// No further patch can be added.
    #[error("The patch {} cannot be added: there are too many. Remove others and start again.", path.display())]
    TooMany {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the name and the contents of a patch.
pub(super) fn read(path: &Path) -> Result<(String, Recipe), PatchError> {
    let name = path.file_stem().and_then(|name| name.to_str());
    let name = name.filter(|name| is_name(name)).ok_or_else(|| {
        let path = path.to_owned();
        PatchError::Name { path }
    })?;
    let unreadable = |source| PatchError::Unreadable {
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
    let recipe = Recipe::read(&text).map_err(|error| PatchError::Wrong {
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
