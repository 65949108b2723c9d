//! Where histories are kept. Knows no workflow: keys, events, summaries.

mod redb;

pub use redb::RedbStore;

use super::{Event, EventId, InstanceId, InstanceSummary, StoreError};

/// The store's own number for an instance: ascending in the order of their starts, so that a
/// history is appended at the right edge of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceKey(pub u64);

/// What one commit writes, all or nothing.
#[derive(Debug, Default)]
pub struct Batch {
    /// New events of their instances.
    pub events: Vec<(InstanceKey, Event)>,
    /// Instances that are new or whose summary changed.
    pub summaries: Vec<(InstanceKey, InstanceSummary)>,
}

impl Batch {
    /// Nothing to write.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.summaries.is_empty()
    }
}

/// An append-only store of histories. One writer, any number of readers on any thread.
pub trait Store: Send + Sync {
    /// Writes a batch; when this returns it is on the disk.
    fn commit(&self, batch: &Batch) -> Result<(), StoreError>;

    /// The key that the next instance gets.
    fn next_key(&self) -> Result<InstanceKey, StoreError>;

    /// The key of an id.
    fn find(&self, id: &InstanceId) -> Result<Option<InstanceKey>, StoreError>;

    /// An instance in a few words.
    fn summary(&self, key: InstanceKey) -> Result<Option<InstanceSummary>, StoreError>;

    /// All instances, oldest first.
    fn summaries(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError>;

    /// The instances that have not ended, oldest first.
    fn open_instances(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError>;

    /// The history of an instance from an event on.
    fn history(&self, key: InstanceKey, from: EventId) -> Result<Vec<Event>, StoreError>;
}
