//! Sums over the entries of the index tables.

use twox_hash::XxHash3_64;

use crate::engine::{
    InstanceSummary,
    store::redb::index::{Entry, entries},
};

/// A sum over the entries of each table.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sums {
    statuses: u64,
    workflows: u64,
    tags: u64,
    closed: u64,
    runs: u64,
}

impl Sums {
    /// Adds the entries of an instance.
    pub fn add(&mut self, key: u64, summary: &InstanceSummary) {
        for entry in entries(key, summary) {
            self.add_entry(&entry);
        }
        self.add_run(summary.id.as_str(), key);
    }

    /// Adds an entry of one of the tables.
    pub fn add_entry(&mut self, entry: &Entry) {
        match entry {
            Entry::Status(status, key) => add(&mut self.statuses, &[&[*status]], *key),
            Entry::Workflow(name, key) => add(&mut self.workflows, &[name.as_bytes()], *key),
            Entry::Tag(name, value, key) => {
                add(&mut self.tags, &[name.as_bytes(), value.as_bytes()], *key);
            }
            Entry::Closed(at, key) => add(&mut self.closed, &[&at.to_le_bytes()], *key),
        }
    }

    /// Adds a run of an instance id.
    pub fn add_run(&mut self, id: &str, key: u64) {
        add(&mut self.runs, &[id.as_bytes()], key);
    }
}

fn add(sum: &mut u64, parts: &[&[u8]], key: u64) {
    let hash = parts
        .iter()
        .fold(key, |seed, part| XxHash3_64::oneshot_with_seed(seed, part));
    *sum = sum.wrapping_add(hash);
}
