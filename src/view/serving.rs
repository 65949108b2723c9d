//! Workflows of other programs that run here: where their workers connect.

use std::{collections::BTreeSet, sync::Arc};

use crate::engine::{EventId, Timestamp};

/// What is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServingView {
    /// Where workers connect: `127.0.0.1:4001`.
    pub address: Arc<str>,
    /// How many are connected.
    pub workers: usize,
}

/// The activities of an instance that wait until a worker takes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingActivitiesView {
    /// The name of the one that has waited longest.
    pub longest: Arc<str>,
    /// Since when it waits.
    pub since: Timestamp,
    /// The events that scheduled them.
    pub scheduled: BTreeSet<EventId>,
}
