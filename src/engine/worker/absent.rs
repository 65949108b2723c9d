//! Open instances that this engine leaves as they are.

use std::{collections::HashSet, sync::Arc};

use crate::engine::{InstanceId, delivery::Delivery};

/// Open instances that this engine leaves as they are. What is for them waits in the store.
#[derive(Clone, Default)]
pub(super) struct Absent {
    ids: Arc<HashSet<InstanceId>>,
    /// They were under way when an earlier process ended: the engine that continues them has to know.
    crashed: bool,
}

impl Absent {
    pub fn new(ids: impl IntoIterator<Item = InstanceId>, crashed: bool) -> Self {
        let ids: HashSet<_> = ids.into_iter().collect();
        let crashed = crashed && !ids.is_empty();
        let ids = Arc::new(ids);
        Self { ids, crashed }
    }

    /// Whether a delivery has to wait for an engine that continues one of them.
    pub fn has_to_wait(&self, delivery: &Delivery) -> bool {
        if self.ids.is_empty() {
            return false;
        }
        let awaited = match delivery {
            Delivery::Await { target, .. } => Some(target),
            _ => None,
        };
        let mut concerned = delivery.concerns().into_iter().flatten().chain(awaited);
        concerned.any(|id| self.ids.contains(id))
    }

    /// Whether the store must not be marked as closed in order.
    pub fn were_interrupted(&self) -> bool {
        self.crashed
    }
}
