//! A call of an activity.

use std::{future::IntoFuture, marker::PhantomData, time::Duration};

use super::{
    Context,
    operation::NewOperation,
    pending::{Pending, decode},
};
use crate::engine::{
    Activity, Failure, Payload, RetryPolicy, Timeouts, activity::ActivityFn, command::NewTask,
};

/// A builder for an activity call: set its retry policy and timeouts, then `.await` it.
#[must_use = "an activity begins when it is awaited"]
pub struct ActivityCall<A: Activity> {
    context: Context,
    task: Result<Box<NewTask>, Failure>,
    marker: PhantomData<fn() -> A>,
}

impl<A: Activity> ActivityCall<A> {
    pub(super) fn new(context: &Context, name: &str, input: Result<Payload, Failure>) -> Self {
        let task = input.map(|input| {
            Box::new(NewTask {
                name: name.to_owned(),
                input,
                retry: None,
                retry_if: None,
                function: None,
                timeouts: Timeouts::default(),
            })
        });
        Self {
            context: context.clone(),
            task,
            marker: PhantomData,
        }
    }

    /// Runs this function instead of a registered one.
    pub(super) fn with_function(self, function: ActivityFn) -> Self {
        self.with(|task| task.function = Some(function))
    }

    /// Retries failures by this policy; without one, nothing is retried. An invalid policy (a
    /// backoff coefficient below 1, for example) fails the call with [`Failure::RETRY_POLICY`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        match policy.check() {
            Ok(()) => self.with(|task| task.retry = Some(Box::new(policy))),
            Err(failure) => {
                self.task = self.task.and(Err(failure));
                self
            }
        }
    }

    /// Retries only failures for which the predicate returns true. It is called once for each
    /// failure; the decision is recorded in the history.
    pub fn retry_if(self, predicate: impl Fn(&Failure) -> bool + 'static) -> Self {
        self.with(|task| task.retry_if = Some(Box::new(predicate)))
    }

    /// The most time that it may wait for a slot.
    pub fn schedule_to_start(self, limit: Duration) -> Self {
        self.with(|task| task.timeouts.schedule_to_start = Some(limit))
    }

    /// The most time that one attempt may take.
    pub fn start_to_close(self, limit: Duration) -> Self {
        self.with(|task| task.timeouts.start_to_close = Some(limit))
    }

    /// The most time for all attempts together, including the intervals between them.
    pub fn schedule_to_close(self, limit: Duration) -> Self {
        self.with(|task| task.timeouts.schedule_to_close = Some(limit))
    }

    /// The most time between two [heartbeats](crate::engine::ActivityContext::heartbeat) of an
    /// attempt.
    pub fn heartbeat(self, limit: Duration) -> Self {
        self.with(|task| task.timeouts.heartbeat = Some(limit))
    }

    fn with(mut self, set: impl FnOnce(&mut NewTask)) -> Self {
        if let Ok(task) = &mut self.task {
            set(task);
        }
        self
    }
}

impl<A: Activity> IntoFuture for ActivityCall<A> {
    type Output = Result<A::Output, Failure>;
    type IntoFuture = Pending<A::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let new = match self.task {
            Ok(task) => NewOperation::Activity(task),
            Err(failure) => NewOperation::Failed(failure),
        };
        Pending::new(&self.context, new, decode)
    }
}
