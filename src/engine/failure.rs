//! Failures.

use serde::{Deserialize, Serialize};

use super::Payload;

/// A failure of an activity, a child or a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failure {
    /// The type of error: a short name or a URI. [`RetryPolicy`](super::RetryPolicy)
    /// matches on it.
    pub error_type: String,
    /// What happened.
    pub message: String,
    /// Additional data.
    #[serde(default)]
    pub details: Option<Payload>,
    /// The failure is not retried.
    #[serde(default)]
    pub non_retryable: bool,
    /// The failure was injected to show what happens then: nothing was wrong. `false` in histories from before
    /// this was recorded.
    #[serde(default, skip_serializing_if = "is_genuine")]
    pub injected: bool,
}

/// Whether a failure was not injected. Such failures are written as before injected ones were marked.
fn is_genuine(injected: &bool) -> bool {
    !injected
}

impl Failure {
    /// The instance or operation was canceled.
    pub const CANCELED: &str = "Canceled";
    /// Workflow or activity code panicked; the message says where.
    pub const PANIC: &str = "Panic";
    /// An activity waited too long for a slot.
    pub const SCHEDULE_TO_START: &str = "ScheduleToStartTimeout";
    /// An activity attempt took too long.
    pub const START_TO_CLOSE: &str = "StartToCloseTimeout";
    /// All attempts of an activity together took too long.
    pub const SCHEDULE_TO_CLOSE: &str = "ScheduleToCloseTimeout";
    /// An activity attempt sent no heartbeat in time.
    pub const HEARTBEAT: &str = "HeartbeatTimeout";
    /// A payload exceeds the [`Limits`](super::Limits).
    pub const TOO_LARGE: &str = "PayloadTooLarge";
    /// The history exceeds the [`Limits`](super::Limits).
    pub const HISTORY_LIMIT: &str = "HistoryLimit";
    /// A child workflow was terminated.
    pub const TERMINATED: &str = "Terminated";
    /// No function is registered under the name.
    pub const UNKNOWN: &str = "Unknown";
    /// The process ended too many times during an activity attempt.
    pub const INTERRUPTED: &str = "Interrupted";
    /// The instance's history is damaged or could not be replayed.
    pub const DAMAGED: &str = "Damaged";
    /// The instance exceeded its execution timeout.
    pub const EXECUTION_TIMEOUT: &str = "ExecutionTimeout";
    /// A retry policy is invalid.
    pub const RETRY_POLICY: &str = "InvalidRetryPolicy";
    /// A child or detached workflow could not start.
    pub const NOT_STARTED: &str = "ChildNotStarted";
    /// Not a failure: the workflow continues as new, see
    /// [`Context::continue_as_new`](super::Context::continue_as_new).
    pub const CONTINUE: &str = "ContinueAsNew";
    /// A payload could not be decoded to the expected type, or a value could not be encoded.
    pub const PAYLOAD: &str = "Payload";

    /// A retryable failure.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            message: message.into(),
            details: None,
            non_retryable: false,
            injected: false,
        }
    }

    /// Marks the failure as injected.
    pub fn injected(mut self) -> Self {
        self.injected = true;
        self
    }

    /// A cancellation.
    pub fn canceled(reason: impl Into<String>) -> Self {
        Self::new(Self::CANCELED, reason).non_retryable()
    }

    /// Marks the failure as not retryable.
    pub fn non_retryable(mut self) -> Self {
        self.non_retryable = true;
        self
    }

    /// Adds data.
    pub fn with_details(mut self, details: Payload) -> Self {
        self.details = Some(details);
        self
    }

    /// Whether this is a cancellation.
    pub fn is_canceled(&self) -> bool {
        self.error_type == Self::CANCELED
    }

    /// Truncates the message to `most` bytes, noting how many are cut off. Removes details longer
    /// than a hundred times that.
    pub(super) fn shortened(mut self, most: usize) -> Self {
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

    /// Whether it is the result of [`Context::continue_as_new`](super::Context::continue_as_new), which
    /// ends the run and is not a failure.
    pub fn continues(&self) -> bool {
        self.error_type == Self::CONTINUE
    }

    /// A payload that could not be decoded.
    pub(super) fn unreadable(what: &str, error: &serde_json::Error) -> Self {
        let message = format!("the {what} does not have the expected type: {error}");
        Self::new(Self::PAYLOAD, message).non_retryable()
    }

    /// A value that could not be encoded.
    pub(super) fn unwritable(what: &str, error: &serde_json::Error) -> Self {
        let message = format!("the {what} cannot be written as JSON: {error}");
        Self::new(Self::PAYLOAD, message).non_retryable()
    }

    /// A payload that exceeds the limit.
    pub(super) fn too_large(what: &str, bytes: usize, most: usize) -> Self {
        let message = format!(
            "the {what} has {bytes} bytes and the limit is {most}: store large data elsewhere \
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
