//! The activities of scores: each is done by the activity of the same name of this program, on this
//! machine's player.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use serde_json::Value;
use temporalio_common::ActivityDefinition;
use temporalio_sdk::activities::{
    ActivityContext as ServerContext, ActivityDefinitions, ActivityError as ServerError,
    ActivityImplementer, ExecutableActivity,
};

use super::{HEARTBEAT, PROGRESS, cluster::Cluster, failure::server_failure};
use crate::{
    conductor::{Progress, ScoreAttempt, ScoreWorker},
    engine::{Activity, ActivityError, EventId, Failure, InstanceId, Payload},
    score::calls::{
        ControlActivity, CueActivity, EmitActivity, EnterActivity, HttpActivity, LoopActivity,
        PhraseActivity, PlayActivity, RestActivity, TempoActivity,
    },
};

/// The activities, on this machine's player.
pub(super) struct Activities {
    /// The player.
    pub worker: ScoreWorker,
    /// What the server knows.
    pub cluster: Cluster,
    /// The task queue that only this machine takes work from.
    pub own_queue: String,
}

/// Defines an activity of the cluster for each activity of scores.
macro_rules! activities {
    ($($activity:ident),*) => {
        impl ActivityImplementer for Activities {
            fn register_all(self: Arc<Self>, definitions: &mut ActivityDefinitions) {
                definitions.register_activity::<ChoosePlayer>(Arc::clone(&self));
                $(definitions.register_activity::<Named<$activity>>(Arc::clone(&self));)*
            }
        }
    };
}

activities!(
    EnterActivity,
    PlayActivity,
    PhraseActivity,
    LoopActivity,
    EmitActivity,
    RestActivity,
    HttpActivity,
    CueActivity,
    ControlActivity,
    TempoActivity
);

/// Chooses the machine that plays a score: the one that takes this activity. Answers with its own task queue.
pub(super) struct ChoosePlayer;

impl ActivityDefinition for ChoosePlayer {
    type Input = Value;
    type Output = String;

    fn name(&self) -> &str {
        "player"
    }
}

impl ExecutableActivity for ChoosePlayer {
    type Implementer = Activities;

    const REQUIRES_INSTANCE: bool = true;

    fn definition() -> Self {
        Self
    }

    fn execute(
        activities: Option<Arc<Activities>>,
        _: ServerContext,
        _: Value,
    ) -> BoxFuture<'static, Result<String, ServerError>> {
        Box::pin(async move { Ok(activities.ok_or_else(no_player)?.own_queue.clone()) })
    }
}

/// An activity of scores, with JSON.
struct Named<A>(std::marker::PhantomData<fn() -> A>);

impl<A: Activity> ActivityDefinition for Named<A> {
    type Input = Value;
    type Output = Value;

    fn name(&self) -> &str {
        A::NAME
    }
}

impl<A: Activity + 'static> ExecutableActivity for Named<A> {
    type Implementer = Activities;

    const REQUIRES_INSTANCE: bool = true;

    fn definition() -> Self {
        Self(std::marker::PhantomData)
    }

    fn execute(
        activities: Option<Arc<Activities>>,
        context: ServerContext,
        input: Value,
    ) -> BoxFuture<'static, Result<Value, ServerError>> {
        Box::pin(async move {
            let activities = activities.ok_or_else(no_player)?;
            activities.attempt(A::NAME, &context, input).await
        })
    }
}

impl Activities {
    /// Does one attempt of an activity, and says meanwhile how far it is.
    async fn attempt(
        &self,
        activity: &'static str,
        context: &ServerContext,
        mut input: Value,
    ) -> Result<Value, ServerError> {
        let instance = context.info().workflow_id.clone().unwrap_or_default();
        let instance = InstanceId::new(instance).map_err(|error| failed(&error.to_string()))?;
        let before = earlier(context).or_else(|| handed_on(&mut input));
        let attempt = ScoreAttempt {
            activity,
            instance,
            run: context.info().workflow_run_id.clone().unwrap_or_default(),
            scheduled: EventId(context.info().activity_id.parse().unwrap_or_default()),
            attempt: context.info().attempt,
            input: Payload::from(input),
            progress: before,
        };
        let progress = Mutex::new(before);
        tokio::select! {
            biased;
            () = context.cancelled() => Err(ServerError::cancelled()),
            done = self.done(attempt, &progress) => done,
            never = beat(context, &progress) => never,
        }
    }

    async fn done(
        &self,
        attempt: ScoreAttempt<'_>,
        progress: &Mutex<Option<Progress>>,
    ) -> Result<Value, ServerError> {
        if attempt.activity == EmitActivity::NAME {
            return self.receivers(&attempt.instance).await;
        }
        if !self.worker.knows(&attempt) {
            self.join(&attempt).await?;
        }
        let report = |now| *lock(progress) = Some(now);
        match self.worker.attempt(attempt, report).await {
            Ok(output) => output.decode().map_err(|error| failed(&error.to_string())),
            Err(ActivityError::Failed(failure)) => Err(server_failure(failure).into()),
            Err(ActivityError::Yielded) => Err(failed("the attempt stopped")),
        }
    }

    /// A score joins with its history so far. Those that have ended leave.
    async fn join(&self, attempt: &ScoreAttempt<'_>) -> Result<(), ServerError> {
        let history = self.cluster.history(&attempt.instance).await;
        let history = history.map_err(|error| failed(&error.to_string()))?;
        for joined in self.worker.joined() {
            if self.cluster.has_ended(&joined).await {
                self.worker.leave(&joined);
            }
        }
        let joined = self.worker.join(attempt, &history);
        joined.map_err(|error| failed(&error.to_string()))
    }

    /// The scores that may consume an event: all that are under way. The server's list is a moment late, so those
    /// that play here are added.
    async fn receivers(&self, own: &InstanceId) -> Result<Value, ServerError> {
        let running = self.cluster.running().await;
        let mut all = running.map_err(|error| failed(&error.to_string()))?;
        all.extend(self.worker.joined());
        all.push(own.clone());
        all.sort();
        all.dedup();
        let ids = all.iter().map(|id| Value::from(id.as_str()));
        Ok(ids.collect())
    }
}

/// Says that the worker is there, and how far it is.
async fn beat(
    context: &ServerContext,
    progress: &Mutex<Option<Progress>>,
) -> Result<Value, ServerError> {
    loop {
        let details = *lock(progress);
        context
            .record_heartbeat(serde_json::to_value(details).unwrap_or_default())
            .await?;
        tokio::time::sleep(HEARTBEAT).await;
    }
}

/// How far an earlier attempt came.
fn earlier(context: &ServerContext) -> Option<Progress> {
    let details = context.heartbeat_details().deserialize::<Value>().ok()??;
    serde_json::from_value(details).ok()
}

/// How far another machine came, before it was lost.
fn handed_on(input: &mut Value) -> Option<Progress> {
    let details = input.as_object_mut()?.remove(PROGRESS)?;
    serde_json::from_value(details).ok()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is done under the lock can panic halfway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no_player() -> ServerError {
    failed("this worker has no player")
}

fn failed(why: &str) -> ServerError {
    server_failure(Failure::new("Worker", why)).into()
}
