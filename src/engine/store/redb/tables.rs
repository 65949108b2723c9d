//! The tables of the file.
//!
//! | table | key | value |
//! |---|---|---|
//! | `meta` | name | number: `format`; `clean`, which is 1 after an end in order |
//! | `instances` | key | summary |
//! | `ids` | instance id | key of its latest run |
//! | `runs` | instance id, key | nothing |
//! | `open` | key | nothing: the instances that have not ended |
//! | `events` | key, id of the first event | a row of events, see `row` |
//! | `relations` | key, way, key | nothing: way 0 to a child or fork, way 1 back |
//! | `schedules` | name | schedule |
//! | `posts` | number | what was posted and is not yet delivered |
//!
//! Names, summaries, schedules and posts are in postcard.

use redb::{ReadableTable, TableDefinition};
use serde::{Serialize, de::DeserializeOwned};

pub(super) const META: TableDefinition<&str, u32> = TableDefinition::new("meta");
pub(super) const INSTANCES: TableDefinition<u64, &[u8]> = TableDefinition::new("instances");
pub(super) const IDS: TableDefinition<&str, u64> = TableDefinition::new("ids");
pub(super) const RUNS: TableDefinition<(&str, u64), ()> = TableDefinition::new("runs");
pub(super) const OPEN: TableDefinition<u64, ()> = TableDefinition::new("open");
pub(super) const EVENTS: TableDefinition<(u64, u64), &[u8]> = TableDefinition::new("events");
pub(super) const RELATIONS: TableDefinition<(u64, u8, u64), ()> = TableDefinition::new("relations");
pub(super) const SCHEDULES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("schedules");
pub(super) const POSTS: TableDefinition<u64, &[u8]> = TableDefinition::new("posts");

/// The format that this program writes.
pub(super) const FORMAT: u32 = 2;

/// Names in `meta`.
pub(super) const META_FORMAT: &str = "format";
pub(super) const META_CLEAN: &str = "clean";

/// Ways in `relations`.
pub(super) const FORTH: u8 = 0;
pub(super) const BACK: u8 = 1;

/// A value as bytes.
pub(super) fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, redb::Error> {
    // No value of the engine's own types fails here: this is for the compiler.
    postcard::to_stdvec(value).map_err(|error| redb::Error::Io(std::io::Error::other(error)))
}

/// A value from bytes; `what` says whose they are if they are damaged.
pub(super) fn unpack<T: DeserializeOwned>(
    bytes: &[u8],
    what: impl FnOnce() -> String,
) -> Result<T, redb::Error> {
    postcard::from_bytes(bytes)
        .map_err(|error| redb::Error::Corrupted(format!("{} cannot be read: {error}", what())))
}

/// The summary of an instance.
pub(super) fn summary(
    instances: &impl ReadableTable<u64, &'static [u8]>,
    key: u64,
) -> Result<Option<crate::engine::InstanceSummary>, redb::Error> {
    let bytes = instances.get(key)?;
    bytes
        .map(|bytes| unpack_summary(key, bytes.value()))
        .transpose()
}

/// The same, from its bytes.
pub(super) fn unpack_summary(
    key: u64,
    bytes: &[u8],
) -> Result<crate::engine::InstanceSummary, redb::Error> {
    unpack(bytes, || format!("the summary of instance number {key}"))
}
