//! Activities: the side effects that workflows ask for, at least once each.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::watch;

use super::{EventId, Failure, InstanceId, Payload, panics};

/// Names an activity and its types. The marker is what workflow code calls, the function behind it
/// is given to the [`Registry`](super::Registry).
pub trait Activity {
    /// The name in the history.
    const NAME: &'static str;
    /// What it is given.
    type Input: Serialize + DeserializeOwned + Send + 'static;
    /// What it returns.
    type Output: Serialize + DeserializeOwned + Send + 'static;
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

    /// Its `TaskScheduled`. Instance, run and event together name the piece of work: the same for
    /// every attempt, so they serve as an idempotency key.
    pub fn scheduled(&self) -> EventId {
        self.scheduled
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
    /// time (half the heartbeat timeout, or ten seconds) before.
    pub fn heartbeat<T: Serialize + ?Sized>(&self, details: &T) -> Result<(), ActivityError> {
        let details = Payload::encode(details);
        let details = details.map_err(|e| Failure::unwritable("heartbeat", &e))?;
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

/// One attempt of an activity; a panic in it is a failure.
pub(super) async fn attempt(
    registered: Option<Arc<Registered>>,
    name: &str,
    context: ActivityContext,
    input: Payload,
) -> ActivityResult {
    let Some(registered) = registered else {
        let message = format!("no activity is registered under the name {name:?}");
        return Err(Failure::new(Failure::UNKNOWN, message)
            .non_retryable()
            .into());
    };
    let what = format!("the activity {name:?}");
    let called = panics::caught(&what, || (registered.function)(context, input))?;
    panics::caught_async(&what, called).await?
}
