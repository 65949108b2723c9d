//! Packing the histories closer. Each commit begins a row for each instance that it touches; where
//! many instances take turns that leaves short rows in half-empty pages, which only writing them
//! anew can fill.

use std::io;

use redb::{Database, Durability, ReadableTable, Table};

use super::tables::EVENTS;
use crate::engine::{
    Event, EventId,
    store::row::{self, MOST_BYTES},
};

/// How many bytes of events are moved in one transaction: the file need not have room for more.
const PART: usize = 16 << 20;

/// The events table while it is written.
type Events<'a> = Table<'a, (u64, u64), &'static [u8]>;

/// Writes histories that are in many short rows anew. What is read stays the same all the while.
pub(super) fn repack(database: &Database) -> Result<(), redb::Error> {
    let mut next = Some(0);
    while let Some(from) = next {
        let mut write = database.begin_write()?;
        write.set_durability(Durability::Immediate)?;
        next = repack_part(&mut write.open_table(EVENTS)?, from)?;
        write.commit()?;
    }
    Ok(())
}

/// Goes on from an instance; says from which to go on next, if any are left.
fn repack_part(events: &mut Events<'_>, from: u64) -> Result<Option<u64>, redb::Error> {
    let mut moved = 0;
    let mut next = from;
    while moved < PART {
        let first = events.range((next, 0)..)?.next().transpose()?;
        let Some(key) = first.map(|(place, _)| place.value().0) else {
            return Ok(None);
        };
        moved += repack_one(events, key)?;
        let Some(after) = key.checked_add(1) else {
            return Ok(None);
        };
        next = after;
    }
    Ok(Some(next))
}

/// Packs the history of one instance; says how many bytes were moved.
fn repack_one(events: &mut Events<'_>, key: u64) -> Result<usize, redb::Error> {
    let all = (key, 0)..=(key, u64::MAX);
    let (mut rows, mut bytes) = (0, 0);
    for entry in events.range(all.clone())? {
        rows += 1;
        bytes += entry?.1.value().len();
    }
    // Rows that are half full on the whole are not worth moving.
    if rows <= 2 * (bytes / MOST_BYTES + 1) {
        return Ok(0);
    }
    let mut history: Vec<Event> = Vec::new();
    for entry in events.range(all.clone())? {
        let (place, bytes) = entry?;
        row::append(EventId(place.value().1), bytes.value(), &mut history)
            .map_err(|bad| redb::Error::Corrupted(format!("instance number {key}: {bad}")))?;
    }
    let packed = row::pack(&history).map_err(io::Error::other)?;
    if 2 * packed.len() > rows {
        return Ok(0);
    }
    events.retain_in(all, |_, _| false)?;
    for (first, row) in packed {
        events.insert((key, first.0), row.as_slice())?;
    }
    Ok(bytes)
}
