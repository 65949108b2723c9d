//! Why something failed.

use serde::{Deserialize, Serialize};

use crate::engine::Payload;

/// Why something failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// Kind of error: a short name or a URI. [`RetryPolicy`](crate::engine::RetryPolicy) goes by it.
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
    /// Somebody asked for an end: the instance was canceled, or nobody wants the result any more.
    pub const CANCELED: &str = "Canceled";
    /// Workflow or activity code panicked; the message says where.
    pub const PANIC: &str = "Panic";
    /// An activity waited too long for a free place.
    pub const SCHEDULE_TO_START: &str = "ScheduleToStartTimeout";
    /// An attempt of an activity took too long.
    pub const START_TO_CLOSE: &str = "StartToCloseTimeout";
    /// An activity took too long with all its attempts.
    pub const SCHEDULE_TO_CLOSE: &str = "ScheduleToCloseTimeout";
    /// An attempt of an activity gave no sign of life for too long.
    pub const HEARTBEAT: &str = "HeartbeatTimeout";
    /// A payload is larger than [`Limits`](crate::engine::Limits) allow.
    pub const TOO_LARGE: &str = "PayloadTooLarge";
    /// The history is longer than [`Limits`](crate::engine::Limits) allow.
    pub const HISTORY_LIMIT: &str = "HistoryLimit";
    /// A child workflow was ended from outside.
    pub const TERMINATED: &str = "Terminated";
    /// No function is registered under the name.
    pub const UNKNOWN: &str = "Unknown";
    /// The process ended while an attempt of an activity was under way, too many times.
    pub const INTERRUPTED: &str = "Interrupted";
    /// The history of the instance is damaged, or replaying it failed.
    pub const DAMAGED: &str = "Damaged";
    /// The instance took longer than it was given.
    pub const EXECUTION_TIMEOUT: &str = "ExecutionTimeout";
    /// A retry policy makes no sense.
    pub const RETRY_POLICY: &str = "InvalidRetryPolicy";
    /// A child or detached workflow could not start.
    pub const NOT_STARTED: &str = "ChildNotStarted";
    /// The workflow begins again; see [`Context::continue_as_new`](crate::engine::Context::continue_as_new).
    pub(in crate::engine) const CONTINUE: &str = "ContinueAsNew";
    /// A payload does not have the shape that a function's types ask for, or a value cannot become
    /// one.
    pub const PAYLOAD: &str = "Payload";

    /// A failure that may be retried.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            message: message.into(),
            details: None,
            non_retryable: false,
        }
    }

    /// The end that somebody asked for.
    pub fn canceled(reason: impl Into<String>) -> Self {
        Self::new(Self::CANCELED, reason).non_retryable()
    }

    /// The same, not to be retried.
    pub fn non_retryable(mut self) -> Self {
        self.non_retryable = true;
        self
    }

    /// The same, with more to say.
    pub fn with_details(mut self, details: Payload) -> Self {
        self.details = Some(details);
        self
    }

    /// Somebody asked for this end.
    pub fn is_canceled(&self) -> bool {
        self.error_type == Self::CANCELED
    }

    /// The same with a message of at most so many bytes; what is cut off is counted. Details that are
    /// longer than a hundred times that are left out.
    pub(in crate::engine) fn shortened(mut self, most: usize) -> Self {
        self.error_type
            .truncate(self.error_type.floor_char_boundary(most.min(200)));
        if self.message.len() > most {
            let keep = self.message.floor_char_boundary(most);
            let more = self.message.len() - keep;
            self.message.truncate(keep);
            self.message.push_str(&format!(" … ({more} more bytes)"));
        }
        if self
            .details
            .as_ref()
            .is_some_and(|d| d.size() > most.saturating_mul(100))
        {
            self.details = None;
        }
        self
    }

    /// It is no failure: the workflow continues as new.
    pub(in crate::engine) fn continues(&self) -> bool {
        self.error_type == Self::CONTINUE
    }

    /// A payload that does not have the shape that the function's types ask for.
    pub(in crate::engine) fn unreadable(what: &str, error: &serde_json::Error) -> Self {
        let message = format!("the {what} does not fit its type: {error}");
        Self::new(Self::PAYLOAD, message).non_retryable()
    }

    /// A value that cannot become a payload.
    pub(in crate::engine) fn unwritable(what: &str, error: &serde_json::Error) -> Self {
        let message = format!("the {what} cannot be written as JSON: {error}");
        Self::new(Self::PAYLOAD, message).non_retryable()
    }

    /// A payload that is larger than the engine allows.
    pub(in crate::engine) fn too_large(what: &str, bytes: usize, most: usize) -> Self {
        let message = format!(
            "the {what} is {bytes} bytes long, the engine allows {most}: keep large data elsewhere \
             and pass a reference"
        );
        Self::new(Self::TOO_LARGE, message).non_retryable()
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}

impl std::error::Error for Failure {}
