//! Instances whose code does not return.

use std::{
    collections::{BTreeMap, VecDeque},
    thread::ThreadId,
};

use super::unrecovered::Unrecovered;
use crate::engine::{
    EventId, InstanceId, InstanceKey, Timestamp, outbox_message::OutboxMessage, request::Request,
};

/// An instance whose code does not return, with the work that is queued for it.
pub(super) struct BlockedInstance {
    pub id: InstanceId,
    /// The thread of its code.
    pub thread: ThreadId,
    pub requests: VecDeque<Request>,
    pub due: Vec<(Timestamp, EventId)>,
    pub slots: Vec<EventId>,
}

/// Whether a message has to wait, because it involves an instance whose code does not return or that
/// this engine does not recover.
pub(super) fn has_to_wait(
    blocked: &BTreeMap<InstanceKey, BlockedInstance>,
    unrecovered: &Unrecovered,
    message: &OutboxMessage,
) -> bool {
    let mut involved = message.involved().into_iter().flatten();
    involved.any(|id| is_blocked(blocked, id)) || unrecovered.involved_in(message)
}

/// Whether the code of an instance does not return.
pub(super) fn is_blocked(
    blocked: &BTreeMap<InstanceKey, BlockedInstance>,
    id: &InstanceId,
) -> bool {
    blocked.values().any(|blocked| blocked.id == *id)
}
