//! The numbers of runs by status. They are updated in the same commit as the index of statuses, and
//! reveal lost entries in it.

use redb::{ReadTransaction, ReadableTable, WriteTransaction};

use super::{
    statuses::{open_statuses, status_number},
    tables::*,
};
use crate::engine::{
    Status,
    store::seal::{seal, unseal},
};

/// The number of statuses.
const STATUS_COUNT: usize = Status::ALL.len();

/// The numbers of runs, by the number of their status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts([u64; STATUS_COUNT]);

impl Counts {
    /// The number of runs with one of these statuses.
    pub fn of(&self, statuses: impl IntoIterator<Item = u8>) -> u64 {
        let counts = statuses.into_iter().map(|status| self.0[status as usize]);
        counts.sum()
    }

    /// Counts the entries of the index.
    pub fn of_index(statuses: &impl ReadableTable<(u8, u64), ()>) -> Result<Self, redb::Error> {
        let mut counts = Self::default();
        for entry in statuses.iter()? {
            let (status, _) = entry?.0.value();
            if let Some(count) = counts.0.get_mut(status as usize) {
                *count += 1;
            }
        }
        Ok(counts)
    }

    /// `None` if the changes do not fit: the counts were wrong.
    fn changed(mut self, changes: &Changes) -> Option<Self> {
        for (count, change) in self.0.iter_mut().zip(changes.0) {
            *count = count.checked_add_signed(change)?;
        }
        Some(self)
    }

    fn to_value(self) -> Vec<u8> {
        let content = self.0.map(u64::to_le_bytes);
        seal(of_state(STATE_COUNTS), content.as_flattened())
    }

    fn from_value(value: &[u8]) -> Result<Self, redb::Error> {
        let what = "the numbers of instances by status";
        let content = unseal(of_state(STATE_COUNTS), value);
        let content = content.map_err(|bad| damaged(what, bad))?;
        let (counts, rest) = content.as_chunks();
        match <[[u8; 8]; STATUS_COUNT]>::try_from(counts) {
            Ok(counts) if rest.is_empty() => Ok(Self(counts.map(u64::from_le_bytes))),
            _ => Err(damaged(what, "their number is wrong")),
        }
    }
}

/// Changes of the counts.
#[derive(Debug, Default)]
pub(super) struct Changes([i64; STATUS_COUNT]);

impl Changes {
    /// An entry was added to the index of statuses.
    pub fn added(&mut self, status: u8) {
        self.0[status as usize] += 1;
    }

    /// An entry was removed from it.
    pub fn removed(&mut self, status: u8) {
        if let Some(count) = self.0.get_mut(status as usize) {
            *count -= 1;
        }
    }

    /// Applies the changes. The index is already changed.
    pub fn write(self, write: &WriteTransaction) -> Result<(), redb::Error> {
        if self.0.iter().all(|change| *change == 0) {
            return Ok(());
        }
        let mut state = write.open_table(STATE)?;
        let before = state.get(STATE_COUNTS)?;
        let before = before.and_then(|value| Counts::from_value(value.value()).ok());
        let now = match before.and_then(|before| before.changed(&self)) {
            Some(now) => now,
            // Earlier versions did not store the counts, or they are damaged.
            None => Counts::of_index(&write.open_table(STATUSES)?)?,
        };
        state.insert(STATE_COUNTS, now.to_value().as_slice())?;
        state.remove(STATE_OPEN)?;
        Ok(())
    }
}

/// The stored counts; `None` in a store from before they were stored.
pub(super) fn stored(read: &ReadTransaction) -> Result<Option<Counts>, redb::Error> {
    let state = read.open_table(STATE)?;
    let counts = state.get(STATE_COUNTS)?;
    let counts = counts.map(|value| Counts::from_value(value.value()));
    counts.transpose()
}

/// The stored count of open instances, which earlier versions stored alone.
pub(super) fn stored_open(read: &ReadTransaction) -> Result<Option<u64>, redb::Error> {
    if let Some(counts) = stored(read)? {
        return Ok(Some(counts.of(open_statuses())));
    }
    let state = read.open_table(STATE)?;
    let what = "how many instances are open";
    let open = state.get(STATE_OPEN)?;
    let open = open.map(|open| unpack_number(of_state(STATE_OPEN), open.value(), what));
    open.transpose()
}

/// The number of runs with one of these statuses.
pub(super) fn count(read: &ReadTransaction, statuses: &[Status]) -> Result<u64, redb::Error> {
    let counts = match stored(read)? {
        Some(counts) => counts,
        None => Counts::of_index(&read.open_table(STATUSES)?)?,
    };
    let all = Status::ALL.into_iter();
    let wanted = all.filter(|status| statuses.contains(status));
    Ok(counts.of(wanted.map(status_number)))
}
