//! Where the bytes of a store are, and how its database is opened there, again and again.

use std::{
    fs::File,
    io,
    ops::Bound,
    path::{Path, PathBuf},
    sync::Arc,
};

use redb::{
    BackendError, Builder, Database, DatabaseError, ReadOnlyDatabase, StorageBackend, StorageError,
    backends::{FileBackend, InMemoryBackend},
};

use super::{
    checked::Checked,
    file::{self, StoreFile},
    format::{Content, begin_store, check, check_format, older},
    latch::{Latch, Latched, OnClose},
    migrate,
    overlay::{Locks, Overlay},
    rebuild,
    trouble::failed,
};
use crate::engine::{StoreError, catch_panic::caught};

/// What the database keeps in memory of its file, in bytes.
const CACHE: usize = 64 << 20;

/// A place where a database can be opened.
pub(super) struct Medium {
    place: PathBuf,
    source: Source,
    latch: Arc<Latch>,
}

/// Access to the same bytes each time it is asked for.
type Access = Box<dyn Fn() -> Result<Box<dyn StorageBackend>, StoreError> + Send + Sync>;

enum Source {
    File(StoreFile),
    Elsewhere(Access),
    /// A file that is only read.
    ReadOnly(Access),
}

/// What to do where there is nothing yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// Begin a store.
    New,
    /// Begin a store, also where the power went while one was made.
    Again,
    /// Say so.
    Never,
}

impl Medium {
    /// A file.
    pub(super) fn file(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            place: path.to_owned(),
            source: Source::File(StoreFile::open(path)?),
            latch: Arc::new(Latch::file(path)),
        })
    }

    /// A file that has no name yet; `path` will be its name.
    pub(super) fn nameless(path: &Path, file: File) -> Self {
        Self {
            place: path.to_owned(),
            source: Source::File(StoreFile::new(path, file)),
            latch: Arc::new(Latch::elsewhere(path)),
        }
    }

    /// A file of which nothing is written.
    pub(super) fn read_only(path: &Path) -> Self {
        let name = path.to_owned();
        let open = move || -> Result<Box<dyn StorageBackend>, StoreError> {
            let file = File::open(&name).map_err(|error| unreadable(&name, error))?;
            let file = FileBackend::new(file).map_err(|error| not_opened(&name, error))?;
            Ok(Box::new(file))
        };
        Self {
            place: path.to_owned(),
            source: Source::ReadOnly(Box::new(open)),
            latch: Arc::new(Latch::elsewhere(path)),
        }
    }

    /// The memory of this process.
    pub(super) fn memory() -> Self {
        let memory = Arc::new(InMemoryBackend::new());
        Self::new("memory".into(), move || Ok(Shared(memory.clone())))
    }

    /// Whatever `source` gives: the same bytes each time. `place` is its name in errors.
    pub(super) fn new<B: StorageBackend>(
        place: PathBuf,
        source: impl Fn() -> Result<B, StoreError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            latch: Arc::new(Latch::elsewhere(&place)),
            place,
            source: Source::Elsewhere(Box::new(move || Ok(Box::new(source()?)))),
        }
    }

    /// An error where nothing can be written any more, whatever is tried.
    pub(super) fn check(&self, doing: &'static str) -> Result<(), StoreError> {
        if let Some(failure) = self.latch.failure() {
            return Err(failure);
        }
        match &self.source {
            Source::File(file) => file.check(),
            Source::Elsewhere(_) => Ok(()),
            Source::ReadOnly(_) => Err(StoreError::ReadOnly {
                doing,
                reason: "it was opened only to be read".into(),
            }),
        }
    }

    /// Whether its name leads to the file that is open.
    pub(super) fn is_in_place(&self) -> bool {
        match &self.source {
            Source::File(file) => file.is_in_place(),
            Source::Elsewhere(_) | Source::ReadOnly(_) => true,
        }
    }

    /// What went wrong: a failed sync, if there was one, else `error`.
    pub(super) fn cause(&self, error: StoreError) -> StoreError {
        self.latch.failure().unwrap_or(error)
    }

    /// Opens the database and mends it if it was not closed.
    pub(super) fn open(&self, begin: Begin) -> Result<Database, StoreError> {
        let opened = guarded(&self.place, || match &self.source {
            Source::File(file) => self.open_on(file.backend()?, begin, Self::ON_CLOSE),
            Source::Elsewhere(access) => self.open_on(access()?, begin, OnClose::Release),
            Source::ReadOnly(access) => self.open_over(access()?, Locks::Shared),
        });
        opened.map_err(|error| self.cause(error))
    }

    /// Opens the database again after an error; after a failed sync, only to be read.
    pub(super) fn reopen(&self) -> Result<Database, StoreError> {
        if self.latch.failure().is_none() {
            match self.open(Begin::Never) {
                Err(_) if self.latch.failure().is_some() => {}
                opened => return opened,
            }
        }
        guarded(&self.place, || match &self.source {
            Source::File(file) => self.open_over(file.backend()?, Locks::Held),
            Source::Elsewhere(access) | Source::ReadOnly(access) => {
                self.open_over(access()?, Locks::Shared)
            }
        })
    }

    /// Elsewhere a lock belongs to one handle and has to be released for the next.
    const ON_CLOSE: OnClose = match cfg!(unix) {
        true => OnClose::KeepLocks,
        false => OnClose::Release,
    };

    fn open_on(
        &self,
        medium: Box<dyn StorageBackend>,
        begin: Begin,
        on_close: OnClose,
    ) -> Result<Database, StoreError> {
        let backend = Latched {
            medium,
            latch: Arc::clone(&self.latch),
            on_close,
        };
        prepare(&backend, begin, &self.place)?;
        let backend = Checked::new(backend);
        let database = opened(&self.place, || builder().create_with_backend(backend))?;
        match (check(&database, &self.place)?, &self.source) {
            (Content::Store, _) => {}
            (Content::Nothing, _) => {
                begin_store(&database).map_err(|error| failed("write its format", error))?;
            }
            // A file is written again as a second one.
            (Content::Old, Source::File(_)) => return Err(older(&self.place)),
            (Content::Old, _) => migrate::in_place(&database)
                .map_err(|error| failed("be brought to a new format", error))?,
        }
        Ok(database)
    }

    /// What opening writes stays in memory.
    fn open_over(
        &self,
        medium: Box<dyn StorageBackend>,
        locks: Locks,
    ) -> Result<Database, StoreError> {
        let io = |error| not_opened(&self.place, DatabaseError::Storage(error));
        let overlay = Overlay::new(medium, locks).map_err(|error| io(StorageError::Io(error)))?;
        prepare(&overlay, Begin::Never, &self.place)?;
        let overlay = Checked::new(overlay);
        let database = opened(&self.place, || builder().create_with_backend(overlay))?;
        check_format(&database, &self.place)?;
        Ok(database)
    }
}

/// How databases are opened.
pub(super) fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder
}

/// Opening a file for writing writes. What was closed in order is looked at before; what was broken
/// off can only be looked at once opening has mended it.
pub(super) fn look(path: &Path) -> Result<(), StoreError> {
    guarded(path, || {
        match opened(path, || ReadOnlyDatabase::open(path)) {
            Ok(database) => check(&database, path).map(|_| ()),
            Err(StoreError::InUse(path)) => Err(StoreError::InUse(path)),
            Err(_) => Ok(()),
        }
    })
}

/// Makes a store where there is no file.
pub(super) fn make(path: &Path) -> Result<(), StoreError> {
    // What was noted of one that was here before says nothing of this one.
    rebuild::forget(path).map_err(|error| no_place(path, error))?;
    file::make(path, &|file| {
        let medium = Medium::nameless(path, file);
        drop(medium.open(Begin::New)?);
        // Closing syncs as well, and does not say whether it could.
        medium.latch.failure().map_or(Ok(()), Err)
    })
}

pub(super) fn no_place(path: &Path, error: io::Error) -> StoreError {
    StoreError::NoPlace {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn unreadable(path: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound => StoreError::Missing(path.to_owned()),
        _ => StoreError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        },
    }
}

/// A new database says what it is only when it stands on the disk. One without that was broken off
/// while it was made, and nothing can be in it.
fn prepare(backend: &impl StorageBackend, begin: Begin, place: &Path) -> Result<(), StoreError> {
    let io = |error| not_opened(place, DatabaseError::Storage(redb::StorageError::Io(error)));
    match begin {
        Begin::Never if backend.len().map_err(io)? == 0 => Err(StoreError::Damaged {
            path: place.to_owned(),
            reason: "it is empty".into(),
        }),
        Begin::Never => Ok(()),
        Begin::New => Ok(()),
        Begin::Again => {
            let whole = (Bound::Unbounded, Bound::Unbounded);
            match backend.try_lock_range(whole.0, whole.1) {
                Ok(false) => return Err(StoreError::InUse(place.to_owned())),
                Err(BackendError::Io(error)) => return Err(io(error)),
                // A medium without locks is nobody else's.
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

/// Whether a database was being made here: nothing but zeros, but for the rest of the header.
fn is_unfinished(backend: &impl StorageBackend) -> io::Result<bool> {
    /// Where the header says that this is a database, and how long it may be.
    const NAME: usize = 9;
    const HEADER: usize = 512;
    /// A new database is shorter than this.
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
        let filled = page.iter().enumerate().any(|(place, byte)| {
            let in_header = at == 0 && (NAME..HEADER).contains(&place);
            *byte != 0 && !in_header
        });
        if filled {
            return Ok(false);
        }
        at += part as u64;
    }
    Ok(true)
}

/// Opens a database.
pub(super) fn opened<D>(
    place: &Path,
    open: impl FnOnce() -> Result<D, DatabaseError>,
) -> Result<D, StoreError> {
    guarded(place, || open().map_err(|error| not_opened(place, error)))
}

/// A damaged database is an error even where it panics, which may also be when it is dropped.
pub(super) fn guarded<T>(
    place: &Path,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    caught("the database", work).unwrap_or_else(|_| {
        Err(StoreError::Damaged {
            path: place.to_owned(),
            reason: "its pages do not fit together".into(),
        })
    })
}

/// Why a database cannot be opened.
pub(super) fn not_opened(place: &Path, error: DatabaseError) -> StoreError {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match redb::Error::from(error) {
        redb::Error::DatabaseAlreadyOpen => StoreError::InUse(place.to_owned()),
        redb::Error::Io(error)
            if !matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof) =>
        {
            failed("be opened", redb::Error::Io(error))
        }
        error => StoreError::Damaged {
            path: place.to_owned(),
            reason: error.to_string(),
        },
    }
}

/// Memory that outlives the database in it.
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
