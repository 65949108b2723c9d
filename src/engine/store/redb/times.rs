//! The index of start and end times.
//!
//! Runs are searched in the order of their keys, and later keys mostly have later times. So one
//! entry per group of adjacent keys is enough: the range of their start and end times. A search for
//! a period skips the groups outside it and checks the summaries of the others.
//!
//! A range only widens: a purged run leaves it as it is. A group without an entry, in a store from
//! before this index, is never skipped.

use std::collections::BTreeMap;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, TableError, WriteTransaction};

use super::tables::*;
use crate::engine::{
    InstanceSummary, Search, Timestamp,
    store::seal::{seal, unseal},
};

/// The number of keys in a group.
const GROUP: u64 = 128;

/// A range of times in nanoseconds since the epoch, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    first: u64,
    last: u64,
}

impl Range {
    const EMPTY: Self = Self {
        first: u64::MAX,
        last: 0,
    };

    fn widen(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    fn add(&mut self, time: Timestamp) {
        self.widen(Self {
            first: time.0,
            last: time.0,
        });
    }

    fn contains(self, other: Self) -> bool {
        self.first <= other.first && self.last >= other.last
    }

    /// Whether a time in this range can lie in a period; `before` is not part of it.
    fn overlaps(self, since: Option<Timestamp>, before: Option<Timestamp>) -> bool {
        if since.is_none() && before.is_none() {
            return true;
        }
        self.first <= self.last
            && since.is_none_or(|since| self.last >= since.0)
            && before.is_none_or(|before| self.first < before.0)
    }
}

/// The times of a group of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    started: Range,
    closed: Range,
}

impl Times {
    const EMPTY: Self = Self {
        started: Range::EMPTY,
        closed: Range::EMPTY,
    };

    fn add(&mut self, summary: &InstanceSummary) {
        self.started.add(summary.started_at);
        if let Some(closed) = summary.closed_at {
            self.closed.add(closed);
        }
    }

    fn widen(&mut self, other: Self) {
        self.started.widen(other.started);
        self.closed.widen(other.closed);
    }

    fn contains(self, other: Self) -> bool {
        self.started.contains(other.started) && self.closed.contains(other.closed)
    }

    fn overlaps(self, search: &Search) -> bool {
        self.started.overlaps(search.since, search.before)
            && self
                .closed
                .overlaps(search.closed_since, search.closed_before)
    }

    fn to_value(self, group: u64) -> Vec<u8> {
        let ends = [
            self.started.first,
            self.started.last,
            self.closed.first,
            self.closed.last,
        ];
        seal(of_times(group), ends.map(u64::to_le_bytes).as_flattened())
    }

    /// `None` if the value is damaged.
    fn from_value(group: u64, value: &[u8]) -> Option<Self> {
        let content = unseal(of_times(group), value).ok()?;
        let (ends, []) = content.as_chunks() else {
            return None;
        };
        let ends: [[u8; 8]; 4] = ends.try_into().ok()?;
        let [first, last, closed_first, closed_last] = ends.map(u64::from_le_bytes);
        Some(Self {
            started: Range { first, last },
            closed: Range {
                first: closed_first,
                last: closed_last,
            },
        })
    }
}

/// The times of the runs in a batch, by group.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<u64, Change>);

#[derive(Debug)]
struct Change {
    times: Times,
    /// The first key in the group that is new.
    first_new: Option<u64>,
}

impl Changes {
    /// Adds the times of a run that is new or changed.
    pub fn add(&mut self, key: u64, summary: &InstanceSummary, is_new: IsNew) {
        let change = self.0.entry(key / GROUP).or_insert(Change {
            times: Times::EMPTY,
            first_new: None,
        });
        change.times.add(summary);
        if is_new == IsNew::Yes {
            let first = change.first_new.map_or(key, |first| first.min(key));
            change.first_new = Some(first);
        }
    }

    /// Widens the ranges in the table.
    pub fn write(
        self,
        write: &WriteTransaction,
        instances: &impl ReadableTable<u64, &'static [u8]>,
    ) -> Result<(), redb::Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut table = write.open_table(TIMES)?;
        for (group, change) in self.0 {
            let stored = table.get(group)?;
            let stored = stored.map(|value| Times::from_value(group, value.value()));
            let mut times = match stored {
                Some(Some(stored)) if stored.contains(change.times) => continue,
                Some(Some(stored)) => stored,
                // Without an entry, the group is searched run by run.
                Some(None) => {
                    table.remove(group)?;
                    continue;
                }
                None if is_unknown(instances, group, change.first_new)? => continue,
                None => Times::EMPTY,
            };
            times.widen(change.times);
            table.insert(group, times.to_value(group).as_slice())?;
        }
        Ok(())
    }
}

/// Whether a run is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IsNew {
    Yes,
    No,
}

/// Whether a group without an entry has runs from before this batch.
fn is_unknown(
    instances: &impl ReadableTable<u64, &'static [u8]>,
    group: u64,
    first_new: Option<u64>,
) -> Result<bool, redb::Error> {
    let first = instances.range(group * GROUP..)?.next().transpose()?;
    let first = first.map(|(key, _)| key.value());
    Ok(first_new.is_none_or(|new| first.is_some_and(|first| first < new)))
}

/// The table; `None` in a store from before this index.
pub(super) fn table(
    read: &ReadTransaction,
) -> Result<Option<ReadOnlyTable<u64, &'static [u8]>>, redb::Error> {
    match read.open_table(TIMES) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The greatest key that does not exceed `key` and can match the times of a search.
pub(super) fn at_most(
    table: &ReadOnlyTable<u64, &'static [u8]>,
    search: &Search,
    key: u64,
) -> Result<Option<u64>, redb::Error> {
    let mut greatest = key;
    for entry in table.range(..=key / GROUP)?.rev() {
        let (group, value) = entry?;
        let group = group.value();
        let is_known = group == greatest / GROUP;
        let times = Times::from_value(group, value.value());
        if !is_known || times.is_none_or(|times| times.overlaps(search)) {
            return Ok(Some(greatest));
        }
        let Some(below) = (group * GROUP).checked_sub(1) else {
            return Ok(None);
        };
        greatest = below;
    }
    Ok(Some(greatest))
}

/// The times that the index should contain, to verify it.
#[derive(Debug, Default)]
pub(super) struct Expected(BTreeMap<u64, Times>);

impl Expected {
    /// Adds a run.
    pub fn add(&mut self, key: u64, summary: &InstanceSummary) {
        let times = self.0.entry(key / GROUP).or_insert(Times::EMPTY);
        times.add(summary);
    }

    /// The groups with wrong entries, as descriptions.
    pub fn compare(&self, read: &ReadTransaction) -> Result<Vec<String>, redb::Error> {
        let mut wrong = Vec::new();
        let Some(table) = table(read)? else {
            return Ok(wrong);
        };
        for entry in table.iter()? {
            let (group, value) = entry?;
            let group = group.value();
            let keys = format!("{} to {}", group * GROUP, group * GROUP + GROUP - 1);
            match (Times::from_value(group, value.value()), self.0.get(&group)) {
                (None, _) => wrong.push(format!(
                    "the index of times is damaged for the instances {keys}"
                )),
                (Some(stored), Some(should)) if !stored.contains(*should) => wrong.push(format!(
                    "the index of times is wrong for the instances {keys}"
                )),
                _ => {}
            }
        }
        Ok(wrong)
    }
}
