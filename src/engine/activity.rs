//! Activities: the side effects that workflows ask for, at least once each.

use std::{future::Future, marker::PhantomData, pin::Pin, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::watch;

use super::{EventId, Failure, InstanceId, Payload, catch_panic};

/// Names an activity and its types. The marker is what workflow code calls, the function behind it
/// is given to the [`Registry`](super::Registry).
pub trait Activity {
    /// The name in the history.
    const NAME: &'static str;
    /// What it is given.
    type Input: Serialize + DeserializeOwned + Send + 'static;
    /// What it returns.
    type Output: Serialize + DeserializeOwned + Send + 'static;
    /// The name in the history, where it is known only at run time: see [`NamedActivity`].
    fn name(&self) -> &str {
        Self::NAME
    }
}

/// An activity whose name is known only at run time.
///
/// ```
/// # use fermata::engine::*;
/// async fn order(ctx: Context, carrier: String) -> Result<u32, Failure> {
///     let ship = NamedActivity::<String, u32>::new(format!("ship by {carrier}"));
///     ctx.activity(ship, &"Ankara".to_owned()).await
/// }
/// let by_train = NamedActivity::<String, u32>::new("ship by train");
/// let registry = Registry::new().activity(by_train, |_, city| async move { Ok(city.len() as u32) });
/// ```
pub struct NamedActivity<I, O> {
    name: String,
    types: PhantomData<fn(I) -> O>,
}

impl<I, O> NamedActivity<I, O> {
    /// The activity of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            types: PhantomData,
        }
    }
}

impl<I, O> Activity for NamedActivity<I, O>
where
    I: Serialize + DeserializeOwned + Send + 'static,
    O: Serialize + DeserializeOwned + Send + 'static,
{
    const NAME: &'static str = "";
    type Input = I;
    type Output = O;
    fn name(&self) -> &str {
        &self.name
    }
}

/// How the engine deals with the attempts of an activity. The default: as many at once as the
/// engine's [`Limits`](super::Limits) allow, and one that is canceled is dropped at its next
/// `.await`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ActivityOptions {
    /// The most attempts under way at once; the others wait in order. `None`: no limit of its own.
    pub at_most: Option<u32>,
    /// How long a canceled attempt may tidy up, from [`ActivityContext::canceled`] on.
    pub grace: Duration,
}

/// What an attempt of an activity knows of itself.
#[derive(Clone)]
pub struct ActivityContext {
    pub(super) instance: InstanceId,
    pub(super) run: u32,
    pub(super) scheduled: EventId,
    pub(super) attempt: u32,
    pub(super) seed: u64,
    pub(super) max_heartbeat: usize,
    pub(super) signal: watch::Receiver<Signal>,
    pub(super) heartbeat: Option<Payload>,
    pub(super) beat: Arc<dyn Fn(Payload) + Send + Sync>,
}

/// What the engine tells an attempt that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Signal {
    GoOn,
    Recalled,
    Canceled,
}

impl ActivityContext {
    /// The instance that it works for.
    pub fn instance(&self) -> &InstanceId {
        &self.instance
    }

    /// Which run of the instance it works for: 1, 2, ...
    pub fn run(&self) -> u32 {
        self.run
    }

    /// Its `TaskScheduled`: the same for every attempt.
    pub fn scheduled(&self) -> EventId {
        self.scheduled
    }

    /// Names this piece of work: the same for every attempt, different from that of any other piece of
    /// work for ever, also after its instance was purged and its id used again, and in other stores.
    /// To be given to services as an idempotency key.
    pub fn idempotency_key(&self) -> String {
        let (instance, run, scheduled) = (&self.instance, self.run, self.scheduled);
        format!("{instance}-{run}-{scheduled}-{:016x}", self.seed)
    }

    /// Which attempt this is: 1, 2, ...
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Waits until the instance is suspended. An activity that has not yet done anything to the
    /// world may then return [`ActivityError::GivenBack`] and is started again on resume.
    pub async fn recalled(&mut self) {
        self.told(Signal::Recalled).await;
    }

    /// Waits until nobody wants the result any more: the workflow dropped the call, the instance was
    /// canceled or terminated, or a timeout ran out. What the activity returns then is dropped; after
    /// the [grace](ActivityOptions::grace) it is dropped itself.
    pub async fn canceled(&mut self) {
        self.told(Signal::Canceled).await;
    }

    async fn told(&mut self, signal: Signal) {
        // Without a sender nobody will tell anything.
        if self.signal.wait_for(|told| *told == signal).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Gives a sign of life and says how far the work is, for the attempt after this one. The engine
    /// keeps the last one in memory; it is in the history when the attempt fails, and from time to
    /// time (half the heartbeat timeout, or ten seconds) before. Details that are longer than
    /// [`Limits::heartbeat`](super::Limits::heartbeat) are an error.
    pub fn heartbeat<T: Serialize + ?Sized>(&self, details: &T) -> Result<(), ActivityError> {
        let details = Payload::encode(details);
        let details = details.map_err(|e| Failure::unwritable("heartbeat", &e))?;
        if details.size() > self.max_heartbeat {
            return Err(Failure::too_large("heartbeat", details.size(), self.max_heartbeat).into());
        }
        (self.beat)(details);
        Ok(())
    }

    /// What an attempt before this one told last; `None` if none did, or not in this type.
    pub fn last_heartbeat<T: DeserializeOwned>(&self) -> Option<T> {
        self.heartbeat.as_ref()?.decode().ok()
    }
}

/// How an attempt ends without a result.
#[derive(Debug, thiserror::Error)]
pub enum ActivityError {
    /// It failed; the retry policy decides what follows.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// It did nothing yet and gives the work back, because the instance is suspended.
    #[error("the work was given back because its instance is suspended")]
    GivenBack,
}

/// An activity function without its types.
pub(super) type ActivityFn = Arc<
    dyn Fn(ActivityContext, Payload) -> Pin<Box<dyn Future<Output = ActivityResult> + Send>>
        + Send
        + Sync,
>;

pub(super) type ActivityResult = Result<Payload, ActivityError>;

/// What is registered for an activity.
pub(super) struct Registered {
    pub function: ActivityFn,
    pub options: ActivityOptions,
}

/// A function without its types.
pub(super) fn erase<I, O, F, Fut>(function: F) -> ActivityFn
where
    I: DeserializeOwned + Send + 'static,
    O: Serialize + Send + 'static,
    F: Fn(ActivityContext, I) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<O, ActivityError>> + Send + 'static,
{
    let function = Arc::new(function);
    Arc::new(move |context, input| {
        let function = Arc::clone(&function);
        Box::pin(async move {
            let input = input.decode();
            let input = input.map_err(|e| Failure::unreadable("input", &e))?;
            let output = Payload::encode(&function(context, input).await?);
            Ok(output.map_err(|e| Failure::unwritable("output", &e))?)
        })
    })
}

/// One attempt of an activity; a panic in it is a failure.
pub(super) async fn attempt(
    function: ActivityFn,
    name: &str,
    context: ActivityContext,
    input: Payload,
) -> ActivityResult {
    let what = format!("the activity {name:?}");
    let called = catch_panic::caught(&what, || function(context, input))?;
    catch_panic::caught_async(&what, called).await?
}
