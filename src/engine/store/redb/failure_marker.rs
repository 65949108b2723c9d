//! A marker file next to a store that records a failed sync.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::paths::{sync_folder, with_suffix};

/// Records next to a store that a sync failed.
pub(super) fn write(store: &Path, reason: &io::Error) {
    let text = format!(
        "A sync of this store failed ({reason}). Fermata writes the store again when it opens it \
         next, and then deletes this file.\n"
    );
    let marker = marker_of(store);
    let written = File::create(&marker).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        sync_folder(&marker)
    });
    // The failed disk may fail here as well; nothing more can be done.
    let _ = written;
}

/// Whether a failure is recorded.
pub(super) fn exists(store: &Path) -> bool {
    marker_of(store).exists()
}

/// Removes the record of a failure.
pub(super) fn remove(store: &Path) -> io::Result<()> {
    match fs::remove_file(marker_of(store)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn marker_of(store: &Path) -> PathBuf {
    let store = store.canonicalize().unwrap_or_else(|_| store.to_owned());
    with_suffix(&store, ".sync-failed")
}
