//! Deadlines that are shifted while an instance is suspended.

use crate::engine::Timestamp;

/// A deadline that is shifted while its instance is suspended with frozen time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Deadline {
    pub due: Timestamp,
    since: Timestamp,
}

impl Deadline {
    pub fn new(due: Timestamp, since: Timestamp) -> Self {
        Self { due, since }
    }

    /// Shifts the deadline by the time that was frozen from `suspended` to `resumed`.
    pub fn shift(&mut self, suspended: Timestamp, resumed: Timestamp) {
        self.due = self.due + resumed.since(suspended.max(self.since));
    }
}
