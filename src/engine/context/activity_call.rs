//! A call of an activity.

use std::{future::IntoFuture, marker::PhantomData, time::Duration};

use super::{
    Context,
    pending::{Begin, Pending, decode},
};
use crate::engine::{
    Activity, Failure, Payload, RetryPolicy, Timeouts, activity::ActivityFn, turn::NewTask,
};

/// A call of an activity, not yet begun: set how it is retried and how long it may take, then
/// `.await` it.
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

    /// The code of the activity.
    pub(super) fn with_function(self, function: ActivityFn) -> Self {
        self.with(|task| task.function = Some(function))
    }

    /// How failures are retried; without this they are not. A policy that makes no sense (a backoff
    /// coefficient below 1, say) fails the call with [`Failure::RETRY_POLICY`].
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        match policy.check() {
            Ok(()) => self.with(|task| task.retry = Some(Box::new(policy))),
            Err(failure) => {
                self.task = self.task.and(Err(failure));
                self
            }
        }
    }

    /// Of the failures that the policy would retry, only those for which this holds. It is asked
    /// once for each failure; its answer is in the history.
    pub fn retry_if(self, worth: impl Fn(&Failure) -> bool + 'static) -> Self {
        self.with(|task| task.retry_if = Some(Box::new(worth)))
    }

    /// How long it may wait for a free place.
    pub fn schedule_to_start(self, limit: Duration) -> Self {
        self.with(|task| task.timeouts.schedule_to_start = Some(limit))
    }

    /// How long one attempt may take.
    pub fn start_to_close(self, limit: Duration) -> Self {
        self.with(|task| task.timeouts.start_to_close = Some(limit))
    }

    /// How long all attempts together may take, with the pauses between them.
    pub fn schedule_to_close(self, limit: Duration) -> Self {
        self.with(|task| task.timeouts.schedule_to_close = Some(limit))
    }

    /// How long an attempt may go without a
    /// [sign of life](crate::engine::ActivityContext::heartbeat).
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
        let begin = match self.task {
            Ok(task) => Begin::Activity(task),
            Err(failure) => Begin::Failed(failure),
        };
        Pending::new(&self.context, begin, decode)
    }
}
