//! How much an engine takes upon itself.

use super::RunLimits;

/// How much an engine takes upon itself. The default is generous for one machine.
///
/// Workflow code can observe the first three; they are recorded when a run starts, and hold for that
/// run also when an engine with other limits continues it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest input, output or event in bytes: 4 MiB.
    pub payload: usize,
    /// From this many events on a workflow is advised to continue as new: 10,000.
    pub history_hint: u64,
    /// When a history reaches this many events, what the instance waits for fails with
    /// [`Failure::HISTORY_LIMIT`](super::Failure::HISTORY_LIMIT), so that it can compensate and end:
    /// 100,000. Attempts that are retried, heartbeats and raised events do not count.
    pub history: u64,
    /// The most activities under way at once; the others wait: 10,000.
    pub activities: u32,
    /// The most events that an instance may have raised and not yet taken: 10,000. More are refused
    /// to their sender.
    pub unread_events: usize,
    /// The longest message of a failure in bytes; the rest is cut off: 64 KiB.
    pub failure: usize,
    /// The longest details of a heartbeat in bytes: 256 KiB.
    pub heartbeat: usize,
    /// How many times the process may end while the same attempt of an activity is under way before
    /// the activity fails with [`Failure::INTERRUPTED`](super::Failure::INTERRUPTED), if its policy
    /// allows one attempt: 10. If it allows more, that many interruptions, and at least 3; a policy
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
    /// The limits that the code of a run can observe.
    pub(super) fn of_a_run(&self) -> RunLimits {
        RunLimits {
            payload: self.payload as u64,
            history_hint: self.history_hint,
            history: self.history,
        }
    }
}
