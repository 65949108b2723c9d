//! What an engine forgets by itself.

use std::time::Duration;

/// What an engine forgets by itself: instances that have ended. The default forgets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Instances that ended longer ago than this are forgotten.
    pub closed_for: Option<Duration>,
}
