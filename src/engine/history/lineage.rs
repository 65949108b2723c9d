//! Relations between instances: parents, forks.

use serde::{Deserialize, Serialize};

use crate::engine::{EventId, InstanceId};

/// The parent of a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parent {
    /// The parent.
    pub instance: InstanceId,
    /// Its `ChildWorkflowInstanceCreated`.
    pub created: EventId,
    /// The parent waits for the child and passes commands on to it.
    pub attached: bool,
    /// The run of the parent; [`ANY_RUN`](Self::ANY_RUN) in histories from before it was recorded, and of a child
    /// that was rerun in place.
    #[serde(default)]
    pub run: u32,
}

impl Parent {
    /// Any run of the parent may wait for the child.
    pub const ANY_RUN: u32 = 0;
}

/// The source of a fork.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fork {
    /// The source instance.
    pub instance: InstanceId,
    /// The run of the source.
    pub run: u32,
    /// The first event that is not shared with it.
    pub from: EventId,
    /// The source's own source, if it is a fork itself.
    pub source: Option<Box<Fork>>,
    /// The seed of random numbers from `from` on; `None`: the source's numbers continue.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// What happens to an open child when its parent closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ParentClosePolicy {
    /// It is terminated.
    #[default]
    Terminate,
    /// It continues without its parent.
    Abandon,
    /// Its cancellation is requested.
    RequestCancel,
}
