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

impl History {
    /// Whether a file that starts with these bytes is meant to be an exported history. A few hundred bytes
    /// are enough.
    pub fn is_one(start: &[u8]) -> bool {
        const BEGINNING: usize = 400;
        let start = start.get(..BEGINNING).unwrap_or(start);
        let mark = b"fermata-history/";
        let begins = match start.first() {
            // A map in MessagePack.
            Some(0x80..=0x8f | 0xde | 0xdf) => true,
            _ => start.trim_ascii_start().first() == Some(&b'{'),
        };
        begins && start.windows(mark.len()).any(|part| part == mark)
    }
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
