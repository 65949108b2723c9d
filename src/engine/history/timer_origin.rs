//! Purposes of timers.

use serde::{Deserialize, Serialize};

/// The purpose of a timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum TimerOrigin {
    /// A timer of the workflow.
    Wait {
        /// A description; may be empty.
        name: String,
    },
    /// A wait for an external event.
    ExternalEvent {
        /// The event's name.
        name: String,
    },
    /// A delay before a retry by the workflow.
    Retry {
        /// What is retried.
        name: String,
        /// The next attempt: 2, 3, ...
        attempt: u32,
    },
    /// A wait for one of several external events.
    ExternalEvents {
        /// Their names, the most likely first; empty: any event.
        names: Vec<String>,
    },
}
