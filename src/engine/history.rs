//! The history of an instance: what happened, in the field's words.
//!
//! Append-only. An event that closes something names the event that opened it, so pairing is exact.
//! This room knows no clock, no store and no thread.

use serde::{Deserialize, Serialize};

use super::{EventId, InstanceId, Payload, RetryPolicy, Timestamp};

/// One event of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the history.
    pub id: EventId,
    /// When it was appended, by the wall clock.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
}

impl Event {
    /// The event as a JSON object: `eventId`, `timestamp`, `type`, then the fields of that type.
    pub fn to_json(&self) -> serde_json::Value {
        let mut object = serde_json::Map::new();
        object.insert("eventId".into(), self.id.0.into());
        object.insert("timestamp".into(), self.at.to_string().into());
        // An enum of struct variants always becomes an object of one name with its fields.
        if let Ok(serde_json::Value::Object(tagged)) = serde_json::to_value(&self.kind) {
            for (name, fields) in tagged {
                object.insert("type".into(), name.into());
                if let serde_json::Value::Object(fields) = fields {
                    object.extend(fields);
                }
            }
        }
        serde_json::Value::Object(object)
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub enum EventKind {
    /// The instance began.
    ExecutionStarted {
        /// Name of the workflow.
        name: String,
        /// What the workflow function is given.
        input: Payload,
    },
    /// The workflow function returned.
    ExecutionCompleted {
        /// What it returned.
        output: Payload,
    },
    /// The workflow function returned an error or panicked.
    ExecutionFailed {
        /// The error.
        failure: Failure,
    },
    /// Somebody ended the instance from outside.
    ExecutionTerminated {
        /// Their words.
        reason: String,
    },
    /// Somebody holds the instance: later events are kept in order and not applied.
    ExecutionSuspended {
        /// Their words.
        reason: String,
    },
    /// Somebody lets the instance go on.
    ExecutionResumed {
        /// Their words.
        reason: String,
    },
    /// The workflow's code no longer agrees with its history; it goes on once that is mended.
    ExecutionStalled {
        /// What was expected, what came, and where.
        reason: String,
    },
    /// The workflow asked for an activity.
    TaskScheduled {
        /// Name of the activity.
        name: String,
        /// What it is given.
        input: Payload,
        /// How its failures are retried.
        retry: RetryPolicy,
    },
    /// An attempt of an activity begins. A second one with the same number means that the process
    /// ended before the first one's result was durable, or that the activity gave the work back.
    TaskStarted {
        /// The `TaskScheduled` that this belongs to.
        scheduled: EventId,
        /// 1, 2, ...
        attempt: u32,
    },
    /// An activity returned.
    TaskCompleted {
        /// The `TaskScheduled` that this closes.
        scheduled: EventId,
        /// What it returned.
        result: Payload,
    },
    /// An attempt of an activity failed.
    TaskFailed {
        /// The `TaskScheduled` that this belongs to.
        scheduled: EventId,
        /// Which attempt.
        attempt: u32,
        /// The error.
        failure: Failure,
        /// When the next attempt begins; `None`: this was the last, the activity is closed.
        retry_at: Option<Timestamp>,
    },
    /// The workflow no longer wants an activity's result.
    TaskCanceled {
        /// The `TaskScheduled` that this closes.
        scheduled: EventId,
    },
    /// A durable timer runs.
    TimerCreated {
        /// When it fires; `None`: never, it only marks a wait.
        fire_at: Option<Timestamp>,
        /// What it is for.
        origin: TimerOrigin,
    },
    /// A timer fired.
    TimerFired {
        /// The `TimerCreated` that this closes.
        timer: EventId,
    },
    /// A timer is no longer needed.
    TimerCanceled {
        /// The `TimerCreated` that this closes.
        timer: EventId,
    },
    /// An event came from outside.
    EventRaised {
        /// Its name; names differ only by more than letter case.
        name: String,
        /// Its data.
        input: Payload,
    },
    /// The workflow said in a word how it is doing.
    CustomStatusSet {
        /// Its words.
        status: Payload,
    },
}

impl EventKind {
    /// The name of the kind of event: `TaskScheduled`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionCompleted { .. } => "ExecutionCompleted",
            Self::ExecutionFailed { .. } => "ExecutionFailed",
            Self::ExecutionTerminated { .. } => "ExecutionTerminated",
            Self::ExecutionSuspended { .. } => "ExecutionSuspended",
            Self::ExecutionResumed { .. } => "ExecutionResumed",
            Self::ExecutionStalled { .. } => "ExecutionStalled",
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskStarted { .. } => "TaskStarted",
            Self::TaskCompleted { .. } => "TaskCompleted",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TaskCanceled { .. } => "TaskCanceled",
            Self::TimerCreated { .. } => "TimerCreated",
            Self::TimerFired { .. } => "TimerFired",
            Self::TimerCanceled { .. } => "TimerCanceled",
            Self::EventRaised { .. } => "EventRaised",
            Self::CustomStatusSet { .. } => "CustomStatusSet",
        }
    }
}

/// What a timer is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub enum TimerOrigin {
    /// The workflow waits.
    Wait {
        /// What for, in the words of the workflow's author; may be empty.
        name: String,
    },
    /// The workflow waits for an external event.
    ExternalEvent {
        /// The event's name.
        name: String,
    },
    /// The workflow tries something again after a pause.
    Retry {
        /// What it tries again.
        name: String,
        /// The attempt that will follow: 2, 3, ...
        attempt: u32,
    },
}

/// Why something failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Kind of error: a short name or a URI.
    pub error_type: String,
    /// What happened, as a sentence.
    pub message: String,
    /// More, as data.
    #[serde(default)]
    pub details: Option<Payload>,
    /// A retry would not help.
    #[serde(default)]
    pub non_retryable: bool,
}

impl Failure {
    /// A failure that may be retried.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            message: message.into(),
            details: None,
            non_retryable: false,
        }
    }

    /// The same, not to be retried.
    pub fn non_retryable(mut self) -> Self {
        self.non_retryable = true;
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}

impl std::error::Error for Failure {}

/// How an instance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// Accepted, not yet begun.
    Pending,
    /// At work or waiting.
    Running,
    /// Held from outside.
    Suspended,
    /// Its code no longer agrees with its history.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceSummary {
    /// Its id.
    pub id: InstanceId,
    /// Name of its workflow.
    pub workflow: String,
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
}
