//! Retention of closed instances.

use std::time::Duration;

use super::Status;

/// How long an engine keeps closed instances, and how many. What exceeds either limit is purged,
/// together with its children, within about a minute. The default keeps all.
///
/// ```
/// # use fermata::engine::*;
/// # use std::time::Duration;
/// let retention = Retention {
///     closed_for: Some(Duration::from_secs(30 * 24 * 3600)),
///     closed_count: Some(100_000),
///     // Failed instances are kept for inspection.
///     statuses: vec![Status::Completed, Status::ContinuedAsNew],
/// };
/// # let _ = Setup { retention, ..Setup::default() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Retention {
    /// Runs that closed longer ago than this are purged.
    pub closed_for: Option<Duration>,
    /// The maximum number of closed runs: those that started first are purged.
    pub closed_count: Option<u64>,
    /// Only runs with one of these statuses are counted and purged; empty: any closed run.
    pub statuses: Vec<Status>,
}

impl Retention {
    /// Whether all instances are kept.
    pub(super) fn is_unlimited(&self) -> bool {
        self.closed_for.is_none() && self.closed_count.is_none()
    }

    /// The statuses that it applies to.
    pub(super) fn closed_statuses(&self) -> impl Iterator<Item = Status> {
        let closed = Status::ALL.into_iter().filter(|status| status.is_closed());
        closed.filter(|status| self.statuses.is_empty() || self.statuses.contains(status))
    }
}
