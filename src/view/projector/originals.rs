//! Originals of reruns: those that are neither on the stage nor opened are read from the store.

use std::sync::Arc;

use super::Projector;
use crate::{
    engine::{Fork, InstanceId},
    view::histories::OpenedHistory,
};

impl Projector {
    /// The forks of the reruns on the stage whose originals are not known.
    pub fn missing_originals(&self) -> Vec<Fork> {
        let reruns = self.reruns.sources();
        let on_stage = reruns.filter(|(rerun, _)| self.lanes.contains_key(*rerun));
        let missing = on_stage.filter(|(_, fork)| {
            !self.lanes.contains_key(&fork.instance)
                && self.histories.opened(&fork.instance).is_none()
                && self.histories.original(fork).is_none()
        });
        missing.map(|(_, fork)| fork.clone()).collect()
    }

    /// Adds an original, and forgets those whose reruns have left the stage.
    pub fn original(&mut self, original: OpenedHistory) {
        let (lanes, reruns) = (&self.lanes, &self.reruns);
        let has_rerun = |id: &InstanceId| reruns.of(id).iter().any(|id| lanes.contains_key(id));
        self.version += 1;
        let originals = &mut Arc::make_mut(&mut self.histories).originals;
        // Of two that begin with different runs, the longer one is newer: the other one had not enough.
        originals.retain(|known| known.lane.id != original.lane.id && has_rerun(&known.lane.id));
        originals.push(Arc::new(original));
    }
}
