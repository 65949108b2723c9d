//! The store as a redb file.
//!
//! | table | key | value |
//! |---|---|---|
//! | `meta` | name | number: `format` |
//! | `instances` | key | summary, MessagePack |
//! | `ids` | instance id | key |
//! | `open` | key | nothing: the instances that have not ended |
//! | `events` | key, event id | event, MessagePack |

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
};

use redb::{
    Database, DatabaseError, Durability, ReadOnlyDatabase, ReadableDatabase, ReadableTable,
    TableDefinition, TableError, backends::InMemoryBackend,
};

use super::{Batch, InstanceKey, Store};
use crate::engine::{Event, EventId, InstanceId, InstanceSummary, StoreError};

const META: TableDefinition<&str, u32> = TableDefinition::new("meta");
const INSTANCES: TableDefinition<u64, &[u8]> = TableDefinition::new("instances");
const IDS: TableDefinition<&str, u64> = TableDefinition::new("ids");
const OPEN: TableDefinition<u64, ()> = TableDefinition::new("open");
const EVENTS: TableDefinition<(u64, u64), &[u8]> = TableDefinition::new("events");

/// The format that this program writes.
const FORMAT: u32 = 1;

/// A store in one redb file, or in memory.
pub struct RedbStore {
    database: Database,
}

impl RedbStore {
    /// Opens the store in a file, or makes it where there is no file or an empty one.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let file = File::options().append(true).create(true).open(path);
        let file = file.and_then(|file| file.metadata());
        let file = file.map_err(|error| StoreError::NoPlace {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
        if file.len() > 0 {
            return Self::open(path);
        }
        let store = Self {
            database: guarded(path, || Database::create(path))?,
        };
        store.write_format()?;
        Ok(store)
    }

    /// Opens the store in a file that is there.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.is_file() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        // Opening for writing writes. What was closed in order is looked at before; what was broken
        // off can only be looked at once opening has mended it.
        match guarded(path, || ReadOnlyDatabase::open(path)) {
            Ok(database) => check_format(&database, path)?,
            Err(StoreError::InUse(path)) => return Err(StoreError::InUse(path)),
            Err(_) => {}
        }
        let database = guarded(path, || Database::open(path))?;
        check_format(&database, path)?;
        Ok(Self { database })
    }

    /// A store that ends with the process.
    pub fn in_memory() -> Result<Self, StoreError> {
        let database = Database::builder()
            .create_with_backend(InMemoryBackend::new())
            .map_err(failed("be made in memory"))?;
        let store = Self { database };
        store.write_format()?;
        Ok(store)
    }

    fn write_format(&self) -> Result<(), StoreError> {
        let doing = "write its format";
        let write = self.database.begin_write().map_err(failed(doing))?;
        {
            let mut meta = write.open_table(META).map_err(failed(doing))?;
            meta.insert("format", FORMAT).map_err(failed(doing))?;
            // All tables exist from the first commit on, so that reading never meets a missing one.
            write.open_table(INSTANCES).map_err(failed(doing))?;
            write.open_table(IDS).map_err(failed(doing))?;
            write.open_table(OPEN).map_err(failed(doing))?;
            write.open_table(EVENTS).map_err(failed(doing))?;
        }
        write.commit().map_err(failed(doing))
    }
}

/// Whether the database is a store, and of a format that this program reads.
fn check_format(database: &impl ReadableDatabase, path: &Path) -> Result<(), StoreError> {
    let damaged = |reason: String| StoreError::Damaged {
        path: path.to_owned(),
        reason,
    };
    let read = database.begin_read().map_err(failed("be read"))?;
    let meta = match read.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => {
            return Err(damaged("it is the database of another program".into()));
        }
        Err(error) => return Err(damaged(error.to_string())),
    };
    let format = meta.get("format").map_err(|e| damaged(e.to_string()))?;
    match format.map(|format| format.value()) {
        Some(found) if found > FORMAT => Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: FORMAT,
        }),
        Some(_) => Ok(()),
        None => Err(damaged("it does not say its format".into())),
    }
}

/// Opens a database file; a damaged one is an error even where the database would panic.
fn guarded<D>(
    path: &Path,
    open: impl FnOnce() -> Result<D, DatabaseError>,
) -> Result<D, StoreError> {
    let path = PathBuf::from(path);
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let opened = catch_unwind(AssertUnwindSafe(open));
    std::panic::set_hook(hook);
    match opened {
        Ok(Ok(database)) => Ok(database),
        Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => Err(StoreError::InUse(path)),
        Ok(Err(error)) => Err(StoreError::Damaged {
            path,
            reason: error.to_string(),
        }),
        Err(_) => Err(StoreError::Damaged {
            path,
            reason: "its pages do not fit together".into(),
        }),
    }
}

impl Store for RedbStore {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        let doing = "commit";
        let mut write = self.database.begin_write().map_err(failed(doing))?;
        write
            .set_durability(Durability::Immediate)
            .map_err(failed(doing))?;
        if !batch.events.is_empty() {
            let mut events = write.open_table(EVENTS).map_err(failed(doing))?;
            let mut buffer = Vec::with_capacity(256);
            for (key, event) in &batch.events {
                buffer.clear();
                rmp_serde::encode::write(&mut buffer, event).map_err(failed(doing))?;
                events
                    .insert((key.0, event.id.0), buffer.as_slice())
                    .map_err(failed(doing))?;
            }
        }
        if !batch.summaries.is_empty() {
            let mut instances = write.open_table(INSTANCES).map_err(failed(doing))?;
            let mut ids = write.open_table(IDS).map_err(failed(doing))?;
            let mut open = write.open_table(OPEN).map_err(failed(doing))?;
            for (key, summary) in &batch.summaries {
                let bytes = rmp_serde::to_vec(summary).map_err(failed(doing))?;
                instances
                    .insert(key.0, bytes.as_slice())
                    .map_err(failed(doing))?;
                ids.insert(summary.id.as_str(), key.0)
                    .map_err(failed(doing))?;
                if summary.status.is_closed() {
                    open.remove(key.0).map_err(failed(doing))?;
                } else {
                    open.insert(key.0, ()).map_err(failed(doing))?;
                }
            }
        }
        write.commit().map_err(failed(doing))
    }

    fn next_key(&self) -> Result<InstanceKey, StoreError> {
        let doing = "count its instances";
        let read = self.database.begin_read().map_err(failed(doing))?;
        let instances = read.open_table(INSTANCES).map_err(failed(doing))?;
        let last = instances.last().map_err(failed(doing))?;
        Ok(InstanceKey(last.map_or(1, |(key, _)| key.value() + 1)))
    }

    fn find(&self, id: &InstanceId) -> Result<Option<InstanceKey>, StoreError> {
        let doing = "look up an instance";
        let read = self.database.begin_read().map_err(failed(doing))?;
        let ids = read.open_table(IDS).map_err(failed(doing))?;
        let found = ids.get(id.as_str()).map_err(failed(doing))?;
        Ok(found.map(|key| InstanceKey(key.value())))
    }

    fn summary(&self, key: InstanceKey) -> Result<Option<InstanceSummary>, StoreError> {
        let doing = "read an instance";
        let read = self.database.begin_read().map_err(failed(doing))?;
        let instances = read.open_table(INSTANCES).map_err(failed(doing))?;
        let found = instances.get(key.0).map_err(failed(doing))?;
        found
            .map(|bytes| rmp_serde::from_slice(bytes.value()).map_err(failed(doing)))
            .transpose()
    }

    fn summaries(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        let doing = "list its instances";
        let read = self.database.begin_read().map_err(failed(doing))?;
        let instances = read.open_table(INSTANCES).map_err(failed(doing))?;
        instances
            .iter()
            .map_err(failed(doing))?
            .map(|entry| {
                let (key, bytes) = entry.map_err(failed(doing))?;
                let summary = rmp_serde::from_slice(bytes.value()).map_err(failed(doing))?;
                Ok((InstanceKey(key.value()), summary))
            })
            .collect()
    }

    fn open_instances(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        let doing = "list its open instances";
        let read = self.database.begin_read().map_err(failed(doing))?;
        let open = read.open_table(OPEN).map_err(failed(doing))?;
        let instances = read.open_table(INSTANCES).map_err(failed(doing))?;
        let mut found = Vec::new();
        for entry in open.iter().map_err(failed(doing))? {
            let key = entry.map_err(failed(doing))?.0.value();
            if let Some(bytes) = instances.get(key).map_err(failed(doing))? {
                let summary = rmp_serde::from_slice(bytes.value()).map_err(failed(doing))?;
                found.push((InstanceKey(key), summary));
            }
        }
        Ok(found)
    }

    fn history(&self, key: InstanceKey, from: EventId) -> Result<Vec<Event>, StoreError> {
        let doing = "read a history";
        let read = self.database.begin_read().map_err(failed(doing))?;
        let events = read.open_table(EVENTS).map_err(failed(doing))?;
        events
            .range((key.0, from.0)..=(key.0, u64::MAX))
            .map_err(failed(doing))?
            .map(|entry| {
                let (_, bytes) = entry.map_err(failed(doing))?;
                rmp_serde::from_slice(bytes.value()).map_err(failed(doing))
            })
            .collect()
    }
}

fn failed<E: std::fmt::Display>(doing: &'static str) -> impl Fn(E) -> StoreError {
    move |error| StoreError::Failed {
        doing,
        reason: error.to_string(),
    }
}
