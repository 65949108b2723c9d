//! What the engine's thread is told.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{
    Committed, EngineError, EventId, InstanceId, InstanceKey, InstanceSummary, Payload,
    activity::ActivityResult,
};

/// What the engine's thread is told.
pub(super) enum Message {
    Start {
        workflow: String,
        id: Option<InstanceId>,
        input: Payload,
        reply: Reply,
    },
    Tell {
        id: InstanceId,
        what: Tell,
        reply: Reply,
    },
    ActivityEnded {
        key: InstanceKey,
        scheduled: EventId,
        attempt: u32,
        result: ActivityResult,
    },
    Subscribe(Subscription),
    Stop(oneshot::Sender<()>),
}

/// What an open instance is told.
pub(super) enum Tell {
    Raise { name: String, input: Payload },
    Suspend { reason: String },
    Resume { reason: String },
    Terminate { reason: String },
}

impl Tell {
    /// What an instance cannot be once it has ended.
    pub fn participle(&self) -> &'static str {
        match self {
            Self::Raise { .. } => "sent events",
            Self::Suspend { .. } => "suspended",
            Self::Resume { .. } => "resumed",
            Self::Terminate { .. } => "terminated",
        }
    }
}

pub(super) type Reply = oneshot::Sender<Result<InstanceId, EngineError>>;
/// Answered with the open instances and everything that is committed from then on.
pub(super) type Subscription = oneshot::Sender<(Vec<InstanceSummary>, FeedReceiver)>;
pub(super) type FeedReceiver = mpsc::UnboundedReceiver<Arc<Committed>>;
