//! Workflows and activities whose code runs in other processes.
//!
//! The engine asks for a *turn*: [`RemoteWorkers`] passes the new part of the history to a worker and returns
//! what the worker asks for. One event, [`TurnTaken`](super::EventKind::TurnTaken), records how far the worker
//! has read; what it asked for follows in the same commit. So a turn that is not recorded is asked for again, from
//! the same place. Knows nothing of protocols.

mod fork;
mod run;
mod walk;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{
    ActivityContext, ActivityError, Event, EventId, EventKind, Failure, InstanceId,
    ParentClosePolicy, Payload, TimerOrigin, Timestamp,
};
pub(super) use fork::replace_input;
pub(super) use run::{RemoteRun, TurnTicket};
pub(super) use walk::walk_turns;

/// The number that a worker's library gives to what it asks for. Only the library knows how it counts; results
/// refer to it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RemoteNumber(pub i32);

/// Where the code of a workflow runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum CodeLocation {
    /// In this process: a registered function.
    #[default]
    Local,
    /// In another process, which takes its turns.
    Remote,
}

impl CodeLocation {
    /// Whether it is the usual place.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Local)
    }
}

/// Where the code of a history ran.
pub(super) fn code_location(history: &[Event]) -> CodeLocation {
    match history.first().map(|event| &event.kind) {
        Some(EventKind::ExecutionStarted { code, .. }) => *code,
        _ => CodeLocation::Local,
    }
}

/// Passes work to other processes.
///
/// Both methods wait for a worker as long as it takes. Dropping a future withdraws the work: an answer that comes
/// later is discarded.
pub trait RemoteWorkers: Send + Sync {
    /// Has a worker take a turn of an instance. Its history is in the [`Archive`](super::Archive), the worker has
    /// read what the `TurnTaken` events in it say.
    fn turn(&self, turn: Turn) -> BoxFuture<'static, TurnAnswer>;

    /// Has a worker run an attempt of an activity.
    fn activity(
        &self,
        activity: RemoteActivity,
    ) -> BoxFuture<'static, Result<Payload, ActivityError>>;
}

/// A turn that is due: an instance has received something that its code has not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The instance.
    pub instance: InstanceId,
    /// Its run: 1, 2, ...
    pub run: u32,
}

/// An attempt of an activity for a worker.
pub struct RemoteActivity {
    /// The context of the attempt: its instance, its event, cancellation.
    pub context: ActivityContext,
    /// The name of the activity.
    pub name: Arc<str>,
    /// The input.
    pub input: Payload,
    /// The number that the workflow's worker gave to the activity.
    pub number: RemoteNumber,
}

/// The outcome of a turn.
#[derive(Debug, Clone, PartialEq)]
pub enum TurnAnswer {
    /// The worker took it.
    Taken(TakenTurn),
    /// The worker's code does not match the history, or it cannot run this instance: the instance is stalled,
    /// with the reason, until it is [reloaded](super::Engine::reload).
    Diverged(String),
}

/// What a worker asks for in a turn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TakenTurn {
    /// The last event of the history that the worker was given.
    pub read: EventId,
    /// The custom status, if it was set.
    pub custom_status: Option<Payload>,
    /// What it asks for, in order, each with the number it gave. One that closes the run is the last.
    pub commands: Vec<(RemoteNumber, RemoteCommand)>,
    /// The names of the code changes that the worker has passed in this turn.
    pub patches: Vec<String>,
    /// The version of the workflow's code that the worker has chosen for this run, if it has not chosen before.
    pub version: Option<String>,
}

/// Something that a worker asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum RemoteCommand {
    /// Run an activity, once.
    ScheduleTask {
        /// Its name.
        name: String,
        /// Its input.
        input: Payload,
    },
    /// Create a timer.
    CreateTimer {
        /// When it fires; `None`: never.
        fire_at: Option<Timestamp>,
        /// What it is for.
        origin: TimerOrigin,
    },
    /// Start a child.
    CreateChild {
        /// Its id.
        instance: InstanceId,
        /// The name of its workflow.
        name: String,
        /// The version of its workflow.
        version: Option<String>,
        /// Its input.
        input: Payload,
        /// The parent does not wait for it.
        detached: bool,
    },
    /// Send an event to another instance.
    SendEvent {
        /// The receiver.
        target: InstanceId,
        /// The event's name.
        name: String,
        /// Its data.
        input: Payload,
    },
    /// Complete the instance.
    Complete {
        /// The output.
        output: Payload,
    },
    /// Fail the instance.
    Fail {
        /// The failure.
        failure: Failure,
    },
    /// Continue in a new run.
    ContinueAsNew {
        /// The input of the next run.
        input: Payload,
        /// The version of the next run; `None`: as this one.
        version: Option<String>,
        /// Events for the next run: name and data. Those that came after [`TakenTurn::read`] follow.
        carried_over: Vec<(String, Payload)>,
    },
}

impl RemoteCommand {
    /// The version that it names, of a child or the next run.
    fn version(&self) -> Option<&str> {
        match self {
            Self::CreateChild { version, .. } | Self::ContinueAsNew { version, .. } => {
                version.as_deref()
            }
            _ => None,
        }
    }

    /// The event that records it.
    fn event(self) -> EventKind {
        match self {
            Self::ScheduleTask { name, input } => EventKind::TaskScheduled {
                name,
                input,
                retry: None,
                timeouts: Default::default(),
            },
            Self::CreateTimer { fire_at, origin } => EventKind::TimerCreated { fire_at, origin },
            Self::CreateChild {
                instance,
                name,
                input,
                detached,
                ..
            } => EventKind::ChildWorkflowInstanceCreated {
                instance,
                name,
                input,
                retry: None,
                on_close: ParentClosePolicy::Terminate,
                detached,
            },
            Self::SendEvent {
                target,
                name,
                input,
            } => EventKind::EventSent {
                target,
                name,
                input,
            },
            Self::Complete { output } => EventKind::ExecutionCompleted { output },
            Self::Fail { failure } => EventKind::ExecutionFailed { failure },
            Self::ContinueAsNew { input, .. } => EventKind::ContinuedAsNew {
                input,
                keep_version: true,
            },
        }
    }
}
