//! The queue of purges.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::engine::{InstanceKey, Purge, Purgeable, Timestamp, reply::Reply};

/// The maximum number of instances that one commit purges.
const MAX_SLICE: usize = 128;

/// If a slice takes longer than this, the next one is smaller.
const LONG: Duration = Duration::from_millis(2);

/// The running purges.
pub(super) struct Purges {
    pub jobs: VecDeque<Job>,
    pub slice: usize,
    pub started_at: Option<Instant>,
    /// When retention was last checked.
    pub retention_checked: Option<Timestamp>,
}

impl Default for Purges {
    fn default() -> Self {
        Self {
            jobs: VecDeque::new(),
            slice: MAX_SLICE / 4,
            started_at: None,
            retention_checked: None,
        }
    }
}

/// A running purge.
pub(super) struct Job {
    pub purge: Purge,
    /// Found and not yet purged.
    pub found: VecDeque<InstanceKey>,
    /// Where the search for more continues.
    pub next: Cursor,
    pub count: u64,
    pub reply: Option<Reply<u64>>,
}

/// Where the search for instances continues.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cursor {
    First,
    After(Purgeable),
    End,
}

impl Purges {
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// The commit with a slice has finished.
    pub fn committed(&mut self) {
        if let Some(started_at) = self.started_at.take() {
            self.slice = match started_at.elapsed() > LONG {
                true => (self.slice / 2).max(1),
                false => (self.slice * 2).min(MAX_SLICE),
            };
        }
    }
}
