//! Carries out what requests ask for.

use hyper::StatusCode;
use serde_json::{Map, Value, json};
use tonic::{Code, Status as Refusal};

use super::{Answer, call::Call};
use crate::{
    engine::InstanceId,
    serve::durable_task::{
        Clients, Extent,
        messages::{
            CreateInstance, DaprListInstanceIds, Encoded, GetInstance, InstanceState, Moment,
            PurgeInstances, RaiseEvent, Rerun, Terminate, Text, WithReason,
        },
        refusal,
        values::{status, timestamp},
    },
};
use prost::Message as _;

/// Carries out a request.
pub(super) async fn carry_out(clients: &Clients, call: Call, body: String) -> Answer {
    let answer = respond(clients.clone(), call, body).await;
    answer.unwrap_or_else(|refusal| refused(&refusal))
}

async fn respond(clients: Clients, call: Call, body: String) -> Result<Answer, Refusal> {
    let accepted = |()| Answer::empty(StatusCode::ACCEPTED);
    let content = (!body.is_empty()).then_some(Text { value: body });
    let with_reason = |instance_id| WithReason {
        instance_id,
        reason: None,
    };
    Ok(match call {
        Call::Health => Answer::empty(StatusCode::NO_CONTENT),
        Call::Metadata => Answer::of(StatusCode::OK, metadata()),
        Call::Start { workflow, id } => {
            let new = CreateInstance {
                instance_id: id,
                name: workflow,
                input: content,
                ..CreateInstance::default()
            };
            let started = clients.start(new).await?;
            let body = json!({"instanceID": started.instance_id});
            Answer::of(StatusCode::ACCEPTED, body)
        }
        Call::Get(id) => {
            let asked = GetInstance {
                instance_id: id.clone(),
                with_payloads: true,
            };
            let state = clients.get(asked).await?.state;
            let state = state.ok_or_else(|| unknown(&id))?;
            Answer::of(StatusCode::OK, state_json(state))
        }
        Call::List { token, size } => {
            let asked = DaprListInstanceIds {
                token,
                page_size: size,
            };
            let listed = clients.list_ids_of_dapr(asked).await?;
            let mut body = json!({"instanceIDs": listed.instance_ids});
            if !listed.token.is_empty() {
                body["continuationToken"] = listed.token.into();
            }
            Answer::of(StatusCode::OK, body)
        }
        Call::History(id) => Answer::json(StatusCode::OK, history(&clients, &id)?),
        Call::Raise { id, event } => {
            let event = RaiseEvent {
                instance_id: id,
                name: event,
                input: content,
            };
            accepted(clients.raise(event).await.map(|_| ())?)
        }
        Call::Terminate { id, extent } => {
            let asked = Terminate {
                instance_id: id,
                output: content,
                recursive: extent == Extent::WithChildren,
            };
            accepted(clients.terminate(asked).await.map(|_| ())?)
        }
        Call::Pause(id) => accepted(clients.suspend(with_reason(id)).await.map(|_| ())?),
        Call::Resume(id) => accepted(clients.resume(with_reason(id)).await.map(|_| ())?),
        Call::Purge(id) => purge(clients, id).await?,
        Call::Rerun { id, event, new_id } => {
            let asked = Rerun {
                source: id,
                event_id: event,
                new_id,
                ..Rerun::default()
            };
            let rerun = clients.rerun(asked).await?;
            let body = json!({"instanceID": rerun.instance_id});
            Answer::of(StatusCode::ACCEPTED, body)
        }
    })
}

async fn purge(clients: Clients, id: String) -> Result<Answer, Refusal> {
    let known = clients.clone().get(GetInstance {
        instance_id: id.clone(),
        with_payloads: false,
    });
    if !known.await?.exists {
        return Err(unknown(&id));
    }
    let asked = PurgeInstances {
        instance_id: Some(id.clone()),
        ..PurgeInstances::default()
    };
    let purged = clients.purge(Encoded(asked.encode_to_vec().into())).await?;
    match purged.count {
        0 => {
            let sentence = format!("instance {id:?} is still open: terminate it first");
            Err(Refusal::failed_precondition(sentence))
        }
        _ => Ok(Answer::empty(StatusCode::ACCEPTED)),
    }
}

fn unknown(id: &str) -> Refusal {
    Refusal::not_found(format!("there is no instance {id:?}"))
}

/// The history of the latest run, as `fermata export` writes it.
fn history(clients: &Clients, id: &str) -> Result<String, Refusal> {
    let known = InstanceId::new(id).map_err(|_| unknown(id))?;
    let exported = clients.engine().archive().export(&known);
    let exported = exported.map_err(refusal)?;
    Ok(exported.to_json().to_string())
}

/// What programs of Dapr look for when they start.
fn metadata() -> Value {
    json!({
        "id": "fermata",
        "runtimeVersion": env!("CARGO_PKG_VERSION"),
        "components": [{"name": "dapr", "type": "workflow.dapr", "version": "v1"}],
    })
}

/// The state of an instance, as Dapr writes it.
fn state_json(state: InstanceState) -> Value {
    let time = |moment: Option<Moment>| {
        let at = moment.and_then(timestamp).unwrap_or_default();
        at.to_string()
    };
    let mut properties = Map::new();
    let mut property = |name: &str, text: Option<String>| {
        if let Some(text) = text {
            properties.insert(format!("dapr.workflow.{name}"), text.into());
        }
    };
    let value = |text: Option<Text>| text.map(|text| text.value);
    property("input", value(state.input));
    property("output", value(state.output));
    property("custom_status", value(state.custom_status));
    if let Some(failure) = state.failure {
        property("failure.error_type", Some(failure.error_type));
        property("failure.error_message", Some(failure.error_message));
    }
    json!({
        "instanceID": state.instance_id,
        "workflowName": state.name,
        "createdAt": time(state.created),
        "lastUpdatedAt": time(state.last_updated),
        "runtimeStatus": status_name(state.status),
        "properties": properties,
    })
}

fn status_name(number: i32) -> String {
    use crate::engine::Status;
    match status(number) {
        Some(Status::ContinuedAsNew) => "CONTINUED_AS_NEW".to_owned(),
        Some(status) => status.to_string().to_uppercase(),
        None => "UNKNOWN".to_owned(),
    }
}

fn refused(refusal: &Refusal) -> Answer {
    let (status, code) = match refusal.code() {
        Code::NotFound => (StatusCode::NOT_FOUND, "ERR_INSTANCE_ID_NOT_FOUND"),
        Code::AlreadyExists => (StatusCode::CONFLICT, "ERR_INSTANCE_ID_EXISTS"),
        Code::InvalidArgument => (StatusCode::BAD_REQUEST, "ERR_BAD_REQUEST"),
        Code::FailedPrecondition => (StatusCode::CONFLICT, "ERR_WORKFLOW_STATE"),
        Code::ResourceExhausted => (StatusCode::TOO_MANY_REQUESTS, "ERR_TOO_MANY_EVENTS"),
        Code::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "ERR_UNAVAILABLE"),
        Code::Unimplemented => (StatusCode::NOT_IMPLEMENTED, "ERR_NOT_IMPLEMENTED"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "ERR_INTERNAL"),
    };
    Answer::error(status, code, refusal.message())
}
