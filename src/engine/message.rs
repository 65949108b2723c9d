//! What the engine's thread is told.

use std::{sync::Arc, time::Duration};

use tokio::sync::{mpsc, oneshot};

use super::{
    Committed, EngineError, EventId, InstanceId, InstanceKey, InstanceSummary, Payload, Purge,
    StoreError, Tags, activity::ActivityResult, delivery::Tell, schedule_ask::ScheduleAsk,
};

/// What the engine's thread is told.
pub(super) enum Message {
    /// Somebody asks for something and waits for an answer.
    Ask(Ask),
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
    Subscribe(Subscription),
    UntilClosed(InstanceId, Reply<InstanceSummary>),
    Shutdown(Duration, oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
}

/// What changes something.
pub(super) enum Ask {
    Start(NewInstance, Reply<InstanceId>),
    Tell(InstanceId, Tell, Reply<()>),
    Rerun(Rerun, Reply<InstanceId>),
    Restart(InstanceId, Option<InstanceId>, Reply<InstanceId>),
    Purge(Purge, Reply<u64>),
    Schedule(ScheduleAsk),
}

/// An instance that somebody wants to start.
pub(super) struct NewInstance {
    pub workflow: String,
    pub id: Option<InstanceId>,
    pub reuse: IdReuse,
    pub input: Payload,
    pub tags: Tags,
}

/// Whether the id of an instance that has ended may be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdReuse {
    /// Yes: the new one is the next run of that id.
    #[default]
    OnceClosed,
    /// No: an id stands for one instance for ever.
    Never,
}

/// A fork that somebody wants.
pub(super) struct Rerun {
    pub source: InstanceId,
    pub from: EventId,
    pub id: Option<InstanceId>,
    pub input: Option<Payload>,
}

impl Ask {
    /// Answers that the store cannot take it just now.
    pub fn refuse(self, error: &StoreError) {
        let refused = error;
        let error = EngineError::Store(error.clone());
        // A caller that no longer waits needs no answer.
        let _ = match self {
            Self::Start(_, reply) | Self::Rerun(_, reply) | Self::Restart(_, _, reply) => {
                reply.send(Err(error)).is_ok()
            }
            Self::Tell(_, _, reply) => reply.send(Err(error)).is_ok(),
            Self::Purge(_, reply) => reply.send(Err(error)).is_ok(),
            Self::Schedule(ask) => {
                ask.refuse(refused);
                true
            }
        };
    }
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, EngineError>>;
/// Answered with the open instances and everything that is committed from then on.
pub(super) type Subscription = oneshot::Sender<(Vec<InstanceSummary>, FeedReceiver)>;
pub(super) type FeedReceiver = mpsc::UnboundedReceiver<Arc<Committed>>;
