//! Retries of activities and children.

use super::deadline::Deadline;
use crate::engine::{Failure, RetryPolicy, Timestamp};

/// The retry policy of an operation, and when the operation was scheduled.
pub(super) struct Retries {
    policy: Option<Box<RetryPolicy>>,
    scheduled: Deadline,
}

impl Retries {
    pub fn new(policy: Option<&RetryPolicy>, at: Timestamp) -> Self {
        Self {
            policy: policy.cloned().map(Box::new),
            scheduled: Deadline::new(at, at),
        }
    }

    pub fn policy(&self) -> Option<&RetryPolicy> {
        self.policy.as_deref()
    }

    /// When the next attempt starts after attempt number `failed`; `None`: not at all.
    pub fn next(
        &self,
        failed: u32,
        failure: &Failure,
        should_retry: impl FnOnce() -> bool,
        seed: u64,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let policy = self.policy()?;
        if !policy.allows(failed, failure) {
            return None;
        }
        let at = now + policy.pause(failed, seed);
        let last = policy.retry_timeout.map(|limit| self.scheduled.due + limit);
        (last.is_none_or(|last| at <= last) && should_retry()).then_some(at)
    }

    pub fn shift(&mut self, suspended: Timestamp, resumed: Timestamp) {
        self.scheduled.shift(suspended, resumed);
    }
}
