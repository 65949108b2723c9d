//! The store on redb.
//!
//! | file | purpose |
//! |---|---|
//! | `tables` | table definitions |
//! | `medium` | storage media; opening and reopening the database |
//! | `checked` | verification of each page that is read |
//! | `format` | the format version |
//! | `file` | the file: created atomically, private, watched |
//! | `latch` | no writes after a failed sync |
//! | `failure_marker`, `rebuild`, `copy`, `migrate` | rewriting a whole store in the current format |
//! | `overlay` | read-only access |
//! | `instance` | the value of a run: history head and summary |
//! | `index`, `statuses` | index tables for searches |
//! | `write`, `purge`, `read`, `search` | transactions |
//! | `repack` | compaction of histories |
//! | `verify` | finding damage |
//! | `errors`, `open` | conversion of errors |

mod checked;
mod copy;
mod counts;
mod errors;
mod failure_marker;
mod file;
mod format;
mod index;
mod instance;
mod latch;
mod medium;
mod migrate;
mod open;
mod overlay;
mod paths;
mod purge;
mod read;
mod rebuild;
mod repack;
mod search;
mod statuses;
mod tables;
mod times;
mod verify;
mod write;

use std::{
    io,
    path::Path,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use redb::{Database, ReadTransaction, ReadableDatabase, StorageBackend};

use self::{
    errors::trying,
    medium::{IfEmpty, Medium},
    tables::{EVENTS, INSTANCES, STATE},
};
use super::{
    Batch, CleanClose, EachOpen, InstanceKey, OpenInstance, Opening, Purgeable, Store, Unreadable,
    Verified, scan,
};
use crate::engine::{
    Event, EventId, InstanceId, InstanceSummary, Purge, Search, Status, StoreError,
    catch_panic::caught,
};

/// The file size in bytes from which automatic compaction is considered.
const WORTH_COMPACTING: u64 = 16 << 20;

/// A store in one redb file, or in memory.
///
/// After a failed commit the database must be closed and reopened. This is done immediately, so
/// that reading continues; if it fails, each further commit tries again before it writes.
///
/// A failed sync is final, because the system may have dropped unwritten data. Nothing more is
/// written to that file ([`StoreError::SyncFailed`]), reading continues, and when the file is
/// opened next, everything that can be verified is written to a new file that replaces it.
pub struct RedbStore {
    state: RwLock<State>,
    /// After the state, because the locks of the file end with the medium.
    medium: Medium,
}

struct State {
    database: Option<Database>,
    /// Why there is none: it could not be reopened after an error.
    closed: String,
}

impl RedbStore {
    /// Opens the store in a file, or creates it if the file is missing. The file is made readable for
    /// its owner only.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        if !file::is_there(path)? {
            medium::create(path)?;
        }
        Self::open_existing(path)
    }

    /// Opens the store in an existing file.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !file::is_there(path)? {
            return Err(StoreError::Missing(path.to_owned()));
        }
        Self::open_existing(path)
    }

    /// Opens the store in a file read-only, without writing to it, even if it was not closed
    /// properly.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        if !file::is_there(path)? {
            return Err(StoreError::Missing(path.to_owned()));
        }
        Self::open_medium(Medium::read_only(path), IfEmpty::Fail)
    }

    /// Creates a store in memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::open_medium(Medium::memory(), IfEmpty::Create)
    }

    /// Opens a store on a custom medium: `source` returns a backend on the same bytes at each call,
    /// which happens at each opening of the database. If the medium is empty, a store is created.
    pub fn on<B: StorageBackend>(
        source: impl Fn() -> io::Result<B> + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let open =
            move || source().map_err(|error| errors::failed("be opened", redb::Error::Io(error)));
        Self::open_medium(
            Medium::new("the given medium".into(), open),
            IfEmpty::Recreate,
        )
    }

    fn open_existing(path: &Path) -> Result<Self, StoreError> {
        medium::check_file(path)?;
        if failure_marker::exists(path) {
            rebuild::rebuild(path)?;
        }
        let store = match Self::open_medium(Medium::file(path)?, IfEmpty::Fail) {
            Err(StoreError::Older { found, .. }) if found == migrate::OLD_FORMAT => {
                rebuild::rebuild(path)?;
                Self::open_medium(Medium::file(path)?, IfEmpty::Fail)?
            }
            opened => opened?,
        };
        match store.medium.is_in_place() {
            true => store.compacted_if_worthwhile(path),
            // Another process has just rebuilt the store.
            false => Err(StoreError::InUse(path.to_owned())),
        }
    }

    /// Compacts the file if most of it is free space from purged instances. Skipped if the store
    /// was not closed properly, because recovery has priority.
    fn compacted_if_worthwhile(self, path: &Path) -> Result<Self, StoreError> {
        let length = path.metadata().map_or(0, |file| file.len());
        if length < WORTH_COMPACTING {
            return Ok(self);
        }
        let (closed, purged) = self.read("say how it was left", |read| {
            Ok((read::closed(read), read::purged(&read.open_table(STATE)?)?))
        })?;
        if purged > length / 2 && !matches!(closed, Ok(CleanClose::No) | Err(_)) {
            self.compact()?;
        }
        Ok(self)
    }

    fn open_medium(medium: Medium, if_empty: IfEmpty) -> Result<Self, StoreError> {
        let database = medium.open(if_empty)?;
        Ok(Self {
            state: RwLock::new(State {
                database: Some(database),
                closed: String::new(),
            }),
            medium,
        })
    }

    /// Compacts the file: repacks histories and returns free space to the system. Waits for reads
    /// to finish; reads and commits wait for it.
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
            // If this fails, the next commit tries again and reports the error.
            let _ = self.reopen(&mut state);
            self.medium.cause(error)
        })
    }

    /// Runs a read transaction.
    fn read<T>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let state = self.state();
        let database = state.database(doing)?;
        trying(doing, || read(&database.begin_read()?))
    }

    /// Closes and reopens the database.
    fn reopen(&self, state: &mut State) -> Result<(), StoreError> {
        // The file must be released before it can be opened.
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

    // Panics while the lock is held are caught earlier, so the state is consistent.
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

    /// Closes the database, which may panic after an earlier panic.
    fn close(&mut self) {
        let database = self.database.take();
        let closed = caught("the database", || drop(database));
        // Committed data is on the disk; anything else will be written again.
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
            self.reopen(&mut self.state_mut())?;
            self.medium.check(doing)?;
        }
        let state = self.state();
        let database = state.database(doing)?;
        let done = trying(doing, || write::write(database, batch));
        drop(state);
        done.map_err(|error| {
            // If this fails, the next commit tries again and reports the error.
            let _ = self.reopen(&mut self.state_mut());
            self.medium.cause(error)
        })
    }

    fn opening(&self) -> Result<Opening, StoreError> {
        self.read("say how it was left", read::opening)
    }

    fn find(&self, id: &InstanceId) -> Result<Option<InstanceKey>, StoreError> {
        self.read("look up an instance", |read| read::find(read, id.as_str()))
    }

    fn runs(&self, id: &InstanceId) -> Result<Vec<InstanceKey>, StoreError> {
        self.read("list the runs of an instance", |read| {
            read::all_runs(read, id.as_str())
        })
    }

    fn summary(&self, key: InstanceKey) -> Result<Option<InstanceSummary>, StoreError> {
        self.read("read an instance", |read| {
            let instances = read.open_table(INSTANCES)?;
            instance::summary(&instances, &read.open_table(EVENTS)?, key.0)
        })
    }

    fn page(
        &self,
        before: Option<InstanceKey>,
        most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.read("list its instances", |read| read::page(read, before, most))
    }

    fn open_instances(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.read("list its open instances", |read| {
            let instances = read.open_table(INSTANCES)?;
            let events = read.open_table(EVENTS)?;
            let keys = read::open_keys(read)?.into_iter();
            keys.map(|key| Ok((key, instance::summary_of(&instances, &events, key.0)?)))
                .collect()
        })
    }

    /// `each` must not call the store, which is locked meanwhile.
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
            // Not guarded: a panic of the caller is not a database error.
            each(key, open);
        }
        Ok(())
    }

    fn history(&self, key: InstanceKey, from: EventId) -> Result<Vec<Event>, StoreError> {
        self.history_page(key, from, usize::MAX)
    }

    fn relations(&self, key: InstanceKey) -> Result<Vec<InstanceKey>, StoreError> {
        self.read("list the children and forks of an instance", |read| {
            read::relations(read, key)
        })
    }

    fn history_page(
        &self,
        key: InstanceKey,
        from: EventId,
        most: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.read("read a history", |read| {
            read::history_of(read, key, from, most)
        })
    }

    fn search(
        &self,
        search: &Search,
        before: Option<InstanceKey>,
        most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        self.read("search its instances", |read| {
            search::search(read, search, before, most)
        })
    }

    fn purgeable(
        &self,
        purge: &Purge,
        after: Option<Purgeable>,
        most: usize,
    ) -> Result<Vec<Purgeable>, StoreError> {
        let what = "list what has ended";
        match purge {
            Purge::Instance(_) | Purge::Search(_) => scan::purgeable(self, purge, after, most),
            Purge::ClosedBefore(before, status) => self.read(what, |read| {
                search::closed_before(read, *before, *status, after, most)
            }),
            Purge::Oldest { statuses, .. } => {
                self.read(what, |read| search::oldest(read, statuses, after, most))
            }
        }
    }

    fn count(&self, statuses: &[Status]) -> Result<u64, StoreError> {
        self.read("count its instances", |read| counts::count(read, statuses))
    }

    fn verify(&self) -> Result<Verified, StoreError> {
        self.read("be verified", verify::verify)
    }
}
