//! Requests to the engine's thread.

use std::{sync::Arc, thread::ThreadId, time::Duration};

use tokio::sync::oneshot;

use super::{
    EngineError, EventId, InstanceId, InstanceKey, InstanceSummary, Payload, Purge, StoreError,
    Tags, Timestamp, activity::ActivityResult, delivery::InstanceCommand, feed::Subscription,
    schedule_request::ScheduleRequest,
};

/// A request to the engine's thread, or something that happened and that it has to know.
pub(super) enum Request {
    Start(Box<NewInstance>, Reply<InstanceId>),
    Command(InstanceId, InstanceCommand, Reply<()>),
    Rerun(Box<Rerun>, Reply<InstanceId>),
    Restart(InstanceId, Option<InstanceId>, Reply<InstanceId>),
    Purge(Purge, Reply<u64>),
    Schedule(ScheduleRequest),
    /// What an instance has published under a name.
    Query(InstanceId, String, Reply<Option<Payload>>),
    Subscribe(Subscription),
    UntilClosed(InstanceId, Reply<InstanceSummary>),
    /// An attempt of an activity is over; without a result it was stopped.
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
    /// A workflow was woken from outside its context.
    ForeignWake(InstanceKey),
    Shutdown(Duration, oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
    /// The code on this thread has returned: it goes on with the engine.
    GiveBack(ThreadId),
}

/// An instance that is to start.
pub(super) struct NewInstance {
    pub workflow: String,
    pub id: Option<InstanceId>,
    pub reuse: IdReuse,
    pub conflict: OnConflict,
    pub input: Payload,
    pub tags: Tags,
    pub start: StartTime,
    /// How long it may take with all its runs.
    pub timeout: Option<Duration>,
    /// An event that is raised on it, or on the open instance of its id.
    pub raise: Option<(String, Payload)>,
}

/// When the code of an instance begins to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum StartTime {
    #[default]
    Now,
    At(Timestamp),
    After(Duration),
}

/// Whether the id of an instance that has ended may be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdReuse {
    /// Yes: the new one is the next run of that id.
    #[default]
    OnceClosed,
    /// Only if the last run failed, or was canceled or terminated.
    OnceFailed,
    /// No: an id is used for one instance for ever.
    Never,
}

/// What a start does when the id belongs to an open instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// It fails.
    #[default]
    Fail,
    /// It starts nothing and returns the id.
    UseExisting,
    /// It terminates the open instance and starts the next run.
    TerminateExisting,
}

/// A fork that is to be made.
pub(super) struct Rerun {
    pub source: InstanceId,
    /// Which run of it; `None`: the latest.
    pub run: Option<u32>,
    pub from: EventId,
    pub id: Option<InstanceId>,
    pub input: Option<Payload>,
}

/// Where the answer goes.
pub(super) type Reply<T> = oneshot::Sender<Result<T, EngineError>>;

impl Request {
    /// Answers, if it asks for a change, that the store cannot be written now; else gives it back.
    pub fn refuse(self, stored: &StoreError) -> Option<Self> {
        let error = || EngineError::Store(stored.clone());
        // A caller that no longer waits needs no answer.
        let _ = match self {
            Self::Start(_, reply) | Self::Rerun(_, reply) | Self::Restart(_, _, reply) => {
                reply.send(Err(error())).is_ok()
            }
            Self::Command(_, _, reply) => reply.send(Err(error())).is_ok(),
            Self::Schedule(request) => {
                request.refuse(stored);
                true
            }
            Self::Purge(_, reply) => reply.send(Err(error())).is_ok(),
            other => return Some(other),
        };
        None
    }
}
