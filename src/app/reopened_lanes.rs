//! The lanes that exist when the window opens: those that go on, and a few that closed before. They are read
//! a few at a time, so that the window shows the first of them at once.

use std::collections::{HashSet, VecDeque};

use super::{
    recently_closed::recently_closed,
    recovered::{Recovered, standing, stored},
};
use crate::{
    engine::{Archive, Committed, Feed, InstanceId, InstanceSummary, Timestamp},
    view::Outage,
};

/// The lanes that still have to be read.
pub(super) struct ReopenedLanes {
    archive: Archive,
    /// When the program started.
    started: Timestamp,
    open: HashSet<InstanceId>,
    /// Their histories have to be read, oldest first.
    unread: VecDeque<InstanceSummary>,
    /// The tasks that they perform have to be found: that takes longer.
    unplaced: VecDeque<InstanceId>,
    recovered: Recovered,
    long_lived: Vec<InstanceId>,
}

/// One step of reading.
pub(super) enum Step {
    /// A lane, or what it performs.
    Read(Box<Committed>),
    /// The instance cannot be read, or has closed meanwhile.
    Skipped,
    /// All lanes were read.
    Done(AllRead),
}

/// What all lanes have told once they are read.
pub(super) struct AllRead {
    /// How long the process was gone; `None`: nothing goes on.
    pub outage: Option<Outage>,
    /// Instances that have earlier runs.
    pub long_lived: Vec<InstanceId>,
}

impl ReopenedLanes {
    /// Lanes for the instances that are open, and for those that closed last.
    pub fn new(archive: Archive, feed: &Feed, started: Timestamp) -> Self {
        let open: HashSet<_> = feed.open.iter().map(|open| open.id.clone()).collect();
        let mut unread = recently_closed(&archive, &open).unwrap_or_default();
        unread.extend(feed.open.iter().cloned());
        unread.sort_by_key(|run| run.started_at);
        Self {
            archive,
            started,
            open,
            unread: unread.into(),
            unplaced: VecDeque::new(),
            recovered: Recovered::default(),
            long_lived: Vec::new(),
        }
    }

    /// Reads one.
    pub fn step(&mut self) -> Step {
        let read = match (self.unread.pop_front(), self.unplaced.front()) {
            (Some(summary), _) => self.history(&summary),
            (None, Some(_)) => self.position(),
            (None, None) => {
                return Step::Done(AllRead {
                    outage: self.recovered.outage(self.started),
                    long_lived: std::mem::take(&mut self.long_lived),
                });
            }
        };
        read.map_or(Step::Skipped, |read| Step::Read(Box::new(read)))
    }

    fn history(&mut self, summary: &InstanceSummary) -> Option<Committed> {
        let stored = stored(&self.archive, summary)?;
        if self.open.contains(&summary.id) {
            self.recovered.count(&stored.events, self.started);
            self.unplaced.push_back(summary.id.clone());
        }
        if summary.run > 1 {
            self.long_lived.push(summary.id.clone());
        }
        Some(stored)
    }

    fn position(&mut self) -> Option<Committed> {
        standing(&self.archive, &self.unplaced.pop_front()?)
    }
}
