//! Activities: the side effects that workflows ask for, at least once each.

use std::{future::Future, panic::AssertUnwindSafe, pin::Pin, sync::Arc};

use futures_util::FutureExt;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::watch;

use super::{EventId, Failure, InstanceId, Payload};

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

/// What an attempt of an activity knows of itself.
#[derive(Debug, Clone)]
pub struct ActivityContext {
    pub(super) instance: InstanceId,
    pub(super) scheduled: EventId,
    pub(super) attempt: u32,
    pub(super) recalled: watch::Receiver<bool>,
}

impl ActivityContext {
    /// The instance that it works for.
    pub fn instance(&self) -> &InstanceId {
        &self.instance
    }

    /// Its `TaskScheduled`. Instance and event together name the piece of work: the same for every
    /// attempt, so they serve as an idempotency key.
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
        // The sender lives as long as the engine; without it nobody will recall anything.
        if self.recalled.wait_for(|recalled| *recalled).await.is_err() {
            std::future::pending::<()>().await;
        }
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

/// One attempt of an activity; a panic in it is a failure.
pub(super) async fn attempt(
    function: Option<ActivityFn>,
    name: String,
    context: ActivityContext,
    input: Payload,
) -> ActivityResult {
    let Some(function) = function else {
        let message = format!("no activity is registered under the name {name:?}");
        return Err(Failure::new("UnknownActivity", message)
            .non_retryable()
            .into());
    };
    AssertUnwindSafe(async move { function(context, input).await })
        .catch_unwind()
        .await
        .unwrap_or_else(|_| {
            let message = format!("the activity {name:?} panicked");
            Err(ActivityError::Failed(Failure::new("Panic", message)))
        })
}
