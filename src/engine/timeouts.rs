//! How long an activity may take.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long an activity may take; `None`: as long as it likes. While its instance is suspended with
/// time frozen, none of these runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Timeouts {
    /// From the call until an attempt starts, which may wait for a free place. Not retried.
    pub schedule_to_start: Option<Duration>,
    /// One attempt.
    pub start_to_close: Option<Duration>,
    /// All attempts together, with the pauses between them. Not retried.
    pub schedule_to_close: Option<Duration>,
    /// From one sign of life of an attempt to the next.
    pub heartbeat: Option<Duration>,
}
