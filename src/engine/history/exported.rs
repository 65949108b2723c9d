//! Exported histories.

use super::Event;
use crate::engine::InstanceId;

/// The `format` of an exported history.
pub(super) const FORMAT: &str = "fermata-history/1";

/// An exported history.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The instance.
    pub instance: InstanceId,
    /// The events, from `ExecutionStarted` on.
    pub events: Vec<Event>,
}

/// Data that is not an exported history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not an exported history: {reason}")]
pub struct InvalidHistory {
    reason: String,
}

impl InvalidHistory {
    pub(super) fn new(reason: impl std::fmt::Display) -> Self {
        let reason = reason.to_string();
        Self { reason }
    }
}
