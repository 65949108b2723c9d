//! Moments in the future that move on while an instance is suspended.

use crate::engine::Timestamp;

/// A moment in the future that moves on while its instance is suspended with time frozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline {
    pub due: Timestamp,
    since: Timestamp,
}

impl Deadline {
    pub fn new(due: Timestamp, since: Timestamp) -> Self {
        Self { due, since }
    }

    /// Time stood still from `suspended` to `resumed`.
    pub fn shift(&mut self, suspended: Timestamp, resumed: Timestamp) {
        self.due = self.due + resumed.since(suspended.max(self.since));
    }
}
