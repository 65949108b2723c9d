//! `call: http` and `call: openapi`.

use std::time::Duration;

use serde_json::Value;

use super::{Performance, Raised, Standard, Voice, WorkflowContext, line::Doing};
use crate::{
    engine::Failure,
    score::{
        Task,
        calls::HttpActivity,
        http::{HttpCall, InvalidCall, Service},
    },
};

impl<C: WorkflowContext> Performance<C> {
    /// Calls a service: one durable activity, which answers with the task's output.
    pub(super) async fn service(
        &self,
        task: &Task,
        service: &Service,
        limit: Option<Duration>,
        input: &Value,
        voice: &Voice,
    ) -> Result<Value, Raised> {
        let pointer = task.pointer.as_str();
        let call = service
            .call(&task.name, limit, input, &self.variables(voice))
            .map_err(|error| invalid(pointer, &error))?;
        let secrets = self.document.secrets.iter();
        let call = HttpCall {
            hidden: secrets.map(|(name, _)| name.clone()).collect(),
            ..call
        };
        let calling = self.context.activity(HttpActivity, &call);
        let answer = self.waiting(voice, Doing::Busy, calling).await;
        answer.map_err(|failure| failed(pointer, &failure))
    }
}

fn invalid(pointer: &str, error: &InvalidCall) -> Raised {
    let kind = match error {
        InvalidCall::Expression(_) => Standard::Expression,
        InvalidCall::Invalid(_) => Standard::Validation,
    };
    Raised::standard(kind, pointer, error.to_string())
}

/// The activity fails with problem details; what else can fail it is the engine's.
fn failed(pointer: &str, failure: &Failure) -> Raised {
    let details = failure.details.as_ref();
    match details.and_then(|details| details.decode::<Raised>().ok()) {
        Some(raised) => Raised {
            instance: Some(pointer.to_owned()),
            ..raised
        },
        None => Raised::failure(pointer, failure),
    }
}
