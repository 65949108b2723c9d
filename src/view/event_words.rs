//! Events in words: one row for each event of a history, and what workflow code asked for.
//!
//! Unlike the event table of a lane, a row says what one event is, not what became of it later.

use std::sync::Arc;

use super::{
    format,
    row::{Row, RowStatus},
};
use crate::{
    backend::BackendName,
    engine::{Event, EventId, EventKind, Failure, InstanceId, Payload, TimerOrigin},
    score::{
        ScoreInput,
        calls::{Entered, Performed, Play, Rest},
    },
};

/// The id of an instance as it is shown.
fn shown(id: &InstanceId) -> &str {
    BackendName::shown(id)
}

/// Longest data in a row, in characters.
const PAYLOAD: usize = 160;

/// The row of an event. `opened`: the event that it [refers to](opener), if any.
pub(super) fn event_row(event: &Event, opened: Option<&Event>) -> Row {
    use EventKind as E;
    use RowStatus as S;
    let title = match opened {
        Some(opened) => title(&opened.kind),
        None => title(&event.kind),
    };
    let (status, payload) = match &event.kind {
        E::ExecutionStarted { input, .. } => (S::Started, input_of_run(input)),
        E::ExecutionCompleted { output } => (S::Completed, data(output)),
        E::ExecutionFailed { failure } => (S::Failed, reason(failure)),
        E::ExecutionCanceled { failure } => (S::Canceled, reason(failure)),
        E::ExecutionTerminated { reason, .. } => (S::Terminated, text(reason)),
        E::ContinuedAsNew { input, .. } => (S::Continued, input_of_run(input)),
        E::ExecutionCancelRequested { reason, .. } => (S::Requested, text(reason)),
        E::ExecutionLimitReached { failure } => (S::Failed, reason(failure)),
        E::ExecutionSuspended { reason, .. } => (S::Suspended, text(reason)),
        E::ExecutionResumed { reason } => (S::Resumed, text(reason)),
        E::ExecutionStalled { reason } => (S::Stalled, text(reason)),
        E::TaskScheduled { name, input, .. } => (S::Scheduled, task_data(name, input)),
        E::TaskStarted { attempt, .. } => (S::Started, format!("attempt {attempt}")),
        E::TaskCompleted { result, .. } => (S::Completed, result_data(result)),
        E::TaskFailed {
            attempt, failure, ..
        }
        | E::ChildWorkflowInstanceFailed {
            attempt, failure, ..
        } => (S::Failed, attempt_failed(*attempt, failure)),
        E::TaskAttemptsFolded {
            first,
            last,
            failure,
            ..
        } => (
            S::Failed,
            format!("attempts {first} to {last}: {}", reason(failure)),
        ),
        E::TaskHeartbeat { details, .. } => (S::Recorded, data(details)),
        E::TaskCanceled { .. }
        | E::TimerCanceled { .. }
        | E::InstanceAwaitCanceled { .. }
        | E::ChildWorkflowInstanceCanceled { .. } => (S::Canceled, String::new()),
        E::TimerCreated { fire_at, .. } => {
            let length = fire_at.map(|at| format::seconds(at.since(event.at)));
            (S::Pending, length.unwrap_or_default())
        }
        E::TimerFired { .. } => (S::Fired, String::new()),
        E::EventRaised { input, .. } => (S::Raised, data(input)),
        E::EventSent { target, input, .. } => {
            (S::Sent, joined(&format!("to {}", shown(target)), input))
        }
        E::EventUndelivered { reason, .. } => (S::Failed, text(reason)),
        E::CancelSent { target, .. } => (S::Sent, format!("to {}", shown(target))),
        E::InstanceAwaited { .. } => (S::Pending, String::new()),
        E::AwaitedInstanceClosed {
            output, failure, ..
        } => match failure {
            Some(failure) => (S::Failed, reason(failure)),
            None => (S::Completed, output.as_ref().map(data).unwrap_or_default()),
        },
        E::ChildWorkflowInstanceCreated {
            instance,
            input,
            detached,
            ..
        } => {
            let status = if *detached { S::Detached } else { S::Scheduled };
            (status, joined(shown(instance), input))
        }
        E::ChildWorkflowInstanceRestarted {
            attempt, instance, ..
        } => (
            S::Started,
            format!("attempt {attempt}, {}", shown(instance)),
        ),
        E::ChildWorkflowInstanceCompleted { result, .. } => (S::Completed, data(result)),
        E::CustomStatusSet { status } => (S::Recorded, data(status)),
        E::TagSet { value, .. } => (S::Recorded, text(value)),
        E::VersionMarked { version, .. } => (S::Recorded, format!("version {version}")),
        E::CompensationRegistered { .. } => (S::Registered, "compensation".to_owned()),
        E::CompensationStarted { .. } => (S::Started, "compensation".to_owned()),
        E::CompensationEnded { failure, .. } => match failure {
            Some(failure) => (S::Failed, reason(failure)),
            None => (S::Completed, "compensation".to_owned()),
        },
        E::Noted { what, details, .. } => (S::Recorded, noted(what, opened, details)),
        E::TurnTaken { read, numbers, .. } => (S::Recorded, turn(*read, numbers.len())),
    };
    Row {
        event: event.id,
        title: Arc::from(title),
        status,
        payload: Arc::from(payload),
    }
}

/// What a worker did in a turn.
fn turn(read: EventId, asked: usize) -> String {
    let asked = match asked {
        0 => "nothing".to_owned(),
        1 => "1 step".to_owned(),
        many => format!("{many} steps"),
    };
    format!("read up to event {read}, asked for {asked}")
}

/// The event that an event refers to: the one that scheduled, created or registered what it is about.
pub(super) fn opener(kind: &EventKind) -> Option<EventId> {
    use EventKind as E;
    match kind {
        E::TaskStarted { scheduled, .. }
        | E::TaskCompleted { scheduled, .. }
        | E::TaskFailed { scheduled, .. }
        | E::TaskAttemptsFolded { scheduled, .. }
        | E::TaskHeartbeat { scheduled, .. }
        | E::TaskCanceled { scheduled } => Some(*scheduled),
        E::TimerFired { timer } | E::TimerCanceled { timer } => Some(*timer),
        E::ChildWorkflowInstanceRestarted { created, .. }
        | E::ChildWorkflowInstanceCompleted { created, .. }
        | E::ChildWorkflowInstanceFailed { created, .. }
        | E::ChildWorkflowInstanceCanceled { created } => Some(*created),
        E::AwaitedInstanceClosed { awaited, .. } | E::InstanceAwaitCanceled { awaited } => {
            Some(*awaited)
        }
        E::EventUndelivered { sent, .. } => Some(*sent),
        E::CompensationStarted { registered } | E::CompensationEnded { registered, .. } => {
            Some(*registered)
        }
        E::Noted { about, .. } => *about,
        _ => None,
    }
}

/// What an event is about: the name of an activity, a timer, a child, the workflow.
pub(super) fn title(kind: &EventKind) -> String {
    use EventKind as E;
    let name = match kind {
        E::ExecutionStarted { name, .. } => name.clone(),
        E::TaskScheduled { name, input, .. } => {
            task_of(name, input).unwrap_or_else(|| name.clone())
        }
        E::TimerCreated { origin, .. } => timer(origin),
        E::EventRaised { name, .. } | E::EventSent { name, .. } => name.clone(),
        E::ChildWorkflowInstanceCreated { name, .. } => name.clone(),
        E::InstanceAwaited { target } => format!("wait until {} ends", shown(target)),
        E::CancelSent { .. } | E::ExecutionCancelRequested { .. } => "cancel".to_owned(),
        E::ExecutionLimitReached { .. } => "limit reached".to_owned(),
        E::CustomStatusSet { .. } => "status".to_owned(),
        E::TagSet { name, .. } => format!("tag {name}"),
        E::VersionMarked { change, .. } => change.clone(),
        E::CompensationRegistered { name } => name.clone(),
        E::Noted { what, .. } => what.clone(),
        E::TurnTaken { .. } => "turn".to_owned(),
        _ => "workflow".to_owned(),
    };
    format::cut(&name, 80)
}

/// What the code asked for, as a call: `create-replication("ist-1", "ank-1")`. `opened`: the event that
/// it refers to.
pub(super) fn request(kind: &EventKind, opened: Option<&Event>) -> String {
    use EventKind as E;
    let about = opened.map_or_else(|| title(kind), |opened| title(&opened.kind));
    match kind {
        E::TaskScheduled { name, input, .. } => match task_of(name, input) {
            Some(task) => format!("{task}: {}", task_data(name, input)),
            None => call(&about, input),
        },
        E::ChildWorkflowInstanceCreated { input, .. } => format!("child {}", call(&about, input)),
        E::TaskCanceled { .. }
        | E::TimerCanceled { .. }
        | E::ChildWorkflowInstanceCanceled { .. }
        | E::InstanceAwaitCanceled { .. } => format!("cancel {about}"),
        E::EventSent { target, input, .. } => format!("send {} to {target}", call(&about, input)),
        E::CancelSent { target, .. } => format!("cancel {target}"),
        E::CustomStatusSet { status } => format!("status = {}", data(status)),
        E::TagSet { value, .. } => format!("{about} = {}", text(value)),
        E::VersionMarked { version, .. } => format!("{about}, version {version}"),
        E::CompensationRegistered { .. } => format!("compensation “{about}”"),
        E::CompensationStarted { .. } => format!("undo “{about}”"),
        E::CompensationEnded { .. } => format!("end of undoing “{about}”"),
        E::ExecutionCompleted { output } => call("complete", output),
        E::ExecutionFailed { failure } => format!("fail: {}", reason(failure)),
        E::ExecutionCanceled { .. } => "end as canceled".to_owned(),
        E::ContinuedAsNew { input, .. } => format!("continue as new({})", input_of_run(input)),
        E::TimerCreated {
            origin: TimerOrigin::Wait { name },
            ..
        } if !name.is_empty() => format!("wait “{about}”"),
        _ => about,
    }
}

fn call(name: &str, input: &Payload) -> String {
    let arguments = match input.to_json() {
        serde_json::Value::Null => String::new(),
        serde_json::Value::Array(list) => {
            let list: Vec<_> = list.iter().map(ToString::to_string).collect();
            list.join(", ")
        }
        other => other.to_string(),
    };
    format!("{name}({})", format::cut(&arguments, PAYLOAD))
}

/// The part of a call's input that names the task of the score.
#[derive(serde::Deserialize)]
struct Call {
    task: String,
}

/// The task of the score that schedules an activity, if it is a call of a score.
pub(super) fn task_of(name: &str, input: &Payload) -> Option<String> {
    let task = match name {
        "play" => input.decode::<Play>().ok()?.task,
        "rest" => input.decode::<Rest>().ok()?.label().to_owned(),
        "http" | "emit" | "control" | "tempo" | "cue" => input.decode::<Call>().ok()?.task,
        _ => return None,
    };
    (!task.is_empty()).then_some(task)
}

fn task_data(name: &str, input: &Payload) -> String {
    match name {
        "play" => match input.decode::<Play>() {
            Ok(play) => {
                let keys: Vec<_> = play
                    .keys
                    .iter()
                    .take(6)
                    .map(|key| format::key(*key))
                    .collect();
                format!("{} · {}", keys.join(" "), rounded(play.length.as_f64()))
            }
            Err(_) => data(input),
        },
        "rest" => match input.decode::<Rest>() {
            Ok(rest) => format!("rest {} beats", rounded(rest.length.as_f64())),
            Err(_) => data(input),
        },
        _ => data(input),
    }
}

/// Beats are exact fractions; people read two digits. A humanised note begins at beat 42.03.
fn rounded(beats: f64) -> f64 {
    (beats * 100.0).round() / 100.0
}

/// The moments at which a note sounded are for programs.
fn result_data(result: &Payload) -> String {
    let shared = result.decode::<Entered>().map(|entered| entered.shared);
    match result.decode::<Performed>() {
        Ok(performed) => {
            let place = format!("at beat {}", rounded(performed.at.as_f64()));
            let parts = std::iter::once(place).chain(shared.unwrap_or_default());
            parts.collect::<Vec<_>>().join(" · ")
        }
        Err(_) => data(result),
    }
}

/// What another engine noted. The title of its row is the name of what it is about, if that is known.
fn noted(what: &str, opened: Option<&Event>, details: &Payload) -> String {
    match opened {
        Some(_) => joined(what, details),
        None => data(details),
    }
}

fn timer(origin: &TimerOrigin) -> String {
    match origin {
        TimerOrigin::ExternalEvent { name } => format!("wait for “{name}”"),
        TimerOrigin::ExternalEvents { names } if names.is_empty() => "wait for any event".into(),
        TimerOrigin::ExternalEvents { names } => format!("wait for “{}”", names.join(" or ")),
        TimerOrigin::Wait { name } if name.is_empty() => "wait".into(),
        TimerOrigin::Wait { name } => name.clone(),
        TimerOrigin::Retry { name, .. } => format!("retry of {name}"),
    }
}

fn attempt_failed(attempt: u32, failure: &Failure) -> String {
    match attempt {
        0 | 1 => reason(failure),
        attempt => format!("attempt {attempt}: {}", reason(failure)),
    }
}

fn reason(failure: &Failure) -> String {
    text(&failure_words(failure))
}

/// What happened, and whether it was injected.
fn failure_words(failure: &Failure) -> String {
    let words = match failure.message.is_empty() {
        true => &failure.error_type,
        false => &failure.message,
    };
    match failure.injected {
        true => format!("injected: {words}"),
        false => words.clone(),
    }
}

fn joined(to: &str, data: &Payload) -> String {
    match format::payload(data, PAYLOAD) {
        text if text.is_empty() => format::cut(to, PAYLOAD),
        text => format::cut(&format!("{to} · {text}"), PAYLOAD),
    }
}

/// The input of a run; of a score without its text.
fn input_of_run(input: &Payload) -> String {
    match input.decode::<ScoreInput>() {
        Ok(score) if score.input.is_null() => String::new(),
        Ok(score) => text(&score.input.to_string()),
        Err(_) => data(input),
    }
}

fn data(data: &Payload) -> String {
    format::payload(data, PAYLOAD)
}

fn text(text: &str) -> String {
    format::cut(text, PAYLOAD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::Timestamp,
        music::{Beat, Beats},
    };

    #[test]
    fn the_beat_of_a_humanised_note_has_two_digits() {
        let at = |beats: Beats| Performed {
            at: Beat(beats),
            onset: Timestamp(0),
            until: Timestamp(0),
        };
        let words = |beats| result_data(&Payload::encode(&at(beats)).unwrap());
        assert_eq!(words(Beats::whole(42)), "at beat 42");
        assert_eq!(words(Beats::new(4_537_983, 25_000)), "at beat 181.52");
    }
}
