//! A call of an activity, from a workflow.

use futures_util::future::FutureExt;
use serde_json::Value;
use temporalio_common::{
    ActivityDefinition, RetryPolicy as ServerRetryPolicy,
    protos::temporal::api::{
        enums::v1::TimeoutType,
        failure::v1::{Failure as ServerFailure, failure::FailureInfo},
    },
};
use temporalio_sdk::{
    ActivityExecutionError, ActivityOptions, WorkflowCancellationToken,
    WorkflowContext as ServerContext,
};

use super::{
    HEARTBEAT_TIMEOUT, LONGEST, PICKUP_TIMEOUT, PROGRESS,
    activities::ChoosePlayer,
    failure::{canceled, failure_of},
    player::Player,
    workflow::ScoreWorkflow,
};
use crate::{
    conductor::is_played,
    engine::{Failure, RetryPolicy},
};

/// The failure of an attempt on a machine that is not heard of any more. Another attempt of something that is
/// played would wait for the same machine.
const LOST: &str = "TemporalTimeout:Heartbeat";

/// A call of an activity.
pub(super) struct ActivityCall {
    pub server: ServerContext<ScoreWorkflow>,
    pub token: WorkflowCancellationToken,
    /// The name of the activity.
    pub name: String,
    /// When it is tried again.
    pub policy: ServerRetryPolicy,
}

impl ActivityCall {
    /// Calls it on the machine that plays the score. If that machine is lost, another one goes on with it.
    pub async fn on_player(&self, player: &Player, mut input: Value) -> Result<Value, Failure> {
        loop {
            let choice = player.choice(|| choose(self.server.clone()).boxed_local());
            let queue = match choice.clone().await {
                Ok(queue) => queue,
                Err(failure) => {
                    player.lost(&choice);
                    return Err(failure);
                }
            };
            let error = match self.execute(Some(queue), input.clone()).await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            let Some(progress) = lost_machine(&error) else {
                return Err(self.failure(&error));
            };
            player.lost(&choice);
            if let (Some(fields), Some(progress)) = (input.as_object_mut(), progress) {
                fields.insert(PROGRESS.to_owned(), progress);
            }
        }
    }

    /// Calls it on any machine.
    pub async fn anywhere(&self, input: Value) -> Result<Value, Failure> {
        let called = self.execute(None, input).await;
        called.map_err(|error| self.failure(&error))
    }

    async fn execute(
        &self,
        queue: Option<String>,
        input: Value,
    ) -> Result<Value, ActivityExecutionError> {
        let summary = input.get("task").and_then(Value::as_str);
        let pickup = queue.as_ref().map(|_| PICKUP_TIMEOUT);
        let options = ActivityOptions::with_start_to_close_timeout(LONGEST)
            .maybe_task_queue(queue)
            .maybe_schedule_to_start_timeout(pickup)
            .heartbeat_timeout(HEARTBEAT_TIMEOUT)
            .retry_policy(self.policy.clone())
            .cancellation_token(self.token.clone())
            .maybe_summary(summary.map(str::to_owned))
            .build();
        let call = Call(self.name.clone());
        self.server.execute_activity(call, input, options).await
    }

    fn failure(&self, error: &ActivityExecutionError) -> Failure {
        match error {
            ActivityExecutionError::Cancelled(_) => canceled(&self.token),
            _ => failure_of(error.failure(), error),
        }
    }
}

/// Chooses the machine that plays: the first one that takes this activity. It waits as long as there is none.
async fn choose(server: ServerContext<ScoreWorkflow>) -> Result<String, Failure> {
    let options = ActivityOptions::with_start_to_close_timeout(HEARTBEAT_TIMEOUT)
        .cancellation_token(WorkflowCancellationToken::new())
        .build();
    let chosen = server.execute_activity(ChoosePlayer, Value::Null, options);
    chosen
        .await
        .map_err(|error| failure_of(error.failure(), &error))
}

/// Whether an activity failed because its machine did not take it, or was not heard of any more. Then how far
/// it was, if that was heard.
fn lost_machine(error: &ActivityExecutionError) -> Option<Option<Value>> {
    let timeout = timeout_of(error.failure()?)?;
    match timeout.timeout_type() {
        TimeoutType::ScheduleToStart | TimeoutType::Heartbeat => {}
        _ => return None,
    }
    let details = timeout.last_heartbeat_details.as_ref();
    let details = details.and_then(|details| details.payloads.first());
    let progress = details.and_then(|payload| serde_json::from_slice::<Value>(&payload.data).ok());
    Some(progress.filter(|progress| !progress.is_null()))
}

/// The timeout that a failure is about.
fn timeout_of(
    failure: &ServerFailure,
) -> Option<&temporalio_common::protos::temporal::api::failure::v1::TimeoutFailureInfo> {
    match &failure.failure_info {
        Some(FailureInfo::TimeoutFailureInfo(timeout)) => Some(timeout),
        _ => failure.cause.as_deref().and_then(timeout_of),
    }
}

/// The failures after which an activity is not tried again, `other` among them.
pub(super) fn final_failures(activity: &str, other: &'static str) -> Vec<&'static str> {
    let lost = is_played(activity).then_some(LOST);
    let all = [other].into_iter().filter(|other| !other.is_empty());
    all.chain(lost).collect()
}

/// When an activity is tried again, as the cluster has it.
pub(super) fn server_policy(
    policy: &RetryPolicy,
    is_final: Vec<&'static str>,
) -> ServerRetryPolicy {
    ServerRetryPolicy::builder()
        .initial_interval(policy.initial_interval)
        .backoff_coefficient(policy.backoff_coefficient)
        .maximum_interval(policy.max_interval)
        .maximum_attempts(policy.max_attempts)
        .non_retryable_error_types(is_final)
        .build()
}

/// An activity by its name, with JSON.
struct Call(String);

impl ActivityDefinition for Call {
    type Input = Value;
    type Output = Value;

    fn name(&self) -> &str {
        &self.0
    }
}
