//! The value of an instance: where its history ends, then its summary.
//!
//! What appends events and changes nothing in the summary writes the first sixteen bytes anew and
//! leaves the rest as it is. The summary may be missing: a history was written without one.

use redb::ReadableTable;

use super::tables::*;
use crate::engine::{
    EventId, HistoryHead, InstanceKey, InstanceSummary,
    store::{
        row::{self, BadRow},
        seal::{seal, unseal},
    },
};

/// The table of instances, for reading or writing.
pub(super) trait Instances: ReadableTable<u64, &'static [u8]> {}
impl<T: ReadableTable<u64, &'static [u8]>> Instances for T {}

/// The table of events, for reading or writing.
pub(super) trait Events: ReadableTable<(u64, u64), &'static [u8]> {}
impl<T: ReadableTable<(u64, u64), &'static [u8]>> Events for T {}

/// The bytes before the summary.
const HEAD: usize = 16;

/// What the table says of an instance.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Where its history ends.
    pub head: HistoryHead,
    /// Its summary in MessagePack; empty: there is none.
    pub summary: Vec<u8>,
}

impl Known {
    /// From the value of the table.
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

    /// As the value of the table.
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

/// What is damaged in the history of an instance.
pub(super) fn damaged_history(key: u64, bad: impl std::fmt::Display) -> redb::Error {
    damaged(format!("the history of instance number {key}"), bad)
}

/// What the table says of an instance.
pub(super) fn known(table: &impl Instances, key: u64) -> Result<Option<Known>, redb::Error> {
    let value = table.get(key)?;
    value
        .map(|value| Known::from_value(key, value.value()))
        .transpose()
}

/// The summary of an instance, if it belongs to the history that is there.
pub(super) fn summary(
    instances: &impl Instances,
    events: &impl Events,
    key: u64,
) -> Result<Option<InstanceSummary>, redb::Error> {
    // One that is missing has no history either.
    let known = known(instances, key)?.unwrap_or_default();
    checked(events, key, &known)
}

/// The same of an instance that a table names.
pub(super) fn summary_of(
    instances: &impl Instances,
    events: &impl Events,
    key: u64,
) -> Result<InstanceSummary, redb::Error> {
    let missing = || damaged(name(key), "it is missing");
    summary(instances, events, key)?.ok_or_else(missing)
}

/// The summary, if it belongs to the history that is there.
pub(super) fn checked(
    events: &impl Events,
    key: u64,
    known: &Known,
) -> Result<Option<InstanceSummary>, redb::Error> {
    let last = last_row(events, key).map_err(|bad| bad.of(InstanceKey(key)))?;
    check_head(known.head, last).map_err(|bad| damaged_history(key, bad))?;
    known.summary(key)
}

/// The id of the first event of the last row, and the row's checksum.
pub(super) fn last_row(events: &impl Events, key: u64) -> Result<Option<(EventId, u64)>, Failed> {
    row_before(events, key, u64::MAX)
}

/// The last row that begins with this event or one before it.
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

/// A row that is damaged, or cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failed {
    #[error(transparent)]
    Row(#[from] BadRow),
    #[error(transparent)]
    Database(#[from] redb::StorageError),
}

impl Failed {
    /// As an error of the database, about the history of this instance.
    pub fn of(self, key: InstanceKey) -> redb::Error {
        match self {
            Self::Row(bad) => damaged_history(key.0, bad),
            Self::Database(error) => error.into(),
        }
    }
}

/// Whether a history ends where the instance says.
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
