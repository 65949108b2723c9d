//! A store whose disk failed a sync, or that is of the format before, is written again, as a second
//! file that takes its place.
//!
//! Until the power goes, the system shows pages of such a file that are not on the disk. So its pages
//! are not trusted to be there: everything that can be verified is read and written, and the old file
//! is replaced by the new one once that is on the disk. A mark beside the store says that this is to
//! be done; it goes last, so that whenever the process is killed the next one does it again.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use redb::Database;

use super::{
    checked::Checked,
    copy::copy_verified,
    file::{StoreFile, beside, private, sync_folder},
    format::{Content, check},
    latch::{Latch, Latched, OnClose},
    medium::{self, not_opened},
    migrate,
    overlay::{Locks, Overlay},
    trouble::trying,
};
use crate::engine::StoreError;

/// Notes beside a store that a sync of it failed.
pub(super) fn note_failure(store: &Path, reason: &io::Error) {
    let text = format!(
        "A sync of this store failed ({reason}). Fermata writes the store again when it opens it \
         next, and then deletes this file.\n"
    );
    let mark = mark_of(store);
    let noted = File::create(&mark).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        sync_folder(&mark)
    });
    // The disk that failed may fail here as well. Nothing more can be done about it.
    let _ = noted;
}

/// Whether that was noted.
pub(super) fn is_noted(store: &Path) -> bool {
    mark_of(store).exists()
}

/// A store that is not there has nothing to be written again.
pub(super) fn forget(store: &Path) -> io::Result<()> {
    match fs::remove_file(mark_of(store)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes the store again.
pub(super) fn rebuild(path: &Path) -> Result<(), StoreError> {
    // The file is replaced, not the link to it.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let old = StoreFile::open(&path)?;
    let mut database = to_read(&old, &path)?;
    let content = check(&database, &path)?;
    // Another process may have been quicker.
    if !(is_noted(&path) || content == Content::Old) || !old.is_in_place() {
        return Ok(());
    }
    verify(&mut database, &path)?;
    let second = beside(&path, ".rebuilt");
    let replaced = write_second(&database, content, &path, &second).and_then(|()| {
        fs::rename(&second, &path)
            .and_then(|()| sync_folder(&path))
            .and_then(|()| forget(&path))
            .map_err(|error| not_rebuilt(&path, error))
    });
    if replaced.is_err() {
        // It is written from the start the next time.
        let _ = fs::remove_file(&second);
    }
    // The old file stays locked until here.
    drop(database);
    replaced
}

/// Opens the old file so that nothing is written to it.
fn to_read(old: &StoreFile, path: &Path) -> Result<Database, StoreError> {
    let overlay = Overlay::new(old.backend()?, Locks::Exclusive);
    let overlay = overlay.map_err(|error| not_rebuilt(path, error))?;
    let overlay = Checked::new(overlay);
    medium::opened(path, || medium::builder().create_with_backend(overlay))
}

/// Reads every page.
fn verify(database: &mut Database, path: &Path) -> Result<(), StoreError> {
    medium::guarded(path, || {
        let verified = database.check_integrity();
        // Where the newest state is not whole, the one before it is.
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
        let new = medium::builder().create_with_backend(backend)?;
        match content {
            Content::Old => migrate::copy_migrated(database, &new),
            Content::Store | Content::Nothing => copy_verified(database, &new).map(drop),
        }
    });
    // Closing syncs as well, and does not say whether it could.
    let failure = latch.failure().map_or(Ok(()), Err);
    done.and(failure).map_err(|error| failed(&error))?;
    // The header that says that it was closed in order, and its length.
    let synced = File::open(second).and_then(|file| file.sync_all());
    synced.map_err(|error| not_rebuilt(path, error))
}

/// The second file belongs to whom the first belonged.
fn keep_owner(first: &Path, second: &File) {
    #[cfg(unix)]
    if let Ok(first) = first.metadata() {
        use std::os::unix::fs::{MetadataExt, fchown};
        // Only root may give files away.
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

fn mark_of(store: &Path) -> PathBuf {
    let store = store.canonicalize().unwrap_or_else(|_| store.to_owned());
    beside(&store, ".sync-failed")
}
