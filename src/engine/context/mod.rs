//! What workflow code sees: everything it does to the world goes through its context.
//!
//! A context lives with one run of one instance on the engine's thread. It knows no store and no
//! clock: operations become [commands](super::turn), and history resolves them.

mod activity_call;
mod child_call;
mod instances;
mod listening;
mod pending;
mod reporting;
mod saga;
mod shield;
mod state;

use std::{cell::RefCell, future::Future, rc::Rc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{
    Activity, ActivityError, Failure, InstanceId, NamedActivity, Payload, TimerOrigin, Timestamp,
    Workflow, activity, catch_panic, turn::Command,
};
pub use activity_call::ActivityCall;
pub use child_call::{Child, ChildCall};
pub use listening::{Incoming, Listening};
pub use pending::Pending;
use pending::{Begin, decode, decode_in_time, fits, happened};
pub use saga::Saga;
pub(super) use state::{
    Ahead, ChildWaits, Identity, Kind, NextInput, OperationId, Resolution, RetryIf, State,
};

/// The world as workflow code may see it. Clones share it.
///
/// Futures of the context can be combined with the ordinary means: `join!`, `join_all`, `try_join!`,
/// [`select`](futures_util::future::select), `select_biased!`. A plain `select!` chooses by chance and
/// would not be replayed the same way.
#[derive(Clone)]
pub struct Context {
    state: Rc<RefCell<State>>,
}

impl Context {
    pub(super) fn new(identity: Identity) -> Self {
        Self {
            state: Rc::new(RefCell::new(State::new(identity))),
        }
    }

    pub(super) fn state(&self) -> &RefCell<State> {
        &self.state
    }

    /// The instance that this run belongs to. In a fork, until the place where it was forked, this is
    /// the instance that it was taken from.
    pub fn instance(&self) -> InstanceId {
        self.state.borrow().identity.instance.clone()
    }

    /// Which run of the instance this is: 1, 2, ...
    pub fn run(&self) -> u32 {
        self.state.borrow().identity.run
    }

    /// The time, the same at every replay: when the event was committed that woke the workflow.
    pub fn now(&self) -> Timestamp {
        self.state.borrow().now
    }

    /// A random number, the same at every replay.
    pub fn random(&self) -> u64 {
        self.state.borrow_mut().random()
    }

    /// A random UUID (version 4), the same at every replay.
    pub fn new_uuid(&self) -> Uuid {
        let mut state = self.state.borrow_mut();
        let (high, low) = (u128::from(state.random()), u128::from(state.random()));
        uuid::Builder::from_random_bytes((high << 64 | low).to_be_bytes()).into_uuid()
    }

    /// Whether the history already has what follows: the code runs again because the engine started
    /// anew. Workflow code must not depend on it; it is for measurements and output of its own.
    pub fn is_replaying(&self) -> bool {
        self.state.borrow().replaying
    }

    /// How many events the history has by now.
    pub fn history_length(&self) -> u64 {
        self.state.borrow().length
    }

    /// The history has grown so long that the workflow should
    /// [continue as new](Self::continue_as_new) at the next occasion.
    pub fn should_continue_as_new(&self) -> bool {
        let state = self.state.borrow();
        state.length >= state.limits.history_hint
    }

    /// Runs an activity: a side effect, at least once. `.await` it, or first set how it is retried
    /// and how long it may take.
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

    /// Runs a side effect that is written where it is needed: an activity without a marker and
    /// without a registration. It is recorded, retried and timed out like any other; its result is
    /// not computed again at replay. The closure runs on the runtime of the activities, once for each
    /// attempt.
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

    /// Starts another workflow and waits for its end.
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

    /// Waits durably, also over restarts.
    pub fn timer(&self, duration: Duration) -> Pending<()> {
        let name = String::new();
        self.timer_for(duration, TimerOrigin::Wait { name })
    }

    /// Waits durably and says in the history what for.
    pub fn timer_for(&self, duration: Duration, origin: TimerOrigin) -> Pending<()> {
        Pending::new(self, Begin::Timer(duration, origin), happened)
    }

    /// Waits for an external event of that name (letter case does not matter). One that came early
    /// is kept for the first wait. One whose data is not a `T` is kept for a wait of its own type: a
    /// slip of the sender fails no workflow.
    pub fn wait_event<T: DeserializeOwned>(&self, name: &str) -> Pending<T> {
        let begin = Begin::Event(name.to_owned(), None, fits::<T>);
        Pending::new(self, begin, decode)
    }

    /// Waits for an external event, at most so long: `None` once the time is up.
    pub fn wait_event_for<T: DeserializeOwned>(
        &self,
        name: &str,
        limit: Duration,
    ) -> Pending<Option<T>> {
        let begin = Begin::Event(name.to_owned(), Some(limit), fits::<T>);
        Pending::new(self, begin, decode_in_time)
    }

    /// Listens to the external events that `wants` chooses, those included that came early and that
    /// nobody waited for. It is asked once for each event and listener, in their order, and before
    /// those who [wait by name](Self::wait_event). It may not use the context.
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
    pub fn listen(&self, wants: impl FnMut(&Incoming) -> bool + 'static) -> Listening {
        Listening::new(self, Box::new(wants))
    }

    /// Runs code that a cancel request does not reach, nor a limit: its operations go on until they
    /// end by themselves. What undoes a step of a [`Saga`] is shielded anyway.
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

    /// Waits until the instance is asked to end; at once if it was.
    pub fn canceled(&self) -> Pending<()> {
        Pending::new(self, Begin::Canceled, happened)
    }

    /// The words with which somebody asked the instance to end.
    pub fn cancel_reason(&self) -> Option<String> {
        self.state.borrow().cancel.clone()
    }

    /// Which version of the code this run goes on with, at a place where the code was changed: what
    /// was newest when the run first came here, or 0 if it passed before the change was made. One
    /// that is 1 or more is in the history. Once no open instance needs the old code any more, remove
    /// the call together with it: a marker that the code no longer asks for is passed over.
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
        self.state.borrow_mut().version(change, newest)
    }

    /// Ends this run and begins the next with a new history. Events that came and were not waited
    /// for go along; children that are still open are dealt with as when their parent ends. To be
    /// returned:
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
    /// The next run begins with the newest version of the workflow. One that begins again and again
    /// without waiting for anything is slowed down to one run a second.
    pub fn continue_as_new<I: Serialize, O>(&self, input: &I) -> Result<O, Failure> {
        self.next_run(input, false)
    }

    /// The same, with the [version](crate::engine::Registry::workflow_version) of the workflow that
    /// this run has.
    pub fn continue_as_new_in_version<I: Serialize, O>(&self, input: &I) -> Result<O, Failure> {
        self.next_run(input, true)
    }

    fn next_run<I: Serialize, O>(&self, input: &I, keep_version: bool) -> Result<O, Failure> {
        let input = self.encode(input, "next run's input")?;
        self.state.borrow_mut().next_run = Some(NextInput {
            input,
            keep_version,
        });
        Err(Failure::new(
            Failure::CONTINUE,
            "the workflow continues as new",
        ))
    }

    fn encode<T: Serialize + ?Sized>(&self, value: &T, what: &str) -> Result<Payload, Failure> {
        let most = self.state.borrow().limits.payload;
        self.encode_within(value, what, most)
    }

    /// The serializer is the code of others: what it panics at is a failure.
    fn encode_within<T: Serialize + ?Sized>(
        &self,
        value: &T,
        what: &str,
        most: u64,
    ) -> Result<Payload, Failure> {
        let encoded = catch_panic::caught("a serializer", || Payload::encode(value));
        let payload = encoded.map_err(Failure::non_retryable)?;
        let payload = payload.map_err(|e| Failure::unwritable(what, &e))?;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        if payload.size() > most {
            return Err(Failure::too_large(what, payload.size(), most));
        }
        Ok(payload)
    }

    fn push(&self, command: Command) {
        self.state.borrow_mut().commands.push_back(command);
    }
}
