//! Child workflows that their parent waits for.

use super::{deadline::Deadline, retries::Retries};
use crate::engine::{InstanceId, ParentClosePolicy, Payload, RetryPolicy, Timestamp};

/// A child workflow that its parent waits for.
pub(super) struct Child {
    pub instance: InstanceId,
    pub name: String,
    pub input: Payload,
    pub on_close: ParentClosePolicy,
    pub attempt: u32,
    /// It failed and is retried at this time.
    pub backoff: Option<Deadline>,
    pub retries: Retries,
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
            retries: Retries::new(retry, at),
        }
    }

    pub fn shift(&mut self, suspended: Timestamp, resumed: Timestamp) {
        self.retries.shift(suspended, resumed);
        if let Some(backoff) = &mut self.backoff {
            backoff.shift(suspended, resumed);
        }
    }
}
