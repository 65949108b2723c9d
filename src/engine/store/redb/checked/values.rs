//! Checks values on a damaged page by their own checksums.

use redb::TableHandle;

use super::super::tables::{EVENTS, IDS, INSTANCES, OUTBOX, SCHEDULES, STATE};
use crate::engine::{
    EventId, InstanceKey,
    store::{
        row,
        seal::{Location, unseal},
    },
};

/// A key and its value.
pub(super) type Entry<'a> = (&'a [u8], &'a [u8]);

/// How the values of a table are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    /// Rows of events, chained by checksums.
    Rows,
    /// Sealed values of the named table.
    Sealed(&'static str),
    /// Values without checksums.
    Unchecked,
}

/// The result of checking one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Integrity {
    Intact,
    Damaged,
    /// It cannot be checked: its checksum continues that of a row on another page.
    Unknown,
}

impl ValueKind {
    /// The protection of a table's values.
    pub fn of(table: &[u8]) -> Self {
        let sealed = [
            INSTANCES.name(),
            IDS.name(),
            STATE.name(),
            SCHEDULES.name(),
            OUTBOX.name(),
        ];
        if table == EVENTS.name().as_bytes() {
            return Self::Rows;
        }
        let sealed = sealed.into_iter().find(|name| name.as_bytes() == table);
        sealed.map_or(Self::Unchecked, Self::Sealed)
    }

    /// Whether a page whose checksum does not match is the expected page with some damaged values.
    /// If no value is damaged, it is another or an outdated page; if all are, that cannot be known.
    pub fn is_partly_damaged(self, entries: &[Entry<'_>]) -> bool {
        let results: Vec<_> = match self {
            Self::Unchecked => return false,
            Self::Sealed(table) => entries.iter().map(|entry| sealed(table, *entry)).collect(),
            Self::Rows => rows(entries),
        };
        results.contains(&Integrity::Damaged)
            && results.iter().any(|result| *result != Integrity::Damaged)
    }
}

fn sealed(table: &str, (key, value): Entry<'_>) -> Integrity {
    match unseal(Location::new(table, key), value) {
        Ok(_) => Integrity::Intact,
        Err(_) => Integrity::Damaged,
    }
}

/// Each row's checksum continues that of the previous row, which may be on this page.
fn rows(entries: &[Entry<'_>]) -> Vec<Integrity> {
    let mut before = None;
    let mut results = Vec::new();
    for (place, row) in entries {
        let Some((key, first)) = numbers(place) else {
            results.push(Integrity::Damaged);
            continue;
        };
        let checksum = row::checksum_in(first, row).ok();
        let chained = match (first.0, before) {
            (0, _) => Some(0),
            (_, Some((of, checksum))) if of == key => Some(checksum),
            _ => None,
        };
        results.push(match (checksum, chained) {
            (None, _) => Integrity::Damaged,
            (Some(_), None) => Integrity::Unknown,
            (Some(_), Some(before)) if row::is_whole(key, first, before, row) => Integrity::Intact,
            (Some(_), Some(_)) => Integrity::Damaged,
        });
        before = checksum.map(|checksum| (key, checksum));
    }
    results
}

/// The run and first event of a row, from its key.
fn numbers(place: &[u8]) -> Option<(InstanceKey, EventId)> {
    let (key, first) = place.split_first_chunk()?;
    let first = u64::from_le_bytes(first.try_into().ok()?);
    Some((InstanceKey(u64::from_le_bytes(*key)), EventId(first)))
}
