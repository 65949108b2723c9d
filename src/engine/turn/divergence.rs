//! Divergence: where a workflow's code and its history no longer match.

use crate::engine::{Event, EventId, EventKind, Failure, InstanceId, Payload, TimerOrigin};

/// A workflow's code does not match its history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "instance {:?} {} at event {event}: {kind}; {}. Likely cause: {cause}",
    instance.as_str(),
    Verb(kind),
    Last(last.as_ref())
)]
pub struct Divergence {
    /// The instance.
    pub instance: InstanceId,
    /// The first event that does not match; one past the last event if one is missing.
    pub event: EventId,
    /// What does not match.
    pub kind: DivergenceKind,
    /// The last event that matches.
    pub last: Option<(EventId, &'static str)>,
    /// The likely cause.
    pub cause: Cause,
}

/// What does not match between code and history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DivergenceKind {
    /// The code requests something else than the history contains.
    #[error("the history has {found}, the code now requests {expected}")]
    Mismatch {
        /// What the history contains.
        found: String,
        /// What the code requests.
        expected: String,
    },
    /// The code requests nothing where the history contains a command's event.
    #[error("the history has {found}, the code now requests nothing")]
    NotRequested {
        /// What the history contains.
        found: String,
    },
    /// The code awaits something outside its context.
    #[error("the code awaits something outside its context")]
    ForeignWait,
    /// The workflow's code panicked.
    #[error("{message}")]
    Panicked {
        /// Where and why.
        message: String,
    },
    /// A recorded result does not have the type that the code expects.
    #[error(
        "the history has {found}, which does not have the type that the code expects: {reason}"
    )]
    WrongType {
        /// What the history contains.
        found: String,
        /// The decoding error.
        reason: String,
    },
    /// An activity is not registered.
    #[error("the workflow calls the activity {name:?}, which is not registered")]
    UnregisteredActivity {
        /// The activity's name.
        name: String,
    },
    /// A child workflow is not registered.
    #[error("the workflow starts the child workflow {name:?}, which is not registered")]
    UnregisteredChild {
        /// The workflow's name.
        name: String,
    },
    /// The event cannot follow the events before it.
    #[error("the history has {found}, which is not possible at this point: {reason}")]
    InvalidEvent {
        /// What the history contains.
        found: String,
        /// Why it cannot follow.
        reason: String,
    },
    /// The workflow is not registered.
    #[error("the history belongs to {workflow}, which is not registered")]
    UnregisteredWorkflow {
        /// Name and version.
        workflow: String,
    },
}

/// The likely cause of a divergence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Same kind and name, different data.
    #[error(
        "its data has changed; derive it only from the workflow's input, results, `now` and `random`"
    )]
    DataChanged,
    /// Same kind, different name.
    #[error("it was renamed, or steps were reordered; guard code changes with `version`")]
    Renamed,
    /// A different kind of step.
    #[error("a step was added, removed or moved; guard code changes with `version`")]
    StepChanged,
    /// The code returned before the history ends.
    #[error("a step was removed from the end; guard code changes with `version`")]
    EndedEarly,
    /// The code returns a different result.
    #[error(
        "the result of the workflow has changed; derive it only from the workflow's input, results, `now` and `random`, and guard code changes with `version`"
    )]
    ResultChanged,
    /// The history was edited.
    #[error("the history was edited after it was recorded")]
    HistoryEdited,
    /// The code does not request what the history contains.
    #[error(
        "a step was removed, or an `await` was added before it; guard code changes with `version`"
    )]
    StepRemoved,
    /// The code requests what the history does not contain.
    #[error("a step was added; guard code changes with `version`")]
    StepAdded,
    /// The workflow was woken from outside its context.
    #[error(
        "it awaits a timer, task or channel of another runtime (such as tokio); use `timer`, `activity` or `wait_event` of its context"
    )]
    ForeignWake,
    /// A function is not registered.
    #[error("this program does not contain it; register it under that name and version")]
    NotRegistered,
    /// The code has a bug.
    #[error("a bug in the workflow's code; fix it, and the instance resumes with the next start")]
    Panic,
    /// A type in the code changed.
    #[error(
        "the type of a result has changed; keep the code able to decode what was recorded before"
    )]
    TypeChanged,
}

struct Verb<'a>(&'a DivergenceKind);

impl std::fmt::Display for Verb<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            DivergenceKind::Panicked { .. }
            | DivergenceKind::UnregisteredActivity { .. }
            | DivergenceKind::UnregisteredChild { .. } => "cannot continue",
            _ => "does not match its history",
        })
    }
}

struct Last<'a>(Option<&'a (EventId, &'static str)>);

impl std::fmt::Display for Last<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some((id, name)) => {
                write!(f, "the last matching event is {id}, {name}")
            }
            None => f.write_str("no event matches"),
        }
    }
}

/// Whether a command matches an event of the history: the same kind, name and data. Options (retry
/// policies, timeouts, durations of timers) may change, and so may the message of a failure.
pub(super) fn matches_event(expected: &EventKind, found: &EventKind) -> bool {
    use EventKind as E;
    match (expected, found) {
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
        _ => expected == found,
    }
}

fn error_type(failure: Option<&Failure>) -> Option<&str> {
    failure.map(|failure| failure.error_type.as_str())
}

/// The likely cause of a mismatch.
pub(super) fn cause(expected: &EventKind, found: &EventKind) -> Cause {
    use EventKind as E;
    match (expected.is_end_of_code(), found.is_end_of_code()) {
        (true, true) => return Cause::ResultChanged,
        (true, false) => return Cause::EndedEarly,
        _ => {}
    }
    if expected.name() != found.name() {
        return Cause::StepChanged;
    }
    let same_name = match (expected, found) {
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
        Cause::DataChanged
    } else {
        Cause::Renamed
    }
}

/// A description of an event.
pub(super) fn describe(kind: &EventKind) -> String {
    use EventKind as E;
    match kind {
        E::TaskScheduled { name, input, .. } => {
            format!("the activity {name:?} with {}", short(input))
        }
        E::TaskCanceled { scheduled } => format!("the cancellation of activity {scheduled}"),
        E::TimerCreated { origin, .. } => match origin {
            TimerOrigin::Wait { name } if name.is_empty() => "a timer".into(),
            TimerOrigin::Wait { name } => format!("the timer {name:?}"),
            TimerOrigin::ExternalEvent { name } => format!("a wait for the event {name:?}"),
            TimerOrigin::ExternalEvents { names } => {
                format!("a wait for one of the events {names:?}")
            }
            TimerOrigin::Retry { name, .. } => format!("a delay before a retry of {name:?}"),
        },
        E::TimerCanceled { timer } => format!("the cancellation of timer {timer}"),
        E::EventSent { target, name, .. } => format!("the event {name:?} sent to {target:?}"),
        E::ChildWorkflowInstanceCreated { name, input, .. } => {
            format!("the child workflow {name:?} with {}", short(input))
        }
        E::ChildWorkflowInstanceCanceled { created } => {
            format!("the cancellation of child {created}")
        }
        E::CustomStatusSet { status } => format!("the status {}", short(status)),
        E::TagSet { name, value } => format!("the tag {name:?} set to {value:?}"),
        E::VersionMarked { change, version } => format!("version {version} of {change:?}"),
        E::CompensationRegistered { name } => format!("the compensation {name:?}"),
        E::CompensationStarted { registered } => format!("compensation {registered} started"),
        E::CompensationEnded { registered, .. } => format!("compensation {registered} ended"),
        E::ExecutionCompleted { output } => format!("completion with {}", short(output)),
        E::ExecutionFailed { failure } | E::ExecutionCanceled { failure } => {
            format!(
                "completion with the failure {}",
                short_text(&failure.to_string())
            )
        }
        E::ContinuedAsNew { input, .. } => format!("continue-as-new with {}", short(input)),
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

/// The divergence of a workflow that is not registered.
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
        kind: DivergenceKind::UnregisteredWorkflow { workflow },
        last: None,
        cause: Cause::NotRegistered,
    }
}

/// The first event of a history that cannot follow those before it, as a divergence.
pub(in crate::engine) fn first_invalid_event(
    instance: &InstanceId,
    history: &[Event],
) -> Option<Divergence> {
    let (event, reason) = crate::engine::history::first_invalid_event(history)?;
    let found = describe(&event.kind);
    let before = history.iter().take_while(|before| before.id < event.id);
    Some(Divergence {
        instance: instance.clone(),
        event: event.id,
        kind: DivergenceKind::InvalidEvent { found, reason },
        last: before.last().map(|last| (last.id, last.kind.name())),
        cause: Cause::HistoryEdited,
    })
}

/// Whether the engine failed the instance at the history limit.
pub(super) fn is_history_limit(failure: &Failure) -> bool {
    failure.error_type == Failure::HISTORY_LIMIT
}
