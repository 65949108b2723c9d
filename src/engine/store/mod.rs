//! Storage of histories: keys, events and summaries, independent of workflows.

mod format2;
mod redb;
mod row;
mod scan;
mod seal;
#[cfg(test)]
mod tests;
mod verified;

pub use redb::RedbStore;
pub use verified::{Damage, Verified};

use serde::{Deserialize, Serialize};

use super::{
    Event, EventId, InstanceId, InstanceSummary, Payload, Purge, Schedule, ScheduleName, Search,
    Status, StoreError, Timestamp,
};

/// The store's key of a run. Keys ascend in the order of starts, so that histories are appended at
/// the end of the file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct InstanceKey(pub u64);

/// The changes of one atomic commit.
#[derive(Debug, Default, Clone)]
pub struct Batch {
    /// New events by run, in key order; their ids continue those in the store.
    pub histories: Vec<(InstanceKey, Vec<Event>)>,
    /// New or changed summaries.
    pub summaries: Vec<(InstanceKey, InstanceSummary)>,
    /// Relations: the parent or source, then the child or fork.
    pub relations: Vec<(InstanceKey, InstanceKey)>,
    /// Runs to remove completely.
    pub purged: Vec<InstanceKey>,
    /// New or changed schedules; `None`: deleted.
    pub schedules: Vec<(ScheduleName, Option<Schedule>)>,
    /// Outbox entries to add: messages between instances that were not delivered in the same
    /// commit.
    pub outbox_added: Vec<(OutboxId, Payload)>,
    /// Outbox entries to remove: messages that were delivered.
    pub outbox_removed: Vec<OutboxId>,
    /// How the engine leaves the store, if that changes.
    pub clean: Option<CleanClose>,
}

/// The id of an outbox entry. Ids ascend.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct OutboxId(pub u64);

/// How an engine left its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CleanClose {
    /// It drained and stopped.
    Yes,
    /// It was stopped: attempts in flight were dropped on purpose.
    Stopped,
    /// It is running, or its process ended while it was.
    No,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.histories.is_empty()
            && self.summaries.is_empty()
            && self.relations.is_empty()
            && self.purged.is_empty()
            && self.schedules.is_empty()
            && self.outbox_added.is_empty()
            && self.outbox_removed.is_empty()
            && self.clean.is_none()
    }
}

/// What an engine reads from a store when it starts.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The key of the next run.
    pub next_key: InstanceKey,
    /// How the previous engine left the store; a new store counts as clean.
    pub closed: CleanClose,
    /// The schedules.
    pub schedules: Vec<(ScheduleName, Schedule)>,
    /// The outbox: messages that were not delivered, in order.
    pub outbox: Vec<(OutboxId, Payload)>,
    /// Errors of schedules and outbox entries that cannot be read. The others are returned.
    pub damaged: Vec<StoreError>,
}

/// A run selected by a purge, which is also the position from which the next slice continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purgeable {
    /// When it closed; zero if the order is that of the keys.
    pub closed_at: Timestamp,
    /// Its key.
    pub key: InstanceKey,
}

impl Purgeable {
    /// A run in the order of the keys.
    fn in_order(key: InstanceKey) -> Self {
        let closed_at = Timestamp::default();
        Self { closed_at, key }
    }
}

/// Receives an open instance with its history, or the error if it cannot be read.
pub type EachOpen<'a> = &'a mut dyn FnMut(InstanceKey, Result<OpenInstance, Unreadable>);

/// An open instance read from the store.
#[derive(Debug, Clone)]
pub struct OpenInstance {
    /// Its summary.
    pub summary: InstanceSummary,
    /// Its history, from `ExecutionStarted` on.
    pub history: Vec<Event>,
}

/// An open instance that cannot be read. Others are not affected.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// Its summary, if that can be read.
    pub summary: Option<InstanceSummary>,
    /// The error.
    pub error: StoreError,
}

/// An append-only store of histories. One writer, any number of readers on any thread.
pub trait Store: Send + Sync {
    /// Commits a batch; it is durable when this returns. After an error the same batch may be
    /// committed again, even if parts of it reached the disk: this is how the engine continues
    /// after a full disk was freed.
    fn commit(&self, batch: &Batch) -> Result<(), StoreError>;

    /// Reads what an engine needs when it starts.
    fn opening(&self) -> Result<Opening, StoreError>;

    /// The key of the latest run of an instance.
    fn find(&self, id: &InstanceId) -> Result<Option<InstanceKey>, StoreError>;

    /// The keys of all runs of an instance, oldest first.
    fn runs(&self, id: &InstanceId) -> Result<Vec<InstanceKey>, StoreError>;

    /// The summary of a run.
    fn summary(&self, key: InstanceKey) -> Result<Option<InstanceSummary>, StoreError>;

    /// At most `most` runs, newest first, older than `before` (`None`: from the newest).
    fn page(
        &self,
        before: Option<InstanceKey>,
        most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError>;

    /// The open instances, oldest first.
    fn open_instances(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError>;

    /// Passes every open instance with its history to `each`, oldest first. Damaged instances do
    /// not affect others.
    fn each_open(&self, each: EachOpen<'_>) -> Result<(), StoreError>;

    /// The history of a run from an event on.
    fn history(&self, key: InstanceKey, from: EventId) -> Result<Vec<Event>, StoreError>;

    /// The children and forks of a run, oldest first.
    fn relations(&self, key: InstanceKey) -> Result<Vec<InstanceKey>, StoreError>;

    /// At most `most` events of the history of a run, from an event on.
    fn history_page(
        &self,
        key: InstanceKey,
        from: EventId,
        most: usize,
    ) -> Result<Vec<Event>, StoreError> {
        let mut history = self.history(key, from)?;
        history.truncate(most);
        Ok(history)
    }

    /// At most `most` runs that match a search, newest first, older than `before` (`None`: from the
    /// newest). The default implementation scans all runs.
    fn search(
        &self,
        search: &Search,
        before: Option<InstanceKey>,
        most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        scan::search(self, search, before, most)
    }

    /// At most `most` runs selected by a purge, without their children, after `after` (`None`: from
    /// the first). Purging between two calls does not affect the remaining ones.
    fn purgeable(
        &self,
        purge: &Purge,
        after: Option<Purgeable>,
        most: usize,
    ) -> Result<Vec<Purgeable>, StoreError> {
        scan::purgeable(self, purge, after, most)
    }

    /// The number of runs with one of these statuses. The default implementation scans all runs.
    fn count(&self, statuses: &[Status]) -> Result<u64, StoreError> {
        scan::count(self, statuses)
    }

    /// Verifies everything and reports damage. The default implementation reads each run with its
    /// history.
    fn verify(&self) -> Result<Verified, StoreError> {
        scan::verify(self)
    }
}
