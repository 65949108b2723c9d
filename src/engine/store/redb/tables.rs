//! Table definitions.
//!
//! | table | key | value |
//! |---|---|---|
//! | `meta` | name | number: `format` |
//! | `state` | name | bytes: `clean`, how the engine left the store; `purged`, bytes of events purged since the last compaction; `counts`, numbers of runs by status; `open`, number of open instances, before `counts` |
//! | `instances` | key | history head and summary: see `instance` |
//! | `events` | key, id of the first event | a row of events: see `row` |
//! | `ids` | instance id | key of its latest run |
//! | `runs` | instance id, key | nothing |
//! | `statuses` | status, key | nothing |
//! | `workflows` | name of the workflow, key | nothing |
//! | `tags` | name, value, key | nothing |
//! | `closed` | time of the end, key | nothing |
//! | `times` | group of keys | ranges of start and end times: see `times` |
//! | `relations` | key, direction, key | nothing: direction 0 to a child or fork, 1 back |
//! | `schedules` | name | schedule |
//! | `posts` | id | outbox entry |
//!
//! Values other than rows of events are sealed (see `seal`); summaries, schedules and outbox
//! entries are MessagePack with structs as arrays.

use std::fmt::Display;

use redb::{TableDefinition, TableHandle};
use serde::{Serialize, de::DeserializeOwned};

use crate::engine::store::seal::{Location, seal, unseal};

pub(super) const META: TableDefinition<&str, u32> = TableDefinition::new("meta");
pub(super) const STATE: TableDefinition<&str, &[u8]> = TableDefinition::new("state");
pub(super) const INSTANCES: TableDefinition<u64, &[u8]> = TableDefinition::new("instances");
pub(super) const EVENTS: TableDefinition<(u64, u64), &[u8]> = TableDefinition::new("events");
pub(super) const IDS: TableDefinition<&str, &[u8]> = TableDefinition::new("ids");
pub(super) const RUNS: TableDefinition<(&str, u64), ()> = TableDefinition::new("runs");
pub(super) const STATUSES: TableDefinition<(u8, u64), ()> = TableDefinition::new("statuses");
pub(super) const WORKFLOWS: TableDefinition<(&str, u64), ()> = TableDefinition::new("workflows");
pub(super) const TAGS: TableDefinition<(&str, &str, u64), ()> = TableDefinition::new("tags");
pub(super) const CLOSED: TableDefinition<(u64, u64), ()> = TableDefinition::new("closed");
pub(super) const TIMES: TableDefinition<u64, &[u8]> = TableDefinition::new("times");
pub(super) const RELATIONS: TableDefinition<(u64, u8, u64), ()> = TableDefinition::new("relations");
pub(super) const SCHEDULES: TableDefinition<&str, &[u8]> = TableDefinition::new("schedules");
pub(super) const OUTBOX: TableDefinition<u64, &[u8]> = TableDefinition::new("posts");

/// The current format.
pub(super) const FORMAT: u32 = 3;

/// The key in `meta`.
pub(super) const META_FORMAT: &str = "format";

/// Keys in `state`.
pub(super) const STATE_CLEAN: &str = "clean";
pub(super) const STATE_PURGED: &str = "purged";
pub(super) const STATE_OPEN: &str = "open";
pub(super) const STATE_COUNTS: &str = "counts";

/// Directions in `relations`.
pub(super) const FORTH: u8 = 0;
pub(super) const BACK: u8 = 1;

/// The location of a run's value.
pub(super) fn of_instance(key: u64) -> Location {
    Location::new(INSTANCES.name(), &key.to_le_bytes())
}

/// The location of the times of a group of runs.
pub(super) fn of_times(group: u64) -> Location {
    Location::new(TIMES.name(), &group.to_le_bytes())
}

/// The location of an id's value.
pub(super) fn of_id(id: &str) -> Location {
    Location::new(IDS.name(), id.as_bytes())
}

/// The location of a schedule.
pub(super) fn of_schedule(name: &str) -> Location {
    Location::new(SCHEDULES.name(), name.as_bytes())
}

/// The location of an outbox entry.
pub(super) fn of_outbox(id: u64) -> Location {
    Location::new(OUTBOX.name(), &id.to_le_bytes())
}

/// The location of a value in `state`.
pub(super) fn of_state(name: &str) -> Location {
    Location::new(STATE.name(), name.as_bytes())
}

/// An error about damaged data; `what` names it.
pub(super) fn damaged(what: impl Display, reason: impl Display) -> redb::Error {
    redb::Error::Corrupted(format!("{what}: {reason}"))
}

/// Encodes and seals a value.
pub(super) fn pack<T: Serialize>(location: Location, value: &T) -> Result<Vec<u8>, redb::Error> {
    Ok(seal(location, &encode(value)?))
}

/// Unseals and decodes a value; `what` names it in errors.
pub(super) fn unpack<T: DeserializeOwned>(
    location: Location,
    value: &[u8],
    what: impl Display,
) -> Result<T, redb::Error> {
    let content = unseal(location, value).map_err(|bad| damaged(&what, bad))?;
    rmp_serde::from_slice(content).map_err(|bad| damaged(what, bad))
}

/// Encodes a value in MessagePack.
pub(super) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, redb::Error> {
    // Encoding of the engine's types cannot fail.
    rmp_serde::to_vec(value).map_err(|error| redb::Error::Io(std::io::Error::other(error)))
}

/// Unseals and decodes a number.
pub(super) fn unpack_number(
    location: Location,
    value: &[u8],
    what: impl Display,
) -> Result<u64, redb::Error> {
    let content = unseal(location, value).map_err(|bad| damaged(&what, bad))?;
    let number = content.try_into().map(u64::from_le_bytes);
    number.map_err(|_| damaged(what, "it is not a number"))
}
