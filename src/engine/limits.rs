//! Limits of an engine.

use super::RunLimits;

/// Limits of an engine.
///
/// Workflow code can observe the first three; they are recorded when a run starts and apply to that
/// run even if an engine with other limits continues it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The maximum size of an input, output or event in bytes: 4 MiB.
    pub payload: usize,
    /// The number of events from which
    /// [`Context::should_continue_as_new`](super::Context::should_continue_as_new) returns true:
    /// 10,000.
    pub history_hint: u64,
    /// The number of events at which open operations fail with
    /// [`Failure::HISTORY_LIMIT`](super::Failure::HISTORY_LIMIT), so that the instance can
    /// compensate and close: 100,000. Retried attempts, heartbeats and raised events do not count.
    pub history: u64,
    /// The maximum number of concurrent activities; others queue: 10,000.
    pub activities: u32,
    /// The maximum number of unread events of an instance; further ones are rejected: 10,000.
    pub unread_events: usize,
    /// The maximum size of a failure message in bytes; longer ones are truncated: 64 KiB.
    pub failure: usize,
    /// The maximum size of heartbeat details in bytes: 256 KiB.
    pub heartbeat: usize,
    /// How many times the process may end during the same attempt of an activity before the
    /// activity fails with [`Failure::INTERRUPTED`](super::Failure::INTERRUPTED), if its policy
    /// allows one attempt: 10. If it allows more, the limit is that number and at least 3; a policy
    /// without a limit has none here either.
    pub interruptions: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload: 4 << 20,
            history_hint: 10_000,
            history: 100_000,
            activities: 10_000,
            unread_events: 10_000,
            failure: 64 << 10,
            heartbeat: 256 << 10,
            interruptions: 10,
        }
    }
}

impl Limits {
    /// The limits that workflow code can observe.
    pub(super) fn of_a_run(&self) -> RunLimits {
        RunLimits {
            payload: self.payload as u64,
            history_hint: self.history_hint,
            history: self.history,
        }
    }
}
