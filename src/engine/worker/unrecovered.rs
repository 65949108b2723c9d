//! Open instances that this engine does not recover.

use std::{collections::HashSet, sync::Arc};

use crate::engine::{InstanceId, outbox_message::OutboxMessage};

/// Open instances that this engine does not recover. Messages to them stay in the stored outbox.
#[derive(Clone, Default)]
pub(super) struct Unrecovered {
    ids: Arc<HashSet<InstanceId>>,
    /// They had attempts in flight when an earlier process crashed, which the engine that recovers
    /// them has to know.
    crashed: bool,
}

impl Unrecovered {
    pub fn new(ids: impl IntoIterator<Item = InstanceId>, crashed: bool) -> Self {
        let ids: HashSet<_> = ids.into_iter().collect();
        let crashed = crashed && !ids.is_empty();
        let ids = Arc::new(ids);
        Self { ids, crashed }
    }

    /// Whether a message involves one of them and has to wait for an engine that recovers it.
    pub fn involved_in(&self, message: &OutboxMessage) -> bool {
        if self.ids.is_empty() {
            return false;
        }
        let awaited = match message {
            OutboxMessage::AwaitInstance { target, .. } => Some(target),
            _ => None,
        };
        let mut involved = message.involved().into_iter().flatten().chain(awaited);
        involved.any(|id| self.ids.contains(id))
    }

    /// Whether the store must not be marked as closed properly.
    pub fn crashed(&self) -> bool {
        self.crashed
    }
}
