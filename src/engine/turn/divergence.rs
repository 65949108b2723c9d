//! Where the code of a workflow and its history part.

use crate::engine::{Event, EventId, EventKind, Failure, InstanceId, Payload, TimerOrigin};

/// The code of a workflow does not agree with its history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "instance {:?} {} at event {event}: {story}; {}. Likely cause: {cause}",
    instance.as_str(),
    Verb(story),
    Last(last.as_ref())
)]
pub struct Divergence {
    /// Whose history.
    pub instance: InstanceId,
    /// The first event on which code and history do not agree; one after the last if it is missing.
    pub event: EventId,
    /// What the history has, and what the code asks for.
    pub story: Story,
    /// The last event on which they agree.
    pub last: Option<(EventId, &'static str)>,
    /// Why that may be so.
    pub cause: Cause,
}

/// What the history has, and what the code asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Story {
    /// They differ.
    #[error("the history has {found}, the code now asks for {expected}")]
    Differs {
        /// What the history has.
        found: String,
        /// What the code asks for.
        expected: String,
    },
    /// The code asks for nothing.
    #[error("the history has {found}, the code now asks for nothing")]
    Missing {
        /// What the history has.
        found: String,
    },
    /// The code waits for something that no history can bring.
    #[error("the code waits for something that is not of its context")]
    Foreign,
    /// The code panicked.
    #[error("{message}")]
    Panicked {
        /// Where and why.
        message: String,
    },
    /// A recorded result does not have the type that the code expects.
    #[error("the history has {found}, which does not fit the type that the code expects: {reason}")]
    Unfit {
        /// What the history has.
        found: String,
        /// What does not fit.
        reason: String,
    },
    /// There is no code for an activity.
    #[error("the workflow asks for the activity {name:?}, which is not registered")]
    NoActivity {
        /// The activity.
        name: String,
    },
    /// There is no code for a child workflow.
    #[error("the workflow asks for the child workflow {name:?}, which is not registered")]
    NoChild {
        /// The workflow.
        name: String,
    },
    /// The event cannot have happened after those before it.
    #[error("the history has {found}, which cannot have happened there: {reason}")]
    Impossible {
        /// What the history has.
        found: String,
        /// Why it cannot.
        reason: String,
    },
    /// There is no code.
    #[error("the history was made by {workflow}, which is not registered")]
    NoCode {
        /// Name and version.
        workflow: String,
    },
}

/// Why code and history may have parted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Same kind, same name, other data.
    #[error(
        "it is given other data than before; let it follow only from the workflow's input, results, `now` and `random`"
    )]
    OtherData,
    /// Same kind, other name.
    #[error("it was renamed, or steps changed their order; use `version` where code changes")]
    OtherName,
    /// Another kind of step.
    #[error("a step was added, removed or moved; use `version` where code changes")]
    OtherStep,
    /// The code ended.
    #[error("a step was removed from the end; use `version` where code changes")]
    EndedEarly,
    /// The code ends in another way.
    #[error(
        "the code now ends with something else; let it follow only from the workflow's input, results, `now` and `random`, and use `version` where code changes"
    )]
    OtherEnd,
    /// The history was changed.
    #[error("the history was changed after it was recorded, or its file was put together by hand")]
    Changed,
    /// The code does not ask for what the history has.
    #[error(
        "a step was removed, or an `await` was added before it; use `version` where code changes"
    )]
    StepRemoved,
    /// The code asks for what the history does not have.
    #[error("a step was added; use `version` where code changes")]
    StepAdded,
    /// A wake came from outside.
    #[error(
        "it awaits a timer, task or channel of its own (as of tokio); use `timer`, `activity` or `wait_event` of its context"
    )]
    ForeignWake,
    /// The function is not there.
    #[error("the program was built without it; register it under that name and version")]
    NotRegistered,
    /// The code has a fault.
    #[error("a fault in the workflow's code; fix it, and the instance resumes with the next start")]
    Panic,
    /// The types of the code changed.
    #[error("the type of a result was changed; let the code read what was recorded before as well")]
    OtherType,
}

struct Verb<'a>(&'a Story);

impl std::fmt::Display for Verb<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Story::Panicked { .. } | Story::NoActivity { .. } | Story::NoChild { .. } => {
                "cannot continue"
            }
            _ => "does not agree with its history",
        })
    }
}

struct Last<'a>(Option<&'a (EventId, &'static str)>);

impl std::fmt::Display for Last<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some((id, name)) => {
                write!(f, "the last step on which they agree is event {id}, {name}")
            }
            None => f.write_str("there is no step on which they agree"),
        }
    }
}

/// Whether the code asks for what the history has: the same kind, name and data. Options (retries,
/// timeouts, how long a timer runs) may change, and so may the words of a failure.
pub(super) fn agree(wanted: &EventKind, found: &EventKind) -> bool {
    use EventKind as E;
    match (wanted, found) {
        (
            E::TaskScheduled { name, input, .. },
            E::TaskScheduled {
                name: n, input: i, ..
            },
        ) => name == n && input == i,
        (E::TimerCreated { origin, .. }, E::TimerCreated { origin: o, .. }) => origin == o,
        (
            E::ChildWorkflowInstanceCreated {
                instance,
                name,
                input,
                detached,
                ..
            },
            E::ChildWorkflowInstanceCreated {
                instance: x,
                name: n,
                input: i,
                detached: d,
                ..
            },
        ) => instance == x && name == n && input == i && detached == d,
        (E::ExecutionFailed { failure }, E::ExecutionFailed { failure: f })
        | (E::ExecutionCanceled { failure }, E::ExecutionCanceled { failure: f }) => {
            failure.error_type == f.error_type
        }
        (E::ContinuedAsNew { input, .. }, E::ContinuedAsNew { input: i, .. }) => input == i,
        (
            E::CompensationEnded {
                registered,
                failure,
            },
            E::CompensationEnded {
                registered: r,
                failure: f,
            },
        ) => registered == r && error_type(failure.as_ref()) == error_type(f.as_ref()),
        _ => wanted == found,
    }
}

fn error_type(failure: Option<&Failure>) -> Option<&str> {
    failure.map(|failure| failure.error_type.as_str())
}

/// Why the history may have something else than the code asks for.
pub(super) fn cause(wanted: &EventKind, found: &EventKind) -> Cause {
    use EventKind as E;
    match (is_end(wanted), is_end(found)) {
        (true, true) => return Cause::OtherEnd,
        (true, false) => return Cause::EndedEarly,
        _ => {}
    }
    if wanted.name() != found.name() {
        return Cause::OtherStep;
    }
    let same_name = match (wanted, found) {
        (E::TaskScheduled { name, .. }, E::TaskScheduled { name: n, .. })
        | (
            E::ChildWorkflowInstanceCreated { name, .. },
            E::ChildWorkflowInstanceCreated { name: n, .. },
        )
        | (E::EventSent { name, .. }, E::EventSent { name: n, .. }) => name == n,
        (E::CustomStatusSet { .. }, E::CustomStatusSet { .. }) => true,
        _ => false,
    };
    if same_name {
        Cause::OtherData
    } else {
        Cause::OtherName
    }
}

fn is_end(kind: &EventKind) -> bool {
    use EventKind as E;
    matches!(
        kind,
        E::ExecutionCompleted { .. }
            | E::ExecutionFailed { .. }
            | E::ExecutionCanceled { .. }
            | E::ContinuedAsNew { .. }
    )
}

/// An event in words.
pub(super) fn describe(kind: &EventKind) -> String {
    use EventKind as E;
    match kind {
        E::TaskScheduled { name, input, .. } => {
            format!("the activity {name:?} with {}", short(input))
        }
        E::TaskCanceled { scheduled } => format!("the cancel of activity {scheduled}"),
        E::TimerCreated { origin, .. } => match origin {
            TimerOrigin::Wait { name } if name.is_empty() => "a timer".into(),
            TimerOrigin::Wait { name } => format!("the timer {name:?}"),
            TimerOrigin::ExternalEvent { name } => format!("a wait for the event {name:?}"),
            TimerOrigin::ExternalEvents { names } => {
                format!("a wait for one of the events {names:?}")
            }
            TimerOrigin::Retry { name, .. } => format!("a pause before a retry of {name:?}"),
        },
        E::TimerCanceled { timer } => format!("the cancel of timer {timer}"),
        E::EventSent { target, name, .. } => format!("the event {name:?} sent to {target:?}"),
        E::ChildWorkflowInstanceCreated { name, input, .. } => {
            format!("the child workflow {name:?} with {}", short(input))
        }
        E::ChildWorkflowInstanceCanceled { created } => format!("the cancel of child {created}"),
        E::CustomStatusSet { status } => format!("the status {}", short(status)),
        E::TagSet { name, value } => format!("the tag {name:?} set to {value:?}"),
        E::VersionMarked { change, version } => format!("version {version} of {change:?}"),
        E::CompensationRegistered { name } => format!("the compensation {name:?}"),
        E::CompensationStarted { registered } => format!("compensation {registered} started"),
        E::CompensationEnded { registered, .. } => format!("compensation {registered} ended"),
        E::ExecutionCompleted { output } => format!("the end with {}", short(output)),
        E::ExecutionFailed { failure } | E::ExecutionCanceled { failure } => {
            format!(
                "the end with the failure {}",
                short_text(&failure.to_string())
            )
        }
        E::ContinuedAsNew { input, .. } => format!("the end and a new run with {}", short(input)),
        E::TaskStarted { scheduled, attempt } => {
            format!("attempt {attempt} of activity {scheduled}")
        }
        E::TaskFailed {
            scheduled, attempt, ..
        } => format!("the failure of attempt {attempt} of activity {scheduled}"),
        other => other.name().into(),
    }
}

fn short(payload: &Payload) -> String {
    short_text(payload.as_str())
}

fn short_text(text: &str) -> String {
    match text.char_indices().nth(120) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// What is said when a name has no function.
pub(in crate::engine) fn not_registered(
    instance: &InstanceId,
    name: &str,
    version: Option<&str>,
) -> Divergence {
    let workflow = match version {
        None => format!("the workflow {name:?}"),
        Some(version) => format!("version {version:?} of the workflow {name:?}"),
    };
    Divergence {
        instance: instance.clone(),
        event: EventId(0),
        story: Story::NoCode { workflow },
        last: None,
        cause: Cause::NotRegistered,
    }
}

/// What is said of a history that cannot be what happened.
pub(in crate::engine) fn impossible(
    instance: &InstanceId,
    history: &[Event],
) -> Option<Divergence> {
    let (event, reason) = crate::engine::history::impossible(history)?;
    let found = describe(&event.kind);
    let before = history.iter().take_while(|before| before.id < event.id);
    Some(Divergence {
        instance: instance.clone(),
        event: event.id,
        story: Story::Impossible { found, reason },
        last: before.last().map(|last| (last.id, last.kind.name())),
        cause: Cause::Changed,
    })
}

/// The engine ended it, not its code.
pub(super) fn is_history_limit(failure: &Failure) -> bool {
    failure.error_type == Failure::HISTORY_LIMIT
}
