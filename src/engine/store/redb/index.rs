//! The tables by which instances are searched. They are changed with the summaries that they are made
//! of, in the same commit, and only where something changed.

use std::collections::BTreeSet;

use redb::{Table, WriteTransaction};

use super::tables::*;
use crate::engine::{InstanceSummary, Status};

/// An entry of one of these tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    Status(u8, u64),
    Workflow(String, u64),
    Tag(String, String, u64),
    Closed(u64, u64),
}

/// All statuses.
pub(super) const STATUS_LIST: [Status; 9] = [
    Status::Pending,
    Status::Running,
    Status::Suspended,
    Status::Stalled,
    Status::Completed,
    Status::Failed,
    Status::Terminated,
    Status::ContinuedAsNew,
    Status::Canceled,
];

/// The number of a status in the file.
pub(super) fn status_number(status: Status) -> u8 {
    match status {
        Status::Pending => 0,
        Status::Running => 1,
        Status::Suspended => 2,
        Status::Stalled => 3,
        Status::Completed => 4,
        Status::Failed => 5,
        Status::Terminated => 6,
        Status::ContinuedAsNew => 7,
        Status::Canceled => 8,
    }
}

/// The entries of an instance.
pub(super) fn entries(key: u64, summary: &InstanceSummary) -> BTreeSet<Entry> {
    let tags = summary.tags.iter();
    let tags = tags.map(|(name, value)| Entry::Tag(name.clone(), value.clone(), key));
    let closed = summary.closed_at.filter(|_| summary.status.is_closed());
    tags.chain(closed.map(|at| Entry::Closed(at.0, key)))
        .chain([
            Entry::Status(status_number(summary.status), key),
            Entry::Workflow(summary.workflow.clone(), key),
        ])
        .collect()
}

/// What is to be changed in these tables.
#[derive(Debug, Default)]
pub(super) struct Changes {
    removed: BTreeSet<Entry>,
    added: BTreeSet<Entry>,
}

impl Changes {
    /// The summary of an instance changes, from none or to none.
    pub fn change(
        &mut self,
        key: u64,
        from: Option<&InstanceSummary>,
        to: Option<&InstanceSummary>,
    ) {
        if let (Some(from), Some(to)) = (from, to)
            && from.status == to.status
            && from.closed_at == to.closed_at
            && from.workflow == to.workflow
            && from.tags == to.tags
        {
            return;
        }
        let from = from
            .map(|summary| entries(key, summary))
            .unwrap_or_default();
        let to = to.map(|summary| entries(key, summary)).unwrap_or_default();
        self.removed.extend(from.difference(&to).cloned());
        self.added.extend(to.difference(&from).cloned());
    }

    /// Changes the tables.
    pub fn write(self, write: &WriteTransaction) -> Result<(), redb::Error> {
        let mut tables = Tables::new(write);
        for entry in &self.removed {
            tables.remove(entry)?;
        }
        for entry in &self.added {
            tables.insert(entry)?;
        }
        Ok(())
    }
}

/// The tables, each opened when it is needed.
struct Tables<'a> {
    write: &'a WriteTransaction,
    statuses: Option<Table<'a, (u8, u64), ()>>,
    workflows: Option<Table<'a, (&'static str, u64), ()>>,
    tags: Option<Table<'a, (&'static str, &'static str, u64), ()>>,
    closed: Option<Table<'a, (u64, u64), ()>>,
}

/// The table in this place, opened if it is not yet open.
macro_rules! opened {
    ($tables:ident . $place:ident, $definition:expr) => {
        match &mut $tables.$place {
            Some(table) => table,
            none => none.insert($tables.write.open_table($definition)?),
        }
    };
}

impl<'a> Tables<'a> {
    fn new(write: &'a WriteTransaction) -> Self {
        Self {
            write,
            statuses: None,
            workflows: None,
            tags: None,
            closed: None,
        }
    }

    fn insert(&mut self, entry: &Entry) -> Result<(), redb::Error> {
        match entry {
            Entry::Status(status, key) => {
                opened!(self.statuses, STATUSES).insert((*status, *key), ())?;
            }
            Entry::Workflow(name, key) => {
                opened!(self.workflows, WORKFLOWS).insert((name.as_str(), *key), ())?;
            }
            Entry::Tag(name, value, key) => {
                opened!(self.tags, TAGS).insert((name.as_str(), value.as_str(), *key), ())?;
            }
            Entry::Closed(at, key) => {
                opened!(self.closed, CLOSED).insert((*at, *key), ())?;
            }
        }
        Ok(())
    }

    fn remove(&mut self, entry: &Entry) -> Result<(), redb::Error> {
        match entry {
            Entry::Status(status, key) => {
                opened!(self.statuses, STATUSES).remove((*status, *key))?;
            }
            Entry::Workflow(name, key) => {
                opened!(self.workflows, WORKFLOWS).remove((name.as_str(), *key))?;
            }
            Entry::Tag(name, value, key) => {
                opened!(self.tags, TAGS).remove((name.as_str(), value.as_str(), *key))?;
            }
            Entry::Closed(at, key) => {
                opened!(self.closed, CLOSED).remove((*at, *key))?;
            }
        }
        Ok(())
    }
}

/// Removes every entry of an instance whose summary cannot be read: all tables are searched.
pub(super) fn remove_all(write: &WriteTransaction, key: u64) -> Result<(), redb::Error> {
    write
        .open_table(STATUSES)?
        .retain(|(_, of), ()| of != key)?;
    write
        .open_table(WORKFLOWS)?
        .retain(|(_, of), ()| of != key)?;
    write.open_table(TAGS)?.retain(|(_, _, of), ()| of != key)?;
    write.open_table(CLOSED)?.retain(|(_, of), ()| of != key)?;
    Ok(())
}
