//! The stored value of a run: the head of its history, then its summary.
//!
//! Appending events without a change of the summary rewrites only the first sixteen bytes of the
//! content. The summary may be missing if a history was written without one.

use redb::ReadableTable;

use super::tables::*;
use crate::engine::{
    EventId, HistoryHead, InstanceKey, InstanceSummary,
    store::{
        row::{self, BadRow},
        seal::{seal, unseal},
    },
};

/// The table of runs, for reading or writing.
pub(super) trait Instances: ReadableTable<u64, &'static [u8]> {}
impl<T: ReadableTable<u64, &'static [u8]>> Instances for T {}

/// The table of events, for reading or writing.
pub(super) trait Events: ReadableTable<(u64, u64), &'static [u8]> {}
impl<T: ReadableTable<(u64, u64), &'static [u8]>> Events for T {}

/// The length of the head.
const HEAD: usize = 16;

/// The stored value of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// The head of its history.
    pub head: HistoryHead,
    /// Its summary in MessagePack; empty if there is none.
    pub summary: Vec<u8>,
}

impl Known {
    /// Decodes a value.
    pub fn from_value(key: u64, value: &[u8]) -> Result<Self, redb::Error> {
        let content = unseal(of_instance(key), value).map_err(|bad| damaged(name(key), bad))?;
        let short = || damaged(name(key), "its value is too short");
        let (events, rest) = content.split_first_chunk().ok_or_else(short)?;
        let (checksum, summary) = rest.split_first_chunk().ok_or_else(short)?;
        Ok(Self {
            head: HistoryHead {
                events: u64::from_le_bytes(*events),
                checksum: u64::from_le_bytes(*checksum),
            },
            summary: summary.to_vec(),
        })
    }

    /// Encodes the value.
    pub fn to_value(&self, key: u64) -> Vec<u8> {
        let mut content = Vec::with_capacity(HEAD + self.summary.len());
        content.extend_from_slice(&self.head.events.to_le_bytes());
        content.extend_from_slice(&self.head.checksum.to_le_bytes());
        content.extend_from_slice(&self.summary);
        seal(of_instance(key), &content)
    }

    /// The summary, if there is one.
    pub fn summary(&self, key: u64) -> Result<Option<InstanceSummary>, redb::Error> {
        if self.summary.is_empty() {
            return Ok(None);
        }
        let summary: Result<InstanceSummary, _> = rmp_serde::from_slice(&self.summary);
        let mut summary = summary.map_err(|bad| damaged(name(key), bad))?;
        summary.head = Some(self.head);
        Ok(Some(summary))
    }
}

fn name(key: u64) -> String {
    format!("the summary of instance number {key}")
}

/// An error about the history of a run.
pub(super) fn damaged_history(key: u64, bad: impl std::fmt::Display) -> redb::Error {
    damaged(format!("the history of instance number {key}"), bad)
}

/// Reads the stored value of a run.
pub(super) fn known(table: &impl Instances, key: u64) -> Result<Option<Known>, redb::Error> {
    let value = table.get(key)?;
    value
        .map(|value| Known::from_value(key, value.value()))
        .transpose()
}

/// The summary of a run, after checking that it matches the history.
pub(super) fn summary(
    instances: &impl Instances,
    events: &impl Events,
    key: u64,
) -> Result<Option<InstanceSummary>, redb::Error> {
    // A missing run must not have a history.
    let known = known(instances, key)?.unwrap_or_default();
    checked(events, key, &known)
}

/// As [`summary`], of a run that must exist.
pub(super) fn summary_of(
    instances: &impl Instances,
    events: &impl Events,
    key: u64,
) -> Result<InstanceSummary, redb::Error> {
    let missing = || damaged(name(key), "it is missing");
    summary(instances, events, key)?.ok_or_else(missing)
}

/// The summary in a value, after checking that it matches the history.
pub(super) fn checked(
    events: &impl Events,
    key: u64,
    known: &Known,
) -> Result<Option<InstanceSummary>, redb::Error> {
    let last = last_row(events, key).map_err(|bad| bad.of(InstanceKey(key)))?;
    check_head(known.head, last).map_err(|bad| damaged_history(key, bad))?;
    known.summary(key)
}

/// The first event and the checksum of the last row.
pub(super) fn last_row(events: &impl Events, key: u64) -> Result<Option<(EventId, u64)>, Failed> {
    row_before(events, key, u64::MAX)
}

/// The last row that starts at this event or before it.
pub(super) fn row_before(
    events: &impl Events,
    key: u64,
    event: u64,
) -> Result<Option<(EventId, u64)>, Failed> {
    let row = events.range((key, 0)..=(key, event))?.next_back();
    let Some((place, row)) = row.transpose()? else {
        return Ok(None);
    };
    let first = EventId(place.value().1);
    Ok(Some((first, row::checksum_in(first, row.value())?)))
}

/// An invalid or unreadable row.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Row(#[from] BadRow),
    #[error(transparent)]
    Database(#[from] redb::StorageError),
}

impl Failed {
    /// Converts to a database error about the history of this run.
    pub fn of(self, key: InstanceKey) -> redb::Error {
        match self {
            Self::Row(bad) => damaged_history(key.0, bad),
            Self::Database(error) => error.into(),
        }
    }
}

/// Checks that a history ends at the head of its run.
pub(super) fn check_head(head: HistoryHead, last: Option<(EventId, u64)>) -> Result<(), BadRow> {
    let known = head.events;
    match last {
        None if known == 0 => Ok(()),
        None => Err(BadRow::End { found: 0, known }),
        Some((first, checksum)) if first.0 < known && checksum == head.checksum => Ok(()),
        Some((first, _)) if first.0 >= known => Err(BadRow::End {
            found: first.0 + 1,
            known,
        }),
        Some((first, _)) => Err(BadRow::LastRow(first)),
    }
}
