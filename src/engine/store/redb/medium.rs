//! Storage media, and opening and reopening the database on them.

use std::{
    fs::File,
    io,
    ops::Bound,
    path::{Path, PathBuf},
    sync::Arc,
};

use redb::{
    BackendError, Database, DatabaseError, ReadOnlyDatabase, StorageBackend, StorageError,
    backends::{FileBackend, InMemoryBackend},
};

use super::{
    checked::Checked,
    errors::failed,
    failure_marker,
    file::{self, StoreFile},
    format::{Content, begin_store, check, check_format, older},
    latch::{Latch, Latched, OnClose},
    migrate,
    open::{builder, guarded, no_place, not_opened, opened, unreadable},
    overlay::{Locks, Overlay},
};
use crate::engine::StoreError;

/// A storage medium for a database.
pub(super) struct Medium {
    location: PathBuf,
    source: Source,
    latch: Arc<Latch>,
}

/// Opens a backend on the same bytes at each call.
type Access = Box<dyn Fn() -> Result<Box<dyn StorageBackend>, StoreError> + Send + Sync>;

enum Source {
    File(Arc<StoreFile>),
    Elsewhere(Access),
    /// A read-only file.
    ReadOnly(Access),
}

/// What to do if the medium is empty.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum IfEmpty {
    /// Create a store.
    Create,
    /// Create a store, also if a previous creation was interrupted.
    Recreate,
    /// Return an error.
    Fail,
}

impl Medium {
    /// A store file.
    pub(super) fn file(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            location: path.to_owned(),
            source: Source::File(Arc::new(StoreFile::open(path)?)),
            latch: Arc::new(Latch::file(path)),
        })
    }

    /// A file without a name, which will be named `path`.
    pub(super) fn nameless(path: &Path, file: Arc<StoreFile>) -> Self {
        Self {
            location: path.to_owned(),
            source: Source::File(file),
            latch: Arc::new(Latch::elsewhere(path)),
        }
    }

    /// A file that is not written to.
    pub(super) fn read_only(path: &Path) -> Self {
        let name = path.to_owned();
        let open = move || -> Result<Box<dyn StorageBackend>, StoreError> {
            let file = File::open(&name).map_err(|error| unreadable(&name, error))?;
            let file = FileBackend::new(file).map_err(|error| not_opened(&name, error))?;
            Ok(Box::new(file))
        };
        Self {
            location: path.to_owned(),
            source: Source::ReadOnly(Box::new(open)),
            latch: Arc::new(Latch::elsewhere(path)),
        }
    }

    /// Memory of this process.
    pub(super) fn memory() -> Self {
        let memory = Arc::new(InMemoryBackend::new());
        Self::new("memory".into(), move || Ok(Shared(memory.clone())))
    }

    /// A custom medium; `source` returns a backend on the same bytes each time. `location` is its name
    /// in errors.
    pub(super) fn new<B: StorageBackend>(
        location: PathBuf,
        source: impl Fn() -> Result<B, StoreError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            latch: Arc::new(Latch::elsewhere(&location)),
            location,
            source: Source::Elsewhere(Box::new(move || Ok(Box::new(source()?)))),
        }
    }

    /// An error if the medium cannot be written any more.
    pub(super) fn check(&self, doing: &'static str) -> Result<(), StoreError> {
        if let Some(failure) = self.latch.failure() {
            return Err(failure);
        }
        match &self.source {
            Source::File(file) => file.check(),
            Source::Elsewhere(_) => Ok(()),
            Source::ReadOnly(_) => Err(StoreError::ReadOnly {
                doing,
                reason: "it was opened read-only".into(),
            }),
        }
    }

    /// Whether the path still refers to the open file.
    pub(super) fn is_in_place(&self) -> bool {
        match &self.source {
            Source::File(file) => file.is_in_place(),
            Source::Elsewhere(_) | Source::ReadOnly(_) => true,
        }
    }

    /// The cause of an error: a failed sync, if there was one, else `error`.
    pub(super) fn cause(&self, error: StoreError) -> StoreError {
        self.latch.failure().unwrap_or(error)
    }

    /// Opens the database, with recovery if it was not closed.
    pub(super) fn open(&self, if_empty: IfEmpty) -> Result<Database, StoreError> {
        let opened = guarded(&self.location, || match &self.source {
            Source::File(file) => self.open_on(file.backend()?, if_empty, Self::ON_CLOSE),
            Source::Elsewhere(access) => self.open_on(access()?, if_empty, OnClose::Release),
            Source::ReadOnly(access) => self.open_over(access()?, Locks::Shared),
        });
        opened.map_err(|error| self.cause(error))
    }

    /// Reopens the database after an error; read-only after a failed sync.
    pub(super) fn reopen(&self) -> Result<Database, StoreError> {
        if self.latch.failure().is_none() {
            match self.open(IfEmpty::Fail) {
                Err(_) if self.latch.failure().is_some() => {}
                opened => return opened,
            }
        }
        guarded(&self.location, || match &self.source {
            Source::File(file) => self.open_over(file.backend()?, Locks::Held),
            Source::Elsewhere(access) | Source::ReadOnly(access) => {
                self.open_over(access()?, Locks::Shared)
            }
        })
    }

    /// On other systems a lock belongs to a handle and must be released for the next one.
    const ON_CLOSE: OnClose = match cfg!(unix) {
        true => OnClose::KeepLocks,
        false => OnClose::Release,
    };

    fn open_on(
        &self,
        medium: Box<dyn StorageBackend>,
        if_empty: IfEmpty,
        on_close: OnClose,
    ) -> Result<Database, StoreError> {
        let backend = Latched {
            medium,
            latch: Arc::clone(&self.latch),
            on_close,
        };
        prepare(&backend, if_empty, &self.location)?;
        let backend = Checked::new(backend);
        let database = opened(&self.location, || builder().create_with_backend(backend))?;
        match (check(&database, &self.location)?, &self.source) {
            (Content::Store, _) => {}
            (Content::Empty, _) => {
                begin_store(&database).map_err(|error| failed("write its format", error))?;
            }
            // Files are migrated by writing a second file.
            (Content::Old, Source::File(_)) => return Err(older(&self.location)),
            (Content::Old, _) => migrate::in_place(&database)
                .map_err(|error| failed("be migrated to a new format", error))?,
        }
        Ok(database)
    }

    /// Opens the database read-only; what opening writes stays in memory.
    fn open_over(
        &self,
        medium: Box<dyn StorageBackend>,
        locks: Locks,
    ) -> Result<Database, StoreError> {
        let io = |error| not_opened(&self.location, DatabaseError::Storage(error));
        let overlay = Overlay::new(medium, locks).map_err(|error| io(StorageError::Io(error)))?;
        prepare(&overlay, IfEmpty::Fail, &self.location)?;
        let overlay = Checked::new(overlay);
        let database = opened(&self.location, || builder().create_with_backend(overlay))?;
        check_format(&database, &self.location)?;
        Ok(database)
    }
}

/// Checks the format of a file without writing to it. A database that was not closed properly can
/// only be checked after recovery.
pub(super) fn check_file(path: &Path) -> Result<(), StoreError> {
    guarded(path, || {
        match opened(path, || ReadOnlyDatabase::open(path)) {
            Ok(database) => check(&database, path).map(|_| ()),
            Err(StoreError::InUse(path)) => Err(StoreError::InUse(path)),
            Err(_) => Ok(()),
        }
    })
}

/// Creates a store file.
pub(super) fn create(path: &Path) -> Result<(), StoreError> {
    // A recorded failure of an earlier file does not apply to this one.
    failure_marker::remove(path).map_err(|error| no_place(path, error))?;
    file::create(path, &|file| {
        let medium = Medium::nameless(path, file);
        drop(medium.open(IfEmpty::Create)?);
        // Closing syncs as well, without reporting errors.
        medium.latch.failure().map_or(Ok(()), Err)
    })
}

/// Handles empty and incomplete media. A new database gets its magic number only when it is on the
/// disk; one without it was interrupted during creation and contains no data.
fn prepare(
    backend: &impl StorageBackend,
    if_empty: IfEmpty,
    location: &Path,
) -> Result<(), StoreError> {
    let io = |error| {
        not_opened(
            location,
            DatabaseError::Storage(redb::StorageError::Io(error)),
        )
    };
    match if_empty {
        IfEmpty::Fail if backend.len().map_err(io)? == 0 => Err(StoreError::Damaged {
            path: location.to_owned(),
            reason: "it is empty".into(),
        }),
        IfEmpty::Fail => Ok(()),
        IfEmpty::Create => Ok(()),
        IfEmpty::Recreate => {
            let whole = (Bound::Unbounded, Bound::Unbounded);
            match backend.try_lock_range(whole.0, whole.1) {
                Ok(false) => return Err(StoreError::InUse(location.to_owned())),
                Err(BackendError::Io(error)) => return Err(io(error)),
                // A medium without locks is not shared.
                Ok(true) | Err(_) => {}
            }
            if is_unfinished(backend).map_err(io)? {
                backend.set_len(0).map_err(io)?;
            }
            match backend.unlock_range(whole.0, whole.1) {
                Err(BackendError::Io(error)) => Err(io(error)),
                _ => Ok(()),
            }
        }
    }
}

/// Whether the creation of a database was interrupted: everything except the rest of the header is
/// zero.
fn is_unfinished(backend: &impl StorageBackend) -> io::Result<bool> {
    /// The length of the magic number, and of the header.
    const NAME: usize = 9;
    const HEADER: usize = 512;
    /// The maximum length of a new database.
    const MAX_NEW_BYTES: u64 = 16 << 20;

    let length = backend.len()?;
    if length == 0 || length > MAX_NEW_BYTES {
        return Ok(false);
    }
    let mut page = [0; 4096];
    let mut at = 0;
    while at < length {
        let part = usize::try_from(length - at).map_or(page.len(), |left| left.min(page.len()));
        let page = &mut page[..part];
        backend.read(at, page)?;
        let filled = page.iter().enumerate().any(|(offset, byte)| {
            let in_header = at == 0 && (NAME..HEADER).contains(&offset);
            *byte != 0 && !in_header
        });
        if filled {
            return Ok(false);
        }
        at += part as u64;
    }
    Ok(true)
}

/// Memory that outlives its database.
#[derive(Debug)]
struct Shared(Arc<InMemoryBackend>);

impl StorageBackend for Shared {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::RedbStore;

    /// What a process that another thread is starting has of a store's file until it runs its program:
    /// a copy of its handle.
    fn copy_of_handle(store: &RedbStore) -> Box<dyn StorageBackend> {
        match &store.medium.source {
            Source::File(file) => file.backend().unwrap(),
            Source::Elsewhere(_) | Source::ReadOnly(_) => panic!("it has no file"),
        }
    }

    #[test]
    fn a_closed_store_can_be_opened_at_once_while_a_process_is_being_started() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        let store = RedbStore::create(&path).unwrap();
        let copy = copy_of_handle(&store);
        assert!(matches!(RedbStore::open(&path), Err(StoreError::InUse(_))));
        drop(store);
        RedbStore::open(&path).unwrap();
        RedbStore::open_read_only(&path).unwrap();
        drop(copy);
    }

    #[test]
    fn a_new_store_can_be_opened_at_once_while_a_process_is_being_started() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        let copies = std::cell::RefCell::new(Vec::new());
        file::create(&path, &|file| {
            copies.borrow_mut().push(file.backend()?);
            drop(Medium::nameless(&path, file).open(IfEmpty::Create)?);
            Ok(())
        })
        .unwrap();
        RedbStore::open(&path).unwrap();
        assert_eq!(copies.into_inner().len(), 1);
    }

    #[test]
    fn a_store_stays_locked_while_its_database_is_reopened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.redb");
        drop(RedbStore::create(&path).unwrap());
        let medium = Medium::file(&path).unwrap();
        drop(medium.open(IfEmpty::Fail).unwrap());
        assert!(matches!(RedbStore::open(&path), Err(StoreError::InUse(_))));
        drop(medium.reopen().unwrap());
    }
}
