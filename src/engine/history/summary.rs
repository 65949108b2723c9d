//! Summaries of instances.

use serde::{Deserialize, Serialize};

use super::{Event, Fork, Parent, Tags};
use crate::engine::{EventId, Failure, InstanceId, Payload, Timestamp};

/// The status of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Status {
    /// Accepted, not yet started.
    Pending,
    /// Running or waiting.
    Running,
    /// Suspended by a caller.
    Suspended,
    /// Its code does not match its history.
    Stalled,
    /// The workflow returned a result.
    Completed,
    /// The workflow returned an error.
    Failed,
    /// Terminated by a caller.
    Terminated,
    /// Continued in a new run.
    ContinuedAsNew,
    /// Canceled on request.
    Canceled,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl Status {
    /// All statuses.
    pub const ALL: [Self; 9] = [
        Self::Pending,
        Self::Running,
        Self::Suspended,
        Self::Stalled,
        Self::Completed,
        Self::Failed,
        Self::Terminated,
        Self::ContinuedAsNew,
        Self::Canceled,
    ];

    /// Whether this status is final.
    pub fn is_closed(self) -> bool {
        !matches!(
            self,
            Self::Pending | Self::Running | Self::Suspended | Self::Stalled
        )
    }
}

/// A summary of an instance.
///
/// Equality does not consider `head`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceSummary {
    /// Its id.
    pub id: InstanceId,
    /// The number of the run: 1, 2, ... Reusing the id of a closed instance and continuing as new
    /// start a new run.
    pub run: u32,
    /// Name of its workflow.
    pub workflow: String,
    /// Version of its workflow, if that has named ones.
    pub version: Option<String>,
    /// Its status.
    pub status: Status,
    /// When it started.
    pub started_at: Timestamp,
    /// When it closed.
    pub closed_at: Option<Timestamp>,
    /// Activities in flight.
    pub in_flight: u32,
    /// Its custom status.
    pub custom_status: Option<Payload>,
    /// Its output.
    pub output: Option<Payload>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Its parent, if it is a child.
    pub parent: Option<Parent>,
    /// Its source, if it is a fork.
    pub fork: Option<Fork>,
    /// Its tags.
    pub tags: Tags,
    /// Activities whose failed attempts are so numerous that they are counted here instead of being recorded
    /// one by one.
    #[serde(default)]
    pub folded_attempts: Vec<FoldedAttempts>,
    /// The end of its history, if this was read from a store.
    #[serde(skip)]
    pub head: Option<HistoryHead>,
}

/// The state of an activity whose attempts are no longer recorded one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FoldedAttempts {
    /// Its `TaskScheduled`.
    pub scheduled: EventId,
    /// The current or next attempt.
    pub attempt: u32,
    /// How the previous attempt failed.
    pub failure: Option<Failure>,
    /// When the attempt starts, if it is not in flight.
    pub retry_at: Option<Timestamp>,
    /// The last heartbeat.
    pub heartbeat: Option<Payload>,
}

/// The end of a history in a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HistoryHead {
    /// The number of events.
    pub events: u64,
    /// The checksum of the last event, chained over all events before it.
    pub checksum: u64,
}

impl PartialEq for InstanceSummary {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            id,
            run,
            workflow,
            version,
            status,
            started_at,
            closed_at,
            in_flight,
            custom_status,
            output,
            failure,
            parent,
            fork,
            tags,
            folded_attempts,
            head: _,
        } = self;
        *id == other.id
            && *run == other.run
            && *workflow == other.workflow
            && *version == other.version
            && *status == other.status
            && *started_at == other.started_at
            && *closed_at == other.closed_at
            && *in_flight == other.in_flight
            && *custom_status == other.custom_status
            && *output == other.output
            && *failure == other.failure
            && *parent == other.parent
            && *fork == other.fork
            && *tags == other.tags
            && *folded_attempts == other.folded_attempts
    }
}

impl InstanceSummary {
    /// The summary of a new instance.
    pub fn new(id: InstanceId, workflow: impl Into<String>) -> Self {
        Self {
            id,
            run: 1,
            workflow: workflow.into(),
            version: None,
            status: Status::Pending,
            started_at: Timestamp::default(),
            closed_at: None,
            in_flight: 0,
            custom_status: None,
            output: None,
            failure: None,
            parent: None,
            fork: None,
            tags: Tags::new(),
            folded_attempts: Vec::new(),
            head: None,
        }
    }
}

/// The changes of one instance in one commit. Feeds publish them once they are durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    /// The instance after the commit.
    pub instance: InstanceSummary,
    /// The new events, in order.
    pub events: Vec<Event>,
    /// Annotations of the workflow; not part of the history.
    pub annotations: Vec<Payload>,
    /// Log lines of the workflow.
    pub log: Vec<String>,
}

impl Committed {
    /// Events of the store. Annotations and log are not stored.
    pub fn stored(instance: InstanceSummary, events: Vec<Event>) -> Self {
        Self {
            instance,
            events,
            annotations: Vec::new(),
            log: Vec::new(),
        }
    }
}
