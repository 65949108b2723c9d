//! The tables whose values have checksums of their own.

use redb::TableHandle;

use super::super::tables::{EVENTS, IDS, INSTANCES, POSTS, SCHEDULES, STATE};
use super::page::Entry;
use crate::engine::{
    EventId, InstanceKey,
    store::{
        row,
        seal::{Place, unseal},
    },
};

/// What a table has as values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Rows of events.
    Rows,
    /// Sealed values of the table with this name.
    Sealed(&'static str),
    /// What has no checksum of its own.
    Bare,
}

/// What can be said of a value by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Whole,
    Damaged,
    /// Its checksum goes on from that of a row on another page.
    Nothing,
}

impl Kept {
    /// By the name of the table.
    pub fn of(table: &[u8]) -> Self {
        let sealed = [
            INSTANCES.name(),
            IDS.name(),
            STATE.name(),
            SCHEDULES.name(),
            POSTS.name(),
        ];
        if table == EVENTS.name().as_bytes() {
            return Self::Rows;
        }
        let sealed = sealed.into_iter().find(|name| name.as_bytes() == table);
        sealed.map_or(Self::Bare, Self::Sealed)
    }

    /// Whether the values on a page that has another checksum than it should are damaged in part. If
    /// none of them is damaged the page is another, or an old one; if all are, nothing says which.
    pub fn are_some_damaged(self, entries: &[Entry<'_>]) -> bool {
        let said: Vec<_> = match self {
            Self::Bare => return false,
            Self::Sealed(table) => entries.iter().map(|entry| sealed(table, *entry)).collect(),
            Self::Rows => rows(entries),
        };
        said.contains(&Said::Damaged) && said.iter().any(|said| *said != Said::Damaged)
    }
}

fn sealed(table: &str, (key, value): Entry<'_>) -> Said {
    match unseal(Place::new(table, key), value) {
        Ok(_) => Said::Whole,
        Err(_) => Said::Damaged,
    }
}

/// Each row goes on from the one before it, which may be on this page.
fn rows(entries: &[Entry<'_>]) -> Vec<Said> {
    let mut before = None;
    let mut said = Vec::new();
    for (place, row) in entries {
        let Some((key, first)) = numbers(place) else {
            said.push(Said::Damaged);
            continue;
        };
        let checksum = row::checksum_in(first, row).ok();
        let chained = match (first.0, before) {
            (0, _) => Some(0),
            (_, Some((of, checksum))) if of == key => Some(checksum),
            _ => None,
        };
        said.push(match (checksum, chained) {
            (None, _) => Said::Damaged,
            (Some(_), None) => Said::Nothing,
            (Some(_), Some(before)) if row::is_whole(key, first, before, row) => Said::Whole,
            (Some(_), Some(_)) => Said::Damaged,
        });
        before = checksum.map(|checksum| (key, checksum));
    }
    said
}

/// The instance and the event of a row.
fn numbers(place: &[u8]) -> Option<(InstanceKey, EventId)> {
    let (key, first) = place.split_first_chunk()?;
    let first = u64::from_le_bytes(first.try_into().ok()?);
    Some((InstanceKey(u64::from_le_bytes(*key)), EventId(first)))
}
