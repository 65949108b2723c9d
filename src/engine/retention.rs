//! Retention of closed instances.

use std::time::Duration;

/// How long an engine keeps closed instances. The default keeps them forever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Instances that closed longer ago than this are purged.
    pub closed_for: Option<Duration>,
}
