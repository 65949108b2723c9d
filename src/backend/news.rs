//! What a backend tells while it is followed.

use std::{collections::BTreeMap, sync::Arc};

use super::BackendName;
use crate::engine::{Committed, InstanceId, Status, Timestamp};

/// News of a backend.
#[derive(Debug, Clone)]
pub enum BackendNews {
    /// An instance that is watched has new events.
    Committed {
        /// The events.
        commit: Arc<Committed>,
        /// Whether they are new, or what had happened before the instance was watched.
        moment: Moment,
    },
    /// An instance is no longer watched, because others took its place.
    Unwatched(InstanceId),
    /// A new overview of all instances.
    Overview(BackendOverview),
    /// Whether the backend answers has changed.
    Link(Link),
}

/// When events happened that a backend tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the instance was watched, or while the backend could not be reached: shown, not heard.
    Past,
    /// Now.
    Now,
}

/// Whether a backend answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// It does.
    Up,
    /// It has not answered since then.
    Down {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: Arc<str>,
    },
}

/// How many instances a backend has, and in which state they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendOverview {
    /// The backend.
    pub backend: BackendName,
    /// The time of the overview.
    pub at: Timestamp,
    /// How many there are, by workflow and status. What was not counted is not in it.
    pub counts: BTreeMap<(Arc<str>, Status), u64>,
    /// When the instances of the overview have started and closed, the latest first.
    pub instances: Vec<OverviewInstance>,
}

/// An instance in an overview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewInstance {
    /// The instance.
    pub id: InstanceId,
    /// Its workflow.
    pub workflow: Arc<str>,
    /// Its status.
    pub status: Status,
    /// When it started.
    pub started_at: Timestamp,
    /// When it closed.
    pub closed_at: Option<Timestamp>,
}

impl BackendOverview {
    /// The number of all instances.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The number of instances with a status.
    pub fn with_status(&self, status: Status) -> u64 {
        let counts = self.counts.iter();
        let counts = counts.filter(|((_, of), _)| *of == status);
        counts.map(|(_, count)| count).sum()
    }
}
