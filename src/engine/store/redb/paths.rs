//! Paths and folders of files.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

#[cfg(unix)]
use std::fs::File;

/// The path with a suffix.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

pub(super) fn folder_of(path: &Path) -> &Path {
    let folder = path.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Syncs the folder of a file.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return File::open(folder_of(path))?.sync_all();
    // On other systems a folder cannot be opened.
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}
