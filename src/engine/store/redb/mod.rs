//! The store as a redb file.
//!
//! | file | what it is for |
//! |---|---|
//! | `tables` | what is kept under which key |
//! | `medium` | where the bytes are; opening, mending, refusing |
//! | `format` | what a database says that it is |
//! | `file` | the file: made whole, private, watched |
//! | `latch` | after a failed sync nothing more is written |
//! | `rebuild`, `copy` | and the next process writes the store again |
//! | `overlay` | reading without writing |
//! | `write`, `read` | one batch; one look |
//! | `repack` | filling half-empty pages |
//! | `trouble` | what went wrong, in our words |

mod copy;
mod file;
mod format;
mod latch;
mod medium;
mod overlay;
mod read;
mod rebuild;
mod repack;
mod tables;
mod trouble;
mod write;

use std::{
    io,
    path::Path,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use redb::{Database, ReadTransaction, ReadableDatabase, StorageBackend};

use self::{
    medium::{Begin, Medium},
    tables::{EVENTS, IDS, INSTANCES, summary},
    trouble::trying,
};
use super::{Batch, EachOpen, InstanceKey, OpenInstance, Opening, Store, Unreadable};
use crate::engine::{Event, EventId, InstanceId, InstanceSummary, StoreError, panics::caught};

/// A store in one redb file, or in memory.
///
/// After a failed commit the database has to be closed and opened again. That is done at once, so
/// that reading goes on; where it fails, each further commit tries again before it writes.
///
/// A failed sync is final: the system may have dropped what it was to bring to the disk. Nothing more
/// is written to that file ([`StoreError::SyncFailed`]), reading goes on, and the next time that it
/// is opened everything in it that can be verified is written to a new file that takes its place.
pub struct RedbStore {
    medium: Medium,
    state: RwLock<State>,
}

struct State {
    database: Option<Database>,
    /// Why there is none: it could not be opened again after an error.
    closed: String,
}

impl RedbStore {
    /// Opens the store in a file, or makes it where there is no file. Its owner alone may read it;
    /// the owner's earlier file that others could read is closed to them.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        if !file::is_there(path)? {
            medium::make(path)?;
        }
        Self::begin_file(path)
    }

    /// Opens the store in a file that is there.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !file::is_there(path)? {
            return Err(StoreError::Missing(path.to_owned()));
        }
        Self::begin_file(path)
    }

    /// Opens the store in a file to be read, and writes nothing to it: one that may not be written,
    /// also if it was not closed in order.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        if !file::is_there(path)? {
            return Err(StoreError::Missing(path.to_owned()));
        }
        Self::begin(Medium::read_only(path), Begin::Never)
    }

    /// A store that ends with the process.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::begin(Medium::memory(), Begin::New)
    }

    /// A store on a medium of the caller's: `source` gives access to the same bytes each time it is
    /// asked, which is once for each opening of the database. Where the medium is empty a store is
    /// made.
    pub fn on<B: StorageBackend>(
        source: impl Fn() -> io::Result<B> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let open =
            move || source().map_err(|error| trouble::failed("be opened", redb::Error::Io(error)));
        Self::begin(Medium::new("the given medium".into(), open), Begin::Again)
    }

    fn begin_file(path: &Path) -> Result<Self, StoreError> {
        medium::look(path)?;
        if rebuild::is_noted(path) {
            rebuild::rebuild(path)?;
        }
        let store = Self::begin(Medium::file(path)?, Begin::Never)?;
        match store.medium.is_in_place() {
            true => Ok(store),
            // Another process has just written the store again, and has it.
            false => Err(StoreError::InUse(path.to_owned())),
        }
    }

    fn begin(medium: Medium, begin: Begin) -> Result<Self, StoreError> {
        let database = medium.open(begin)?;
        Ok(Self {
            medium,
            state: RwLock::new(State {
                database: Some(database),
                closed: String::new(),
            }),
        })
    }

    /// Makes the file as short as what is in it allows: packs the histories closer, then gives room
    /// back to the system. Waits for reads to end; reads and commits wait for it.
    pub fn compact(&self) -> Result<(), StoreError> {
        let doing = "be compacted";
        self.medium.check(doing)?;
        let mut state = self.state_mut();
        let Some(database) = &mut state.database else {
            return state.database(doing).map(|_| ());
        };
        let done = trying(doing, || {
            repack::repack(database)?;
            Ok(database.compact()?)
        });
        done.map(|_| ()).map_err(|error| {
            // Where this fails the next commit tries again, and says why if it fails again.
            let _ = self.open_again(&mut state);
            self.medium.cause(error)
        })
    }

    /// Runs one look at the store in a transaction of its own.
    fn look<T>(
        &self,
        doing: &'static str,
        look: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let state = self.state();
        let database = state.database(doing)?;
        trying(doing, || look(&database.begin_read()?))
    }

    /// Closes the database and opens it again.
    fn open_again(&self, state: &mut State) -> Result<(), StoreError> {
        // The file has to be let go before it can be opened.
        state.close();
        match self.medium.reopen() {
            Ok(database) => state.database = Some(database),
            Err(error) => {
                state.closed = error.to_string();
                return Err(error);
            }
        }
        Ok(())
    }

    // A panic while the lock is held is caught before it gets here, so that the state is whole.
    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn database(&self, doing: &'static str) -> Result<&Database, StoreError> {
        self.database
            .as_ref()
            .ok_or_else(|| StoreError::Interrupted {
                doing,
                reason: self.closed.clone(),
            })
    }

    /// After a panic of the database its closing may panic as well.
    fn close(&mut self) {
        let database = self.database.take();
        let closed = caught("the database", || drop(database));
        // Whatever was written is on the disk or will be written again.
        drop(closed);
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.close();
    }
}

impl Store for RedbStore {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        let doing = "commit";
        self.medium.check(doing)?;
        if self.state().database.is_none() {
            self.open_again(&mut self.state_mut())?;
            self.medium.check(doing)?;
        }
        let state = self.state();
        let database = state.database(doing)?;
        let done = trying(doing, || write::write(database, batch));
        drop(state);
        done.map_err(|error| {
            // Where this fails the next commit tries again, and says why if it fails again.
            let _ = self.open_again(&mut self.state_mut());
            self.medium.cause(error)
        })
    }

    fn opening(&self) -> Result<Opening, StoreError> {
        self.look("say how it was left", read::opening)
    }

    fn find(&self, id: &InstanceId) -> Result<Option<InstanceKey>, StoreError> {
        self.look("look up an instance", |read| {
            let found = read.open_table(IDS)?.get(id.as_str())?;
            Ok(found.map(|key| InstanceKey(key.value())))
        })
    }

    fn runs(&self, id: &InstanceId) -> Result<Vec<InstanceKey>, StoreError> {
        self.look("list the runs of an instance", |read| {
            read::runs(read, id.as_str())
        })
    }

    fn summary(&self, key: InstanceKey) -> Result<Option<InstanceSummary>, StoreError> {
        self.look("read an instance", |read| {
            summary(&read.open_table(INSTANCES)?, key.0)
        })
    }

    fn page(
        &self,
        before: Option<InstanceKey>,
        most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.look("list its instances", |read| read::page(read, before, most))
    }

    fn open_instances(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.look("list its open instances", |read| {
            let instances = read.open_table(INSTANCES)?;
            let keys = read::open_keys(read)?.into_iter();
            keys.map(|key| Ok((key, read::summary_of(&instances, key)?)))
                .collect()
        })
    }

    /// `each` may not call the store: it is held until all have been handed over.
    fn each_open(&self, each: EachOpen<'_>) -> Result<(), StoreError> {
        let doing = "read its open instances";
        let state = self.state();
        let database = state.database(doing)?;
        let (keys, instances, events) = trying(doing, || {
            let read = database.begin_read()?;
            let keys = read::open_keys(&read)?;
            Ok((keys, read.open_table(INSTANCES)?, read.open_table(EVENTS)?))
        })?;
        for key in keys {
            let summary = trying(doing, || read::summary_of(&instances, key));
            let history = trying(doing, || read::history(&events, key, EventId(0)));
            let open = match (summary, history) {
                (Ok(summary), Ok(history)) => Ok(OpenInstance { summary, history }),
                (summary, Err(error)) => Err(Unreadable {
                    summary: summary.ok(),
                    error,
                }),
                (Err(error), Ok(_)) => Err(Unreadable {
                    summary: None,
                    error,
                }),
            };
            // Outside: a panic of the caller's is not the database's.
            each(key, open);
        }
        Ok(())
    }

    fn history(&self, key: InstanceKey, from: EventId) -> Result<Vec<Event>, StoreError> {
        self.look("read a history", |read| {
            read::history(&read.open_table(EVENTS)?, key, from)
        })
    }

    fn relations(&self, key: InstanceKey) -> Result<Vec<InstanceKey>, StoreError> {
        self.look("list the children and forks of an instance", |read| {
            read::relations(read, key)
        })
    }
}
