//! What two events must have in common to be the same: what was asked for and how it ended, without
//! moments, beats and ids.

use serde_json::Value;

use crate::{
    engine::{Activity, Event, EventKind, Failure, Payload},
    score::{
        ScoreInput,
        calls::{
            ControlActivity, CueActivity, EnterActivity, LoopActivity, PlayActivity, RestActivity,
            TempoActivity,
        },
    },
};

/// Members of the data of musical activities that say when something was played, and on which channels.
const PLACES: [&str; 4] = ["at", "onset", "until", "channels"];

/// What an event has in common with every event that is the same. `opened`: the event that it refers to.
pub(super) fn likeness(kind: &EventKind, opened: Option<&Event>) -> String {
    use EventKind as E;
    let data = match kind {
        E::ExecutionStarted { input, .. } | E::ContinuedAsNew { input, .. } => run_input(input),
        E::ExecutionCompleted { output } => text(output),
        E::ExecutionFailed { failure } | E::ExecutionCanceled { failure } => reason(failure),
        E::ExecutionLimitReached { failure } => reason(failure),
        E::TaskScheduled { name, input, .. } => task_data(name, input),
        E::TaskStarted { attempt, .. } => attempt.to_string(),
        E::TaskCompleted { result, .. } => match opened.map(|opened| &opened.kind) {
            Some(E::TaskScheduled { name, .. }) => task_data(name, result),
            _ => text(result),
        },
        E::TaskFailed {
            attempt,
            failure,
            retry_at,
            ..
        }
        | E::ChildWorkflowInstanceFailed {
            attempt,
            failure,
            retry_at,
            ..
        } => format!("{attempt} {} {}", retry_at.is_some(), reason(failure)),
        E::TaskAttemptsFolded { failure, .. } => reason(failure),
        E::EventRaised { input, .. }
        | E::EventSent { input, .. }
        | E::ChildWorkflowInstanceCreated { input, .. } => text(input),
        E::AwaitedInstanceClosed {
            output, failure, ..
        } => match failure {
            Some(failure) => reason(failure),
            None => output.as_ref().map(text).unwrap_or_default(),
        },
        E::ChildWorkflowInstanceRestarted { attempt, .. } => attempt.to_string(),
        E::ChildWorkflowInstanceCompleted { result, .. } => text(result),
        E::CustomStatusSet { status } => text(status),
        E::TagSet { value, .. } => value.clone(),
        E::VersionMarked { version, .. } => version.to_string(),
        E::CompensationEnded { failure, .. } => failure.as_ref().map(reason).unwrap_or_default(),
        E::Noted { what, details, .. } => format!("{what} {}", noted(details)),
        _ => String::new(),
    };
    format!("{} {data}", kind.name())
}

/// The input of a run. Two texts of a score may differ: what follows from that is compared.
fn run_input(input: &Payload) -> String {
    match input.decode::<ScoreInput>() {
        Ok(score) => score.input.to_string(),
        Err(_) => text(input),
    }
}

/// The input or result of an activity.
fn task_data(name: &str, data: &Payload) -> String {
    match data.to_json() {
        Value::Object(mut members) if is_music(name) => {
            members.retain(|name, _| !PLACES.contains(&name.as_str()));
            Value::Object(members).to_string()
        }
        _ => text(data),
    }
}

/// Whether an activity makes music, or is a moment of it.
pub(super) fn is_music(name: &str) -> bool {
    matches!(
        name,
        EnterActivity::NAME
            | PlayActivity::NAME
            | RestActivity::NAME
            | CueActivity::NAME
            | ControlActivity::NAME
            | TempoActivity::NAME
            | LoopActivity::NAME
    )
}

/// What is alike in what another engine noted: an outcome. Most of it is numbers of events and requests.
fn noted(details: &Payload) -> String {
    let outcome = details.to_json().get("outcome").cloned();
    outcome
        .map(|outcome| outcome.to_string())
        .unwrap_or_default()
}

fn reason(failure: &Failure) -> String {
    format!("{} {}", failure.error_type, failure.message)
}

fn text(data: &Payload) -> String {
    data.as_str().to_owned()
}
