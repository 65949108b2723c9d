//! An instance in a few words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Event, Failure, Fork, Parent};
use crate::engine::{EventId, InstanceId, Payload, Timestamp};

/// What instances can be searched by: names and values of the caller's choice.
pub type Tags = BTreeMap<String, String>;

/// How an instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// Accepted, not yet begun.
    Pending,
    /// At work or waiting.
    Running,
    /// Held from outside.
    Suspended,
    /// Its code does not agree with its history.
    Stalled,
    /// Returned.
    Completed,
    /// Returned an error.
    Failed,
    /// Ended from outside.
    Terminated,
    /// Began again as a new run.
    ContinuedAsNew,
    /// Ended itself when asked to.
    Canceled,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl Status {
    /// Nothing more will happen to an instance in this status.
    pub fn is_closed(self) -> bool {
        !matches!(
            self,
            Self::Pending | Self::Running | Self::Suspended | Self::Stalled
        )
    }
}

/// An instance in a few words.
///
/// Two are equal if they say the same of the instance, whether or not they come from a store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceSummary {
    /// Its id.
    pub id: InstanceId,
    /// Which run under that id: 1, 2, ... An id may be used again once its instance has ended, and
    /// continuing as new begins a new run.
    pub run: u32,
    /// Name of its workflow.
    pub workflow: String,
    /// Version of its workflow, if that has named ones.
    pub version: Option<String>,
    /// How it is.
    pub status: Status,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub closed_at: Option<Timestamp>,
    /// Activities that are under way.
    pub in_flight: u32,
    /// Its last word on how it is doing.
    pub custom_status: Option<Payload>,
    /// What it returned.
    pub output: Option<Payload>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Whose child it is.
    pub parent: Option<Parent>,
    /// What its history was taken from.
    pub fork: Option<Fork>,
    /// Its tags.
    pub tags: Tags,
    /// Activities that have failed so often that their attempts are counted here and no longer
    /// recorded one by one.
    #[serde(default)]
    pub folded_attempts: Vec<FoldedAttempts>,
    /// Where its history ended when this was read from a store; `None`: it comes from elsewhere.
    #[serde(skip)]
    pub head: Option<HistoryHead>,
}

/// Where an activity is whose attempts are no longer recorded one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FoldedAttempts {
    /// Its `TaskScheduled`.
    pub scheduled: EventId,
    /// The attempt that is under way or comes next.
    pub attempt: u32,
    /// How the attempt before ended.
    pub failure: Option<Failure>,
    /// When the attempt begins, if it is not under way.
    pub retry_at: Option<Timestamp>,
    /// The last heartbeat.
    pub heartbeat: Option<Payload>,
}

/// Where a history ends, as the store knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HistoryHead {
    /// How many events there are.
    pub events: u64,
    /// The checksum of the last of them, into which those of all events before it went.
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
    /// An instance that has just been accepted.
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

/// What one commit added to one instance. The feed sends these once they are durable.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    /// The instance after the commit.
    pub instance: InstanceSummary,
    /// The events, in order; ids follow on those of the commit before.
    pub events: Vec<Event>,
    /// What the workflow told those who watch it live; not part of the history.
    pub annotations: Vec<Payload>,
    /// What the workflow has logged.
    pub log: Vec<String>,
}
