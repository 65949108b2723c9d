//! Limits recorded in a history.

use serde::{Deserialize, Serialize};

/// The limits that workflow code can observe. They are recorded when a run starts, so that a replay
/// under other [`Limits`](crate::engine::Limits) behaves the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunLimits {
    /// The maximum size of a payload in bytes.
    pub payload: u64,
    /// The number of events from which the workflow should continue as new.
    pub history_hint: u64,
    /// The maximum number of events in the history.
    pub history: u64,
}
