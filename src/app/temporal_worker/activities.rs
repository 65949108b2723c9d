//! The activities of scores: each is done by the activity of the same name of this program, on this
//! machine's player.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{StreamExt, future::BoxFuture};
use serde_json::Value;
use temporalio_client::{WorkflowFetchHistoryOptions, WorkflowListOptions};
use temporalio_common::{
    ActivityDefinition, protos::temporal::api::history::v1::history_event::Attributes,
};
use temporalio_sdk::activities::{
    ActivityContext as ServerContext, ActivityDefinitions, ActivityError as ServerError,
    ActivityImplementer, ExecutableActivity,
};

use super::{HEARTBEAT, WORKFLOW, failure::server_failure, workflow::ScoreRun};
use crate::{
    conductor::ScoreWorker,
    engine::{Activity, ActivityError, AttemptElsewhere, EventId, Failure, InstanceId, Payload},
    score::{
        ScoreInput,
        calls::{
            ControlActivity, CueActivity, EmitActivity, EnterActivity, HttpActivity, LoopActivity,
            PhraseActivity, PlayActivity, RestActivity, TempoActivity,
        },
    },
};

/// The activities, on this machine's player.
pub(super) struct Activities {
    pub worker: ScoreWorker,
}

/// Defines an activity of the cluster for each activity of scores.
macro_rules! activities {
    ($($activity:ident),*) => {
        impl ActivityImplementer for Activities {
            fn register_all(self: Arc<Self>, definitions: &mut ActivityDefinitions) {
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
            let activities = activities.ok_or_else(|| failed("no player"))?;
            activities.attempt(A::NAME, context, input).await
        })
    }
}

impl Activities {
    /// Does one attempt of an activity, and says meanwhile how far it is.
    async fn attempt(
        &self,
        name: &'static str,
        context: ServerContext,
        input: Value,
    ) -> Result<Value, ServerError> {
        let instance = context.info().workflow_id.clone().unwrap_or_default();
        let instance = InstanceId::new(instance).map_err(|error| failed(&error.to_string()))?;
        if name == EmitActivity::NAME {
            return receivers(&context, &instance).await;
        }
        if !self.worker.knows(&instance) {
            let start = start_of(&context, &instance).await?;
            let known = self.worker.join(&instance, &start);
            known.map_err(|error| failed(&error.to_string()))?;
        }
        let progress = Arc::new(Mutex::new(earlier(&context)));
        let kept = Arc::clone(&progress);
        let elsewhere = AttemptElsewhere {
            instance,
            scheduled: EventId(context.info().activity_id.parse().unwrap_or_default()),
            attempt: context.info().attempt,
            progress: earlier(&context),
            report: Arc::new(move |details| *lock(&kept) = Some(details)),
        };
        let doing = self.worker.attempt(name, elsewhere, Payload::from(input));
        tokio::select! {
            biased;
            () = context.cancelled() => Err(ServerError::cancelled()),
            done = doing => match done {
                Ok(output) => output.decode().map_err(|error| failed(&error.to_string())),
                Err(ActivityError::Failed(failure)) => Err(server_failure(failure).into()),
                Err(ActivityError::Yielded) => Err(failed("the attempt stopped")),
            },
            never = beat(&context, &progress) => never,
        }
    }
}

/// Says that the worker is there, and how far it is.
async fn beat(
    context: &ServerContext,
    progress: &Mutex<Option<Payload>>,
) -> Result<Value, ServerError> {
    loop {
        let details = lock(progress)
            .as_ref()
            .and_then(|details| details.decode::<Value>().ok());
        context
            .record_heartbeat(details.unwrap_or_default())
            .await?;
        tokio::time::sleep(HEARTBEAT).await;
    }
}

/// How far an earlier attempt came.
fn earlier(context: &ServerContext) -> Option<Payload> {
    let details = context.heartbeat_details().deserialize::<Value>().ok()??;
    (!details.is_null()).then(|| Payload::from(details))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Nothing that is done under the lock can panic halfway.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The score that a workflow was started with.
async fn start_of(context: &ServerContext, id: &InstanceId) -> Result<ScoreInput, ServerError> {
    let handle = context
        .client()
        .get_workflow_handle::<ScoreRun>(id.as_str());
    let mut history = handle.fetch_history(WorkflowFetchHistoryOptions::default());
    let first = history
        .next()
        .await
        .transpose()
        .map_err(|error| failed(&error.to_string()))?;
    let Some(Attributes::WorkflowExecutionStartedEventAttributes(started)) =
        first.and_then(|event| event.attributes)
    else {
        return Err(failed("the history of the workflow has no beginning"));
    };
    let input = started
        .input
        .and_then(|input| input.payloads.into_iter().next());
    let input = input.ok_or_else(|| failed("the workflow was started without a score"))?;
    serde_json::from_slice(&input.data).map_err(|error| failed(&error.to_string()))
}

/// The scores that may consume an event: all that are under way.
async fn receivers(context: &ServerContext, id: &InstanceId) -> Result<Value, ServerError> {
    let query = format!("WorkflowType = '{WORKFLOW}' AND ExecutionStatus = 'Running'");
    let mut running = context
        .client()
        .list_workflows(query, WorkflowListOptions::default());
    let mut ids = vec![Value::from(id.as_str())];
    while let Some(workflow) = running.next().await {
        let workflow = workflow.map_err(|error| failed(&error.to_string()))?;
        if workflow.id() != id.as_str() {
            ids.push(Value::from(workflow.id()));
        }
    }
    Ok(Value::Array(ids))
}

fn failed(why: &str) -> ServerError {
    server_failure(Failure::new("Worker", why)).into()
}
