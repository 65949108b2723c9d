//! The store as a redb file.
//!
//! | file | what it is for |
//! |---|---|
//! | `tables` | what is kept under which key |
//! | `medium` | where the bytes are, and how the database is opened there |
//! | `checked` | each page that is read is the one that was written |
//! | `format` | what a database says that it is |
//! | `file` | the file: made whole, private, watched |
//! | `latch` | after a failed sync nothing more is written |
//! | `rebuild`, `copy`, `migrate` | a whole store written again, in this format |
//! | `overlay` | reading without writing |
//! | `instance` | where a history ends, beside the summary of its instance |
//! | `index` | the tables by which instances are searched |
//! | `write`, `purge`, `read`, `search` | one batch; one look |
//! | `repack` | filling half-empty pages |
//! | `verify` | finding all that is damaged |
//! | `trouble` | what went wrong, in the words of the store |

mod checked;
mod copy;
mod file;
mod format;
mod index;
mod instance;
mod latch;
mod medium;
mod migrate;
mod overlay;
mod purge;
mod read;
mod rebuild;
mod repack;
mod search;
mod tables;
mod trouble;
mod verify;
mod write;

use std::{
    io,
    path::Path,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use redb::{Database, ReadTransaction, ReadableDatabase, StorageBackend};

use self::{
    index::status_number,
    medium::{Begin, Medium},
    tables::{EVENTS, INSTANCES, STATE},
    trouble::trying,
};
use super::{
    Batch, CleanClose, EachOpen, InstanceKey, OpenInstance, Opening, Purgeable, Store, Unreadable,
    Verified, scan,
};
use crate::engine::{
    Event, EventId, InstanceId, InstanceSummary, Purge, Search, StoreError, catch_panic::caught,
};

/// A file that is shorter, in bytes, is left as it is.
const WORTH_COMPACTING: u64 = 16 << 20;

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
        let store = match Self::begin(Medium::file(path)?, Begin::Never) {
            Err(StoreError::Older { found, .. }) if found == migrate::OLD_FORMAT => {
                rebuild::rebuild(path)?;
                Self::begin(Medium::file(path)?, Begin::Never)?
            }
            opened => opened?,
        };
        match store.medium.is_in_place() {
            true => store.compacted_if_it_pays(path),
            // Another process has just written the store again, and has it.
            false => Err(StoreError::InUse(path.to_owned())),
        }
    }

    /// Gives the room of purged instances back to the system if that is most of the file. Nobody waits
    /// for this store yet, and one that was not left in order has other needs first.
    fn compacted_if_it_pays(self, path: &Path) -> Result<Self, StoreError> {
        let length = path.metadata().map_or(0, |file| file.len());
        if length < WORTH_COMPACTING {
            return Ok(self);
        }
        let (closed, purged) = self.look("say how it was left", |read| {
            Ok((read::closed(read), read::purged(&read.open_table(STATE)?)?))
        })?;
        if purged > length / 2 && !matches!(closed, Ok(CleanClose::No) | Err(_)) {
            self.compact()?;
        }
        Ok(self)
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
        self.look("look up an instance", |read| read::find(read, id.as_str()))
    }

    fn runs(&self, id: &InstanceId) -> Result<Vec<InstanceKey>, StoreError> {
        self.look("list the runs of an instance", |read| {
            read::all_runs(read, id.as_str())
        })
    }

    fn summary(&self, key: InstanceKey) -> Result<Option<InstanceSummary>, StoreError> {
        self.look("read an instance", |read| {
            let instances = read.open_table(INSTANCES)?;
            instance::summary(&instances, &read.open_table(EVENTS)?, key.0)
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
            let events = read.open_table(EVENTS)?;
            let keys = read::open_keys(read)?.into_iter();
            keys.map(|key| Ok((key, instance::summary_of(&instances, &events, key.0)?)))
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
            let summary = trying(doing, || read::summary_of_open(&instances, key));
            let history = trying(doing, || {
                let head = read::head(&instances, key)?;
                read::history(&events, head, key, EventId(0), usize::MAX)
            });
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
        self.history_page(key, from, usize::MAX)
    }

    fn relations(&self, key: InstanceKey) -> Result<Vec<InstanceKey>, StoreError> {
        self.look("list the children and forks of an instance", |read| {
            read::relations(read, key)
        })
    }

    fn history_page(
        &self,
        key: InstanceKey,
        from: EventId,
        most: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.look("read a history", |read| {
            read::history_of(read, key, from, most)
        })
    }

    fn search(
        &self,
        search: &Search,
        before: Option<InstanceKey>,
        most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.look("search its instances", |read| {
            search::search(read, search, before, most)
        })
    }

    fn purgeable(
        &self,
        purge: &Purge,
        after: Option<Purgeable>,
        most: usize,
    ) -> Result<Vec<Purgeable>, StoreError> {
        let Purge::ClosedBefore(before, status) = purge else {
            return scan::purgeable(self, purge, after, most);
        };
        let status = status.map(status_number);
        self.look("list what has ended", |read| {
            search::closed_before(read, *before, status, after, most)
        })
    }

    fn verify(&self) -> Result<Verified, StoreError> {
        self.look("be verified", verify::verify)
    }
}
