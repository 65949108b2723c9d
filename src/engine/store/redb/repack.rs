//! Repacking of histories. Each commit starts a row for each run that it changes; with many
//! interleaved runs, this leaves short rows in half-empty pages, which only rewriting can fill.

use std::io;

use redb::{Database, Durability, ReadableTable, Table};

use super::{
    instance::known,
    read,
    tables::{EVENTS, INSTANCES, STATE, STATE_PURGED},
};
use crate::engine::{
    EventId, HistoryHead, InstanceKey,
    store::row::{self, MAX_BYTES},
};

/// The number of bytes moved in one transaction, which limits the extra space needed.
const PART: usize = 16 << 20;

/// The tables being rewritten.
struct Tables<'a> {
    instances: Table<'a, u64, &'static [u8]>,
    events: Table<'a, (u64, u64), &'static [u8]>,
}

/// Rewrites histories with many short rows. Readers see no difference; damaged histories are left
/// unchanged.
pub(super) fn repack(database: &Database) -> Result<(), redb::Error> {
    let mut next = Some(0);
    while let Some(from) = next {
        let mut write = database.begin_write()?;
        write.set_durability(Durability::Immediate)?;
        next = repack_part(
            &mut Tables {
                instances: write.open_table(INSTANCES)?,
                events: write.open_table(EVENTS)?,
            },
            from,
        )?;
        if next.is_none() {
            write.open_table(STATE)?.remove(STATE_PURGED)?;
        }
        write.commit()?;
    }
    Ok(())
}

/// Repacks from a key on; returns the key to continue from, if any.
fn repack_part(tables: &mut Tables<'_>, from: u64) -> Result<Option<u64>, redb::Error> {
    let mut moved = 0;
    let mut next = from;
    while moved < PART {
        let first = tables.events.range((next, 0)..)?.next().transpose()?;
        let Some(key) = first.map(|(place, _)| place.value().0) else {
            return Ok(None);
        };
        moved += match repack_one(tables, key) {
            Err(redb::Error::Corrupted(_)) => 0,
            moved => moved?,
        };
        let Some(after) = key.checked_add(1) else {
            return Ok(None);
        };
        next = after;
    }
    Ok(Some(next))
}

/// Repacks the history of one run; returns the number of bytes moved.
fn repack_one(tables: &mut Tables<'_>, key: u64) -> Result<usize, redb::Error> {
    let all = (key, 0)..=(key, u64::MAX);
    let (mut rows, mut bytes) = (0, 0);
    for entry in tables.events.range(all.clone())? {
        rows += 1;
        bytes += entry?.1.value().len();
    }
    // Rows that are at least half full are not worth moving.
    if rows <= 2 * (bytes / MAX_BYTES + 1) {
        return Ok(0);
    }
    let mut known = known(&tables.instances, key)?.unwrap_or_default();
    let from = EventId::default();
    let history = read::history(
        &tables.events,
        Some(known.head),
        InstanceKey(key),
        from,
        usize::MAX,
    )?;
    let packed = row::pack(InstanceKey(key), HistoryHead::default(), &history);
    let (packed, head) = packed.map_err(io::Error::other)?;
    if 2 * packed.len() > rows {
        return Ok(0);
    }
    tables.events.retain_in(all, |_, _| false)?;
    for row in packed {
        tables
            .events
            .insert((key, row.first.0), row.bytes.as_slice())?;
    }
    known.head = head;
    tables
        .instances
        .insert(key, known.to_value(key).as_slice())?;
    Ok(bytes)
}
