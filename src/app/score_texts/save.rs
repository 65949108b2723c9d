//! Reads and writes the files of scores. A file is replaced at once, so that no one ever reads half of it.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::app::replaced_file::replace;

/// A longer file is not read.
const MAX_BYTES: u64 = 4 << 20;
/// Copies of one name that are looked for.
const MAX_COPIES: usize = 1000;

/// Why a text was not saved.
#[derive(Debug)]
pub(super) enum NotSaved {
    /// The file has another text than it should have; `None`: it is gone.
    Changed(Option<String>),
    /// It could not be written.
    Failed(io::Error),
}

/// The text of a file, or why it cannot be edited.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("{} cannot be read: {error}", path.display());
    let length = path.metadata().map_err(unreadable)?.len();
    if length > MAX_BYTES {
        return Err(format!("{} is too long for a score.", path.display()));
    }
    fs::read_to_string(path).map_err(unreadable)
}

/// The first bytes of a file.
pub(super) fn first_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    File::open(path)?.take(64).read_to_end(&mut start)?;
    Ok(start)
}

/// The path of a new file in the folder of the user's own scores.
pub(super) fn free_path(name: &str) -> Option<PathBuf> {
    let folder = super::own_folder()?;
    let plain = |c: char| match c {
        c if c.is_ascii_alphanumeric() || c == '-' => c,
        _ => '-',
    };
    let name: String = name.chars().map(plain).take(60).collect();
    let numbered = |number: usize| match number {
        1 => folder.join(format!("{name}.yaml")),
        number => folder.join(format!("{name}-{number}.yaml")),
    };
    (1..MAX_COPIES)
        .map(numbered)
        .find(|path| path.symlink_metadata().is_err())
}

/// Writes a text, if the file has what it should have: `None`: there should be none.
pub(super) fn write(path: &Path, text: &str, over: Option<&str>) -> Result<(), NotSaved> {
    let now = match fs::read(path) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(NotSaved::Failed(error)),
    };
    if now.as_deref() != over {
        return Err(NotSaved::Changed(now));
    }
    let is_protected = path
        .metadata()
        .is_ok_and(|file| file.permissions().readonly());
    if is_protected {
        let why = "it is protected against changes";
        let error = io::Error::new(io::ErrorKind::PermissionDenied, why);
        return Err(NotSaved::Failed(error));
    }
    replace(path, text.as_bytes()).map_err(NotSaved::Failed)
}
