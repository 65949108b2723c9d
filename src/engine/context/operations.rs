//! The operations that workflow code can start.

use std::{future::Future, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    ActivityCall, ChildCall, Context, EventListener, Pending, RaisedEvent,
    operation::NewOperation,
    pending::{decode, decode_in_time, fits, happened},
    shield,
    state::NextInput,
};
use crate::engine::{
    Activity, ActivityError, Failure, NamedActivity, Payload, TimerOrigin, Workflow, activity,
};

impl Context {
    /// Runs an activity, a side effect with at-least-once execution. `.await` it, or first set its
    /// retry policy and timeouts.
    ///
    /// ```
    /// # use fermata::engine::{Activity, Context, Failure, RetryPolicy};
    /// # use std::time::Duration;
    /// struct Ship;
    /// impl Activity for Ship {
    ///     const NAME: &'static str = "ship";
    ///     type Input = String;
    ///     type Output = u32;
    /// }
    /// async fn order(ctx: Context, city: String) -> Result<u32, Failure> {
    ///     ctx.activity(Ship, &city)
    ///         .retry(RetryPolicy::attempts(5))
    ///         .start_to_close(Duration::from_secs(30))
    ///         .await
    /// }
    /// ```
    pub fn activity<A: Activity>(&self, activity: A, input: &A::Input) -> ActivityCall<A> {
        let input = self.encode(input, "activity's input");
        ActivityCall::new(self, activity.name(), input)
    }

    /// Runs an inline side effect: an activity without a marker type or registration. It is
    /// recorded, retried and timed out like any other; replay uses the recorded result. The closure
    /// runs on the activities' runtime, once for each attempt.
    ///
    /// ```
    /// # use fermata::engine::{Context, Failure, RetryPolicy};
    /// async fn order(ctx: Context, city: String) -> Result<u64, Failure> {
    ///     let distance = ctx
    ///         .side_effect("look up the distance", move || {
    ///             let city = city.clone();
    ///             async move { Ok(city.len() as u64 * 100) }
    ///         })
    ///         .retry(RetryPolicy::attempts(3))
    ///         .await?;
    ///     Ok(distance)
    /// }
    /// ```
    pub fn side_effect<T, F, Fut>(
        &self,
        name: &str,
        effect: F,
    ) -> ActivityCall<NamedActivity<(), T>>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, ActivityError>> + Send + 'static,
    {
        let function = activity::erase(move |_, (): ()| effect());
        ActivityCall::new(self, name, Ok(Payload::null())).with_function(function)
    }

    /// Starts a child workflow and waits for its result.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// async fn tour(ctx: Context, cities: Vec<String>) -> Result<u32, Failure> {
    ///     let concert = |city| ctx.child(Named::<String, u32>::new("concert"), city).into_future();
    ///     let sold = futures_util::future::try_join_all(cities.iter().map(concert)).await?;
    ///     Ok(sold.into_iter().sum())
    /// }
    /// ```
    pub fn child<W: Workflow>(&self, workflow: W, input: &W::Input) -> ChildCall<W> {
        ChildCall::new(self, workflow.name(), self.encode(input, "child's input"))
    }

    /// Creates a durable timer, which survives restarts.
    pub fn timer(&self, duration: Duration) -> Pending<()> {
        let name = String::new();
        self.timer_for(duration, TimerOrigin::Wait { name })
    }

    /// Creates a durable timer with an origin that is recorded in the history.
    pub fn timer_for(&self, duration: Duration, origin: TimerOrigin) -> Pending<()> {
        Pending::new(self, NewOperation::Timer(duration, origin), happened)
    }

    /// Waits for an external event by name (case-insensitive). An event that arrives before the
    /// wait is buffered for the first matching wait. An event whose data is not a `T` stays
    /// buffered for a wait with its type, so a malformed event does not fail the workflow.
    pub fn wait_event<T: DeserializeOwned>(&self, name: &str) -> Pending<T> {
        let new = NewOperation::Event(name.to_owned(), None, fits::<T>);
        Pending::new(self, new, decode)
    }

    /// As [`wait_event`](Self::wait_event), with a timeout: `None` if no event arrives within
    /// `limit`.
    pub fn wait_event_for<T: DeserializeOwned>(
        &self,
        name: &str,
        limit: Duration,
    ) -> Pending<Option<T>> {
        let new = NewOperation::Event(name.to_owned(), Some(limit), fits::<T>);
        Pending::new(self, new, decode_in_time)
    }

    /// Listens to the external events that `filter` selects, including buffered events that nothing
    /// has waited for. The filter is called once for each event, in the order of the listeners, and
    /// before [waits by name](Self::wait_event). It must not use the context.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// async fn count(ctx: Context, _: ()) -> Result<u32, Failure> {
    ///     let orders = ctx.listen(|event| event.name == "order" || event.name == "last order");
    ///     let names = vec!["order".to_owned(), "last order".to_owned()];
    ///     let mut count = 1;
    ///     while orders.next(names.clone()).await?.name != "last order" {
    ///         count += 1;
    ///     }
    ///     Ok(count)
    /// }
    /// ```
    pub fn listen(&self, filter: impl FnMut(&RaisedEvent) -> bool + 'static) -> EventListener {
        EventListener::new(self, Box::new(filter))
    }

    /// Runs code that is shielded from cancel requests and limits: its operations run to
    /// completion. Compensations of a [`Saga`](crate::engine::Saga) are always shielded.
    ///
    /// ```
    /// # use fermata::engine::{Activity, Context, Failure};
    /// # struct Release; impl Activity for Release { const NAME: &'static str = "release"; type Input = u32; type Output = (); }
    /// async fn with_a_seat(ctx: Context, seat: u32) -> Result<(), Failure> {
    ///     let shown = ctx.wait_event::<()>("the show is over").await;
    ///     ctx.shielded(async { ctx.activity(Release, &seat).await }).await?;
    ///     shown
    /// }
    /// ```
    pub async fn shielded<T>(&self, code: impl Future<Output = T>) -> T {
        shield::Shielded::new(self, code).await
    }

    /// Waits until cancellation of the instance is requested; returns at once if it already was.
    pub fn canceled(&self) -> Pending<()> {
        Pending::new(self, NewOperation::Canceled, happened)
    }

    /// The version of a code change that this run uses: `newest` if the run reaches this call for
    /// the first time, or 0 if it passed this point before the change. Versions from 1 on are
    /// recorded in the history. Once no open instance needs the old code, remove the call together
    /// with it: a recorded marker that the code no longer asks for is skipped.
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # struct Old; impl Activity for Old { const NAME: &'static str = "old"; type Input = (); type Output = (); }
    /// # struct New; impl Activity for New { const NAME: &'static str = "new"; type Input = (); type Output = (); }
    /// async fn order(ctx: Context, _: ()) -> Result<(), Failure> {
    ///     match ctx.version("ship by train", 1) {
    ///         0 => ctx.activity(Old, &()).await,
    ///         _ => ctx.activity(New, &()).await,
    ///     }
    /// }
    /// ```
    pub fn version(&self, change: &str, newest: u32) -> u32 {
        self.state().borrow_mut().version(change, newest)
    }

    /// Closes this run and starts the next one with an empty history. Unread events carry over;
    /// open children are handled by their parent close policy. Return its result:
    ///
    /// ```
    /// # use fermata::engine::*;
    /// # struct Play; impl Activity for Play { const NAME: &'static str = "play"; type Input = u32; type Output = (); }
    /// async fn vamp(ctx: Context, bar: u32) -> Result<(), Failure> {
    ///     ctx.activity(Play, &bar).await?;
    ///     ctx.continue_as_new(&(bar + 1))
    /// }
    /// ```
    ///
    /// The next run uses the newest version of the workflow. A workflow that continues as new
    /// repeatedly without waiting for anything is throttled to one run a second.
    pub fn continue_as_new<I: Serialize, O>(&self, input: &I) -> Result<O, Failure> {
        self.next_run(input, false)
    }

    /// As [`continue_as_new`](Self::continue_as_new), but keeps the
    /// [version](crate::engine::Registry::workflow_version) of the workflow that this run has.
    pub fn continue_as_new_in_version<I: Serialize, O>(&self, input: &I) -> Result<O, Failure> {
        self.next_run(input, true)
    }

    fn next_run<I: Serialize, O>(&self, input: &I, keep_version: bool) -> Result<O, Failure> {
        let input = self.encode(input, "next run's input")?;
        self.state().borrow_mut().next_run = Some(NextInput {
            input,
            keep_version,
        });
        Err(Failure::new(
            Failure::CONTINUE,
            "the workflow continues as new",
        ))
    }
}
