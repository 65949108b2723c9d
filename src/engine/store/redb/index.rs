//! Index tables for searches. They are updated in the same commit as the summaries, where something
//! changed.

use std::collections::BTreeSet;

use redb::{ReadableTable, Table, WriteTransaction};

use super::{
    counts,
    statuses::{open_statuses, status_number},
    tables::*,
};
use crate::engine::InstanceSummary;

/// An entry of an index table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    Status(u8, u64),
    Workflow(String, u64),
    Tag(String, String, u64),
    Closed(u64, u64),
}

/// The index entries of an instance.
pub(super) fn entries(key: u64, summary: &InstanceSummary) -> BTreeSet<Entry> {
    let tags = summary.tags.iter();
    tags.map(|(name, value)| Entry::Tag(name.clone(), value.clone(), key))
        .chain([Entry::Workflow(summary.workflow.clone(), key)])
        .chain(entries_of_status(key, summary))
        .collect()
}

/// Those index entries of an instance that change while it runs.
fn entries_of_status(key: u64, summary: &InstanceSummary) -> impl Iterator<Item = Entry> {
    let closed = summary.closed_at.filter(|_| summary.status.is_closed());
    let closed = closed.map(|at| Entry::Closed(at.0, key));
    closed
        .into_iter()
        .chain([Entry::Status(status_number(summary.status), key)])
}

/// Changes of the index tables.
#[derive(Debug, Default)]
pub(super) struct Changes {
    removed: BTreeSet<Entry>,
    added: BTreeSet<Entry>,
}

impl Changes {
    /// Adds the changes for a summary that was created, changed or removed.
    pub fn change(
        &mut self,
        key: u64,
        from: Option<&InstanceSummary>,
        to: Option<&InstanceSummary>,
    ) {
        if let (Some(from), Some(to)) = (from, to)
            && from.workflow == to.workflow
            && from.tags == to.tags
        {
            if from.status != to.status || from.closed_at != to.closed_at {
                self.replace(
                    entries_of_status(key, from).collect(),
                    entries_of_status(key, to).collect(),
                );
            }
            return;
        }
        let entries = |summary| entries(key, summary);
        self.replace(
            from.map(entries).unwrap_or_default(),
            to.map(entries).unwrap_or_default(),
        );
    }

    fn replace(&mut self, from: BTreeSet<Entry>, to: BTreeSet<Entry>) {
        self.removed.extend(from.difference(&to).cloned());
        let is_new = |entry: &Entry| !from.contains(entry);
        self.added.extend(to.into_iter().filter(is_new));
    }

    /// Applies the changes.
    pub fn write(self, write: &WriteTransaction) -> Result<(), redb::Error> {
        let mut tables = Tables::new(write);
        let mut counts = counts::Changes::default();
        for entry in &self.removed {
            if tables.remove(entry)?
                && let Entry::Status(status, _) = entry
            {
                counts.removed(*status);
            }
        }
        for entry in &self.added {
            if tables.insert(entry)?
                && let Entry::Status(status, _) = entry
            {
                counts.added(*status);
            }
        }
        drop(tables);
        counts.write(write)
    }
}

/// The keys of the open instances, from the index of statuses.
pub(super) fn open_keys(
    statuses: &impl ReadableTable<(u8, u64), ()>,
) -> Result<Vec<u64>, redb::Error> {
    let mut keys = Vec::new();
    for status in open_statuses() {
        for entry in statuses.range((status, 0)..=(status, u64::MAX))? {
            keys.push(entry?.0.value().1);
        }
    }
    keys.sort_unstable();
    Ok(keys)
}

/// The index tables, opened on demand.
struct Tables<'a> {
    write: &'a WriteTransaction,
    statuses: Option<Table<'a, (u8, u64), ()>>,
    workflows: Option<Table<'a, (&'static str, u64), ()>>,
    tags: Option<Table<'a, (&'static str, &'static str, u64), ()>>,
    closed: Option<Table<'a, (u64, u64), ()>>,
}

/// A table, opened on first use.
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

    /// Inserts an entry; true if it was new.
    fn insert(&mut self, entry: &Entry) -> Result<bool, redb::Error> {
        let before = match entry {
            Entry::Status(status, key) => {
                opened!(self.statuses, STATUSES).insert((*status, *key), ())?
            }
            Entry::Workflow(name, key) => {
                opened!(self.workflows, WORKFLOWS).insert((name.as_str(), *key), ())?
            }
            Entry::Tag(name, value, key) => {
                opened!(self.tags, TAGS).insert((name.as_str(), value.as_str(), *key), ())?
            }
            Entry::Closed(at, key) => opened!(self.closed, CLOSED).insert((*at, *key), ())?,
        };
        Ok(before.is_none())
    }

    /// Removes an entry; true if it existed.
    fn remove(&mut self, entry: &Entry) -> Result<bool, redb::Error> {
        let before = match entry {
            Entry::Status(status, key) => {
                opened!(self.statuses, STATUSES).remove((*status, *key))?
            }
            Entry::Workflow(name, key) => {
                opened!(self.workflows, WORKFLOWS).remove((name.as_str(), *key))?
            }
            Entry::Tag(name, value, key) => {
                opened!(self.tags, TAGS).remove((name.as_str(), value.as_str(), *key))?
            }
            Entry::Closed(at, key) => opened!(self.closed, CLOSED).remove((*at, *key))?,
        };
        Ok(before.is_some())
    }
}

/// Removes all entries of an instance whose summary cannot be read, by scanning the tables.
pub(super) fn remove_all(write: &WriteTransaction, key: u64) -> Result<(), redb::Error> {
    let mut counts = counts::Changes::default();
    write.open_table(STATUSES)?.retain(|(status, of), ()| {
        if of == key {
            counts.removed(status);
        }
        of != key
    })?;
    counts.write(write)?;
    write
        .open_table(WORKFLOWS)?
        .retain(|(_, of), ()| of != key)?;
    write.open_table(TAGS)?.retain(|(_, _, of), ()| of != key)?;
    write.open_table(CLOSED)?.retain(|(_, of), ()| of != key)?;
    Ok(())
}
