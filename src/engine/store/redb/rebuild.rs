//! Rebuilds a store after a failed sync, or migrates it, by writing a second file that replaces it.
//!
//! After a failed sync, the system may serve pages that are not on the disk. So everything that can
//! be verified is read and written to a new file, which replaces the old one once it is synced. A
//! marker file next to the store records that this is pending; it is removed last, so that an
//! interrupted rebuild is repeated.

use std::{
    fs::{self, File},
    io,
    path::Path,
    sync::Arc,
};

use redb::Database;

use super::{
    checked::Checked,
    copy::copy_verified,
    errors::trying,
    failure_marker,
    file::{StoreFile, private},
    format::{Content, check},
    latch::{Latch, Latched, OnClose},
    migrate,
    open::{builder, guarded, not_opened, opened},
    overlay::{Locks, Overlay},
    paths::{sync_folder, with_suffix},
};
use crate::engine::StoreError;

/// Rebuilds the store.
pub(super) fn rebuild(path: &Path) -> Result<(), StoreError> {
    // Resolve links, so that the file is replaced and not the link.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let old = StoreFile::open(&path)?;
    let mut database = to_read(&old, &path)?;
    let content = check(&database, &path)?;
    // Another process may have been faster.
    if !(failure_marker::exists(&path) || content == Content::Old) || !old.is_in_place() {
        return Ok(());
    }
    verify(&mut database, &path)?;
    let second = with_suffix(&path, ".rebuilt");
    let replaced = write_second(&database, content, &path, &second).and_then(|()| {
        fs::rename(&second, &path)
            .and_then(|()| sync_folder(&path))
            .and_then(|()| failure_marker::remove(&path))
            .map_err(|error| not_rebuilt(&path, error))
    });
    if replaced.is_err() {
        // The next attempt starts over.
        let _ = fs::remove_file(&second);
    }
    // The old file stays locked until here.
    drop(database);
    replaced
}

/// Opens the old file without writing to it.
fn to_read(old: &StoreFile, path: &Path) -> Result<Database, StoreError> {
    let overlay = Overlay::new(old.backend()?, Locks::Exclusive);
    let overlay = overlay.map_err(|error| not_rebuilt(path, error))?;
    let overlay = Checked::new(overlay);
    opened(path, || builder().create_with_backend(overlay))
}

/// Verifies every page.
fn verify(database: &mut Database, path: &Path) -> Result<(), StoreError> {
    guarded(path, || {
        let verified = database.check_integrity();
        // If the newest state is incomplete, the previous one is used.
        verified
            .map(|_| ())
            .map_err(|error| not_opened(path, error))
    })
}

fn write_second(
    database: &Database,
    content: Content,
    path: &Path,
    second: &Path,
) -> Result<(), StoreError> {
    let failed = |error: &dyn ToString| StoreError::NotRebuilt {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let file = private().create(true).truncate(true).open(second);
    let file = file.map_err(|error| not_rebuilt(path, error))?;
    keep_owner(path, &file);
    let latch = Arc::new(Latch::elsewhere(second));
    let backend = Latched {
        medium: StoreFile::new(second, file).backend()?,
        latch: Arc::clone(&latch),
        on_close: OnClose::Release,
    };
    let done = trying("be written again", || {
        let new = builder().create_with_backend(backend)?;
        match content {
            Content::Old => migrate::copy_migrated(database, &new),
            Content::Store | Content::Empty => copy_verified(database, &new).map(drop),
        }
    });
    // Closing syncs as well, without reporting errors.
    let failure = latch.failure().map_or(Ok(()), Err);
    done.and(failure).map_err(|error| failed(&error))?;
    // Sync the header, which is marked as closed, and the length.
    let synced = File::open(second).and_then(|file| file.sync_all());
    synced.map_err(|error| not_rebuilt(path, error))
}

/// Keeps owner and permissions of the first file.
fn keep_owner(first: &Path, second: &File) {
    #[cfg(unix)]
    if let Ok(first) = first.metadata() {
        use std::os::unix::fs::{MetadataExt, fchown};
        // Only root can change the owner.
        let _ = fchown(second, Some(first.uid()), Some(first.gid()));
        let _ = second.set_permissions(first.permissions());
    }
    #[cfg(not(unix))]
    let _ = (first, second);
}

fn not_rebuilt(path: &Path, error: io::Error) -> StoreError {
    StoreError::NotRebuilt {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
