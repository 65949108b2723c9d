//! Requests to the engine's thread.

use std::{sync::Arc, thread::ThreadId, time::Duration};

use tokio::sync::oneshot;

use super::{
    CodeLocation, EngineError, EventId, InstanceId, InstanceKey, InstanceSummary, Payload, Purge,
    StoreError, Tags, Timestamp, TurnAnswer, activity::ActivityResult, feed::Subscription,
    outbox_message::InstanceCommand, remote::TurnTicket, reply::Reply,
    schedule_request::ScheduleRequest,
};

/// A request or notification to the engine's thread.
pub(super) enum Request {
    Start(Box<NewInstance>, Reply<InstanceId>),
    Command(InstanceId, InstanceCommand, Reply<()>),
    Rerun(Box<Rerun>, Reply<InstanceId>),
    Restart(InstanceId, Option<InstanceId>, Reply<InstanceId>),
    /// Replays the history of an open instance, as at a start of the engine.
    Reload(InstanceId, Reply<()>),
    Purge(Purge, Reply<u64>),
    Schedule(ScheduleRequest),
    /// Reads a published value.
    Query(InstanceId, String, Reply<Option<Payload>>),
    Subscribe(Subscription),
    UntilClosed(InstanceId, Reply<InstanceSummary>),
    /// An activity attempt has ended; without a result, it was aborted.
    AttemptEnded {
        key: InstanceKey,
        scheduled: EventId,
        attempt: u32,
        name: Arc<str>,
        result: Option<ActivityResult>,
    },
    Heartbeat {
        key: InstanceKey,
        scheduled: EventId,
        attempt: u32,
        details: Payload,
    },
    /// A worker in another process has taken a turn.
    TurnEnded {
        key: InstanceKey,
        ticket: TurnTicket,
        answer: TurnAnswer,
    },
    /// A workflow was woken from outside its context.
    ForeignWake(InstanceKey),
    Shutdown(Duration, oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
    /// The blocked code of this thread has returned: the thread wants the worker back.
    ReturnWorker(ThreadId),
}

/// An instance to be started.
pub(super) struct NewInstance {
    pub workflow: String,
    pub id: Option<InstanceId>,
    pub reuse: IdReuse,
    pub conflict: OnConflict,
    pub input: Payload,
    pub tags: Tags,
    pub start: StartTime,
    /// The execution timeout, across all its runs.
    pub timeout: Option<Duration>,
    /// An event to raise on it, or on the open instance with its id.
    pub raise: Option<(String, Payload)>,
    /// Where its code runs.
    pub code: CodeLocation,
    /// The version of a remote workflow.
    pub version: Option<String>,
}

/// When the code of an instance starts to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum StartTime {
    #[default]
    Now,
    At(Timestamp),
    After(Duration),
}

/// Whether the id of a closed instance may be reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdReuse {
    /// Yes: the new instance is the next run of that id.
    #[default]
    OnceClosed,
    /// Only if the last run failed or was canceled or terminated.
    OnceFailed,
    /// No: an id is never reused.
    Never,
}

/// What a start does when the id belongs to an open instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// It fails.
    #[default]
    Fail,
    /// It starts nothing and returns the existing id.
    UseExisting,
    /// It terminates the open instance and starts the next run.
    TerminateExisting,
}

/// A fork to be created.
pub(super) struct Rerun {
    pub source: InstanceId,
    /// The source's run; `None`: the latest.
    pub run: Option<u32>,
    pub point: ForkPoint,
    pub id: Option<InstanceId>,
    pub start: ForkStart,
}

/// What a fork shares with its source.
pub(super) enum ForkPoint {
    /// All before this event, perhaps with another input of the workflow.
    Event {
        from: EventId,
        input: Option<Payload>,
    },
    /// The turn in which a worker asked for the activity that this event schedules, which gets another input.
    Activity { scheduled: EventId, input: Payload },
    /// Everything that does not follow from a failure.
    Failure,
}

/// How a fork begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ForkStart {
    /// It continues at once.
    Running,
    /// It is suspended, for this reason, until it is resumed.
    Suspended(String),
}

impl Request {
    /// Rejects a request for a change because the store cannot be written; returns any other
    /// request.
    pub fn reject(self, stored: &StoreError) -> Option<Self> {
        let error = || EngineError::Store(stored.clone());
        // The caller may have stopped waiting.
        let _ = match self {
            Self::Start(_, reply) | Self::Rerun(_, reply) | Self::Restart(_, _, reply) => {
                reply.send(Err(error())).is_ok()
            }
            Self::Command(_, _, reply) | Self::Reload(_, reply) => reply.send(Err(error())).is_ok(),
            Self::Schedule(request) => {
                request.reject(stored);
                true
            }
            Self::Purge(_, reply) => reply.send(Err(error())).is_ok(),
            other => return Some(other),
        };
        None
    }
}
