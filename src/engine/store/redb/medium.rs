//! Where the bytes of a store are, and how its database is opened there, again and again.

use std::{
    fs::File,
    io,
    ops::Bound,
    path::{Path, PathBuf},
    sync::Arc,
};

use redb::{
    BackendError, Builder, Database, DatabaseError, Durability, ReadOnlyDatabase, ReadTransaction,
    ReadableDatabase, StorageBackend, TableError,
    backends::{FileBackend, InMemoryBackend},
};

use super::{
    migrate,
    tables::*,
    trouble::failed,
    write::{make_tables, write_clean},
};
use crate::engine::{StoreError, panics::caught, store::CleanClose};

/// What the database keeps in memory of its file, in bytes.
const CACHE: usize = 64 << 20;

/// A place where a database can be opened.
pub(super) struct Medium {
    place: PathBuf,
    open: Box<dyn Fn(Begin) -> Result<Database, StoreError> + Send + Sync>,
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
    pub(super) fn file(path: &Path) -> Self {
        let path = path.to_owned();
        Self::with(path.clone(), Some(path.clone()), move || {
            FileBackend::new(file(&path)?).map_err(|error| not_opened(&path, error))
        })
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
        Self::with(place, None, source)
    }

    /// The same; `file` is the file that another can take the place of.
    fn with<B: StorageBackend>(
        place: PathBuf,
        file: Option<PathBuf>,
        source: impl Fn() -> Result<B, StoreError> + Send + Sync + 'static,
    ) -> Self {
        let name = place.clone();
        let open = move |begin| {
            let open_once = || {
                let backend = source()?;
                prepare(&backend, begin, &place)?;
                opened(&place, || {
                    Builder::new()
                        .set_cache_size(CACHE)
                        .create_with_backend(backend)
                })
            };
            let mut database = open_once()?;
            let mut content = check(&database, &place)?;
            if let (Content::Old, Some(file)) = (content, &file) {
                migrate::file(database, file)?;
                database = open_once()?;
                content = check(&database, &place)?;
            }
            match content {
                Content::Store => {}
                Content::Nothing => {
                    begin_store(&database).map_err(|error| failed("write its format", error))?;
                }
                Content::Old => migrate::in_place(&database)
                    .map_err(|error| failed("be brought to a new format", error))?,
            }
            Ok(database)
        };
        Self {
            place: name,
            open: Box::new(open),
        }
    }

    /// Opens the database and mends it if it was not closed.
    pub(super) fn open(&self, begin: Begin) -> Result<Database, StoreError> {
        guarded(&self.place, || (self.open)(begin))
    }
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

/// A file, opened to be written.
fn file(path: &Path) -> Result<File, StoreError> {
    let file = File::options().read(true).write(true).open(path);
    file.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::Missing(path.to_owned()),
        _ => no_place(path, error),
    })
}

/// Makes a store where there is no file. It gets its name once it is whole, so that a file of that
/// name is never half of one, whenever the power goes.
pub(super) fn make(path: &Path) -> Result<(), StoreError> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.suffix(".new");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let new = builder.tempfile_in(folder);
    let new = new.map_err(|error| no_place(path, error))?;
    drop(Medium::file(new.path()).open(Begin::New)?);
    match new.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(no_place(path, error.error));
        }
        // Or somebody else made one meanwhile.
        _ => {}
    }
    #[cfg(unix)]
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| no_place(path, error))?;
    Ok(())
}

fn no_place(path: &Path, error: io::Error) -> StoreError {
    StoreError::NoPlace {
        path: path.to_owned(),
        reason: error.to_string(),
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
    const LONGEST: u64 = 16 << 20;

    let length = backend.len()?;
    if length == 0 || length > LONGEST {
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
fn opened<D>(
    place: &Path,
    open: impl FnOnce() -> Result<D, DatabaseError>,
) -> Result<D, StoreError> {
    guarded(place, || open().map_err(|error| not_opened(place, error)))
}

/// A damaged database is an error even where it panics, which may also be when it is dropped.
fn guarded<T>(place: &Path, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    caught("the database", work).unwrap_or_else(|_| {
        Err(StoreError::Damaged {
            path: place.to_owned(),
            reason: "its pages do not fit together".into(),
        })
    })
}

/// Why a database cannot be opened.
fn not_opened(place: &Path, error: DatabaseError) -> StoreError {
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

/// What is in a database.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Content {
    /// A store of a format that this program reads.
    Store,
    /// A store of the format before, which is brought to the one of today.
    Old,
    /// Not one table: a store that was broken off before it began.
    Nothing,
}

/// Whether the database is a store, and of a format that this program reads.
fn check(database: &impl ReadableDatabase, path: &Path) -> Result<Content, StoreError> {
    let damaged = |reason: String| StoreError::Damaged {
        path: path.to_owned(),
        reason,
    };
    let said = guarded(path, || {
        let read = database.begin_read().map_err(redb::Error::from);
        let said = read.and_then(|read| format_of(&read));
        said.map_err(|error| damaged(error.to_string()))
    })?;
    match said {
        Said::Nothing => Ok(Content::Nothing),
        Said::NoStore => Err(damaged("it is the database of another program".into())),
        Said::NoFormat => Err(damaged("it does not say its format".into())),
        Said::Format(FORMAT) => Ok(Content::Store),
        Said::Format(migrate::OLD_FORMAT) => Ok(Content::Old),
        Said::Format(found) if found > FORMAT => Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: FORMAT,
        }),
        Said::Format(found) => Err(StoreError::Older {
            path: path.to_owned(),
            found,
            known: FORMAT,
        }),
    }
}

/// What a database says of its format.
enum Said {
    Nothing,
    NoStore,
    NoFormat,
    Format(u32),
}

fn format_of(read: &ReadTransaction) -> Result<Said, redb::Error> {
    let meta = match read.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => {
            let any = read.list_tables()?.next().is_some()
                || read.list_multimap_tables()?.next().is_some();
            return Ok(if any { Said::NoStore } else { Said::Nothing });
        }
        Err(error) => return Err(error.into()),
    };
    let format = meta.get(META_FORMAT)?;
    Ok(format.map_or(Said::NoFormat, |format| Said::Format(format.value())))
}

/// Makes the tables, so that reading never meets a missing one.
pub(super) fn begin_store(database: &Database) -> Result<(), redb::Error> {
    let mut write = database.begin_write()?;
    write.set_durability(Durability::Immediate)?;
    {
        let mut meta = write.open_table(META)?;
        meta.insert(META_FORMAT, FORMAT)?;
    }
    make_tables(&write)?;
    write_clean(&write, CleanClose::Yes)?;
    Ok(write.commit()?)
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
