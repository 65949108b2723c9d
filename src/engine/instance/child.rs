//! Child workflows that their parent waits for.

use super::{deadline::Deadline, task::retry_at};
use crate::engine::{Failure, InstanceId, ParentClosePolicy, Payload, RetryPolicy, Timestamp};

/// A child workflow that its parent waits for.
pub(super) struct Child {
    pub instance: InstanceId,
    pub name: String,
    pub input: Payload,
    pub on_close: ParentClosePolicy,
    pub attempt: u32,
    /// It failed and is retried at this time.
    pub backoff: Option<Deadline>,
    pub retry: Option<Box<RetryPolicy>>,
    asked: Deadline,
}

impl Child {
    pub fn new(
        instance: &InstanceId,
        name: &str,
        input: &Payload,
        retry: Option<&RetryPolicy>,
        on_close: ParentClosePolicy,
        at: Timestamp,
    ) -> Self {
        Self {
            instance: instance.clone(),
            name: name.to_owned(),
            input: input.clone(),
            on_close,
            attempt: 1,
            backoff: None,
            retry: retry.cloned().map(Box::new),
            asked: Deadline::new(at, at),
        }
    }

    /// When it is retried; `None`: not at all.
    pub fn retry_at(
        &self,
        failure: &Failure,
        should_retry: impl FnOnce() -> bool,
        seed: u64,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let policy = self.retry.as_deref()?;
        let at = retry_at(policy, self.attempt, failure, seed, self.asked.due, now)?;
        should_retry().then_some(at)
    }

    pub fn shift(&mut self, suspended: Timestamp, resumed: Timestamp) {
        self.asked.shift(suspended, resumed);
        if let Some(backoff) = &mut self.backoff {
            backoff.shift(suspended, resumed);
        }
    }
}
