//! Activity timeouts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The timeouts of an activity; `None`: no timeout. They do not run while the instance is suspended
/// with frozen time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Timeouts {
    /// From scheduling until an attempt starts; waiting for a slot counts. Not retried.
    pub schedule_to_start: Option<Duration>,
    /// For one attempt.
    pub start_to_close: Option<Duration>,
    /// For all attempts together, including retry intervals. Not retried.
    pub schedule_to_close: Option<Duration>,
    /// Between two heartbeats of an attempt.
    pub heartbeat: Option<Duration>,
}
