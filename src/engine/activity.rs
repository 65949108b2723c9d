//! Activities: side effects of workflows, with at-least-once execution.

use std::{fmt, future::Future, marker::PhantomData, pin::Pin, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::watch;

use super::{EventId, Failure, InstanceId, Payload, catch_panic};

/// Declares the name and types of an activity. Workflow code calls the marker type; the function is
/// registered with the [`Registry`](super::Registry).
pub trait Activity {
    /// The name in the history.
    const NAME: &'static str;
    /// The input.
    type Input: Serialize + DeserializeOwned + Send + 'static;
    /// The output.
    type Output: Serialize + DeserializeOwned + Send + 'static;
    /// The name, if it is known only at run time: see [`NamedActivity`].
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
    /// An activity with this name.
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

/// How the engine runs the attempts of an activity. By default, concurrency is limited only by the
/// engine's [`Limits`](super::Limits), and a canceled attempt is dropped at its next `.await`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ActivityOptions {
    /// The maximum number of concurrent attempts; further ones queue in order. `None`: no limit for
    /// this activity.
    pub max_concurrent: Option<u32>,
    /// How long a canceled attempt may clean up after [`ActivityContext::canceled`].
    pub grace: Duration,
}

/// The context of an activity attempt.
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

/// An attempt of an activity that another engine makes.
pub struct AttemptElsewhere {
    /// The instance in that engine.
    pub instance: InstanceId,
    /// The event that scheduled the activity: the same for every attempt.
    pub scheduled: EventId,
    /// What tells its run from all others: part of its [idempotency key](ActivityContext::idempotency_key).
    pub seed: u64,
    /// The number of the attempt: 1, 2, ...
    pub attempt: u32,
    /// The details of the last heartbeat of an earlier attempt.
    pub progress: Option<Payload>,
    /// Takes the heartbeats of this one.
    pub report: Arc<dyn Fn(Payload) + Send + Sync>,
}

/// A signal from the engine to an attempt in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Signal {
    Running,
    Suspended,
    Canceled,
}

impl ActivityContext {
    /// The context of an attempt that another engine makes. It is never suspended, and whoever drops the
    /// attempt cancels it.
    pub fn elsewhere(place: AttemptElsewhere) -> Self {
        let (_, signal) = watch::channel(Signal::Running);
        Self {
            instance: place.instance,
            run: 1,
            scheduled: place.scheduled,
            attempt: place.attempt,
            seed: place.seed,
            max_heartbeat: usize::MAX,
            signal,
            heartbeat: place.progress,
            beat: place.report,
        }
    }

    /// The instance that scheduled the activity.
    pub fn instance(&self) -> &InstanceId {
        &self.instance
    }

    /// The run of that instance: 1, 2, ...
    pub fn run(&self) -> u32 {
        self.run
    }

    /// The `TaskScheduled` event of the activity: the same for every attempt.
    pub fn scheduled(&self) -> EventId {
        self.scheduled
    }

    /// An idempotency key to pass to services: the same for every attempt, and unique across
    /// activities and stores, even after the instance was purged and its id reused.
    pub fn idempotency_key(&self) -> String {
        let (instance, run, scheduled) = (&self.instance, self.run, self.scheduled);
        format!("{instance}-{run}-{scheduled}-{:016x}", self.seed)
    }

    /// The number of the attempt: 1, 2, ...
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Waits until the instance is suspended. An activity that has had no effect yet may then
    /// return [`ActivityError::Yielded`]; it is started again on resume.
    pub async fn suspended(&mut self) {
        self.wait_for(Signal::Suspended).await;
    }

    /// Waits until the result is no longer wanted: the workflow dropped the call, the instance was
    /// canceled or terminated, or a timeout expired. A result returned after that is ignored, and
    /// after the [grace period](ActivityOptions::grace) the attempt is dropped.
    pub async fn canceled(&mut self) {
        self.wait_for(Signal::Canceled).await;
    }

    async fn wait_for(&mut self, signal: Signal) {
        // Without a sender there will be no signal.
        if self
            .signal
            .wait_for(|current| *current == signal)
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }

    /// Sends a heartbeat with progress details for the next attempt. The engine keeps the last one
    /// in memory; it is recorded when the attempt fails, and periodically before that (every half
    /// of the heartbeat timeout, at most every ten seconds). Details larger than
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

    /// The details of the last heartbeat of an earlier attempt; `None` if there are none or they
    /// have another type.
    pub fn last_heartbeat<T: DeserializeOwned>(&self) -> Option<T> {
        self.heartbeat.as_ref()?.decode().ok()
    }
}

/// Why an attempt ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum ActivityError {
    /// It failed; the retry policy decides whether it is retried.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// It has had no effect and stops because its instance is suspended; it is started again on
    /// resume.
    #[error("the attempt stopped without effect because its instance is suspended")]
    Yielded,
}

/// A type-erased activity function.
pub(super) type ActivityFn = Arc<
    dyn Fn(ActivityContext, Payload) -> Pin<Box<dyn Future<Output = ActivityResult> + Send>>
        + Send
        + Sync,
>;

pub(super) type ActivityResult = Result<Payload, ActivityError>;

/// A registered activity.
pub(super) struct Registered {
    pub function: ActivityFn,
    pub options: ActivityOptions,
}

/// Erases the types of an activity function.
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

/// Runs an attempt; a panic becomes a failure.
pub(super) async fn attempt(
    function: ActivityFn,
    name: &str,
    context: ActivityContext,
    input: Payload,
) -> ActivityResult {
    let what = ActivityNamed(name);
    let called = catch_panic::caught(&what, || function(context, input))?;
    catch_panic::caught_async(what, called).await?
}

/// The activity of this name, in messages.
struct ActivityNamed<'a>(&'a str);

impl fmt::Display for ActivityNamed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the activity {:?}", self.0)
    }
}
