//! Where histories are kept. Knows no workflow: keys, events, summaries.

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
    StoreError, Timestamp,
};

/// The store's own number for one run of an instance: ascending in the order of their starts, so
/// that a history is appended at the right edge of the file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct InstanceKey(pub u64);

/// What one commit writes, all or nothing.
#[derive(Debug, Default, Clone)]
pub struct Batch {
    /// New events of their instances, in order of keys; ids follow on those in the store.
    pub histories: Vec<(InstanceKey, Vec<Event>)>,
    /// Instances that are new or whose summary changed.
    pub summaries: Vec<(InstanceKey, InstanceSummary)>,
    /// Who came from whom: parent or source first, then the child or fork.
    pub relations: Vec<(InstanceKey, InstanceKey)>,
    /// Instances of which nothing is to be left.
    pub purged: Vec<InstanceKey>,
    /// Schedules that are new or changed; `None`: gone.
    pub schedules: Vec<(ScheduleName, Option<Schedule>)>,
    /// What one instance told another that could not be done in the same commit.
    pub posted: Vec<(PostId, Payload)>,
    /// Of those, what has now been done.
    pub delivered: Vec<PostId>,
    /// Whether everything that was under way has been finished and the engine ends in order.
    pub clean: Option<CleanClose>,
}

/// The number of something posted: ascending.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct PostId(pub u64);

/// How an engine left its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CleanClose {
    /// It drained and ended in order.
    Yes,
    /// It was stopped: the attempts that were under way were dropped on purpose.
    Stopped,
    /// It is at work, or its process ended while it was.
    No,
}

impl Batch {
    /// Nothing to write.
    pub fn is_empty(&self) -> bool {
        self.histories.is_empty()
            && self.summaries.is_empty()
            && self.relations.is_empty()
            && self.purged.is_empty()
            && self.schedules.is_empty()
            && self.posted.is_empty()
            && self.delivered.is_empty()
            && self.clean.is_none()
    }
}

/// What an engine has to know of a store before it begins.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The key that the next instance gets.
    pub next_key: InstanceKey,
    /// How the engine before left it; a new store counts as clean.
    pub closed: CleanClose,
    /// The schedules.
    pub schedules: Vec<(ScheduleName, Schedule)>,
    /// What was posted and not yet delivered, in order.
    pub posted: Vec<(PostId, Payload)>,
    /// Schedules and posts that cannot be read. The others can be read all the same.
    pub damaged: Vec<StoreError>,
}

/// An instance that a purge takes, and where the next slice of such instances begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purgeable {
    /// When it ended.
    pub closed_at: Timestamp,
    /// Which.
    pub key: InstanceKey,
}

/// Takes one open instance with its history, or what is known of one that cannot be read.
pub type EachOpen<'a> = &'a mut dyn FnMut(InstanceKey, Result<OpenInstance, Unreadable>);

/// An open instance as it is in the store.
#[derive(Debug, Clone)]
pub struct OpenInstance {
    /// In a few words.
    pub summary: InstanceSummary,
    /// From its `ExecutionStarted` on.
    pub history: Vec<Event>,
}

/// An open instance that the store cannot read. The others can be read all the same.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// In a few words, if these can be read.
    pub summary: Option<InstanceSummary>,
    /// What is damaged.
    pub error: StoreError,
}

/// An append-only store of histories. One writer, any number of readers on any thread.
pub trait Store: Send + Sync {
    /// Writes a batch; when this returns it is on the disk. After an error the same batch may be
    /// written again, whether or not a part of it had reached the disk: that is how the engine goes
    /// on when a full disk has room again.
    fn commit(&self, batch: &Batch) -> Result<(), StoreError>;

    /// What an engine has to know before it begins.
    fn opening(&self) -> Result<Opening, StoreError>;

    /// The key of the latest run of an id.
    fn find(&self, id: &InstanceId) -> Result<Option<InstanceKey>, StoreError>;

    /// The keys of all runs of an id, oldest first.
    fn runs(&self, id: &InstanceId) -> Result<Vec<InstanceKey>, StoreError>;

    /// An instance in a few words.
    fn summary(&self, key: InstanceKey) -> Result<Option<InstanceSummary>, StoreError>;

    /// At most `most` instances from the newest to the oldest, beginning with the first that is
    /// older than `before` (`None`: with the newest).
    fn page(
        &self,
        before: Option<InstanceKey>,
        most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError>;

    /// The instances that have not ended, oldest first.
    fn open_instances(&self) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError>;

    /// Hands over every open instance with its history, oldest first. One that is damaged does not
    /// keep the others back.
    fn each_open(&self, each: EachOpen<'_>) -> Result<(), StoreError>;

    /// The history of an instance from an event on.
    fn history(&self, key: InstanceKey, from: EventId) -> Result<Vec<Event>, StoreError>;

    /// The children and forks of an instance, oldest first.
    fn relations(&self, key: InstanceKey) -> Result<Vec<InstanceKey>, StoreError>;

    /// At most `most` events of the history of an instance, from one on.
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

    /// At most `most` instances that a search finds, from the newest to the oldest, beginning with
    /// the first that is older than `before` (`None`: with the newest). A store that is not made for
    /// it looks at each instance.
    fn search(
        &self,
        search: &Search,
        before: Option<InstanceKey>,
        most: usize,
    ) -> Result<Vec<(InstanceKey, InstanceSummary)>, StoreError> {
        scan::search(self, search, before, most)
    }

    /// At most `most` of the instances that a purge takes, without their children, beginning behind
    /// `after` (`None`: with the first). What is purged between two calls changes nothing for those
    /// that are left.
    fn purgeable(
        &self,
        purge: &Purge,
        after: Option<Purgeable>,
        most: usize,
    ) -> Result<Vec<Purgeable>, StoreError> {
        scan::purgeable(self, purge, after, most)
    }

    /// Reads everything and says what is damaged. A store that knows nothing of how it is kept reads
    /// each instance with its history.
    fn verify(&self) -> Result<Verified, StoreError> {
        scan::verify(self)
    }
}
