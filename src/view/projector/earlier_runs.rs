//! The earlier runs of an instance, folded apart from the projector and added to it later.
//!
//! A lane is shown with its latest run first. Its earlier runs may be long; they are read and folded on
//! another thread.

use std::sync::Arc;

use super::{Lane, Projector};
use crate::{
    engine::{Committed, InstanceId},
    view::{lane::LaneModel, transport_view::TransportView},
};

/// Folded earlier runs of an instance.
#[derive(Debug)]
pub struct EarlierRuns {
    instance: InstanceId,
    projector: Projector,
}

impl EarlierRuns {
    /// Folds the earlier runs of an instance, the oldest first, each as one commit. `transport` gives the
    /// length of a bar.
    pub fn fold(instance: InstanceId, runs: &[Committed], transport: TransportView) -> Self {
        Self {
            instance,
            projector: Projector::folded(runs, transport),
        }
    }
}

impl Projector {
    /// Puts earlier runs before what is known of an instance.
    pub fn earlier_runs(&mut self, earlier: EarlierRuns) {
        let EarlierRuns {
            instance,
            mut projector,
        } = earlier;
        let (Some(lane), Some(before)) = (
            self.lanes.get_mut(&instance),
            projector.lanes.remove(&instance),
        ) else {
            return;
        };
        self.version += 1;
        self.order.take();
        lane.prepend(before);
        Arc::make_mut(&mut self.overview).merge(&projector.overview);
        Arc::make_mut(&mut self.time_map).merge(&projector.time_map);
    }
}

impl Lane {
    /// Folds this lane's events again, after those of `before`.
    fn prepend(&mut self, before: Lane) {
        let now = self.model.clone();
        let before = LaneModel::clone(&before.model);
        let mut whole = LaneModel {
            ordinal: now.ordinal,
            version: now.version + 1,
            ..before
        };
        let run = whole.run;
        let shift = whole.history.len();
        for event in now.history.iter().filter(|event| event.run > run) {
            whole.record(event.clone(), &mut Vec::new());
        }
        whole.history.append_score(&now.history, shift);
        self.model = Arc::new(LaneModel {
            facts: now.facts.clone(),
            progress: now.progress,
            edit: now.edit.clone(),
            upcoming: now.upcoming.clone(),
            out_of_order: now.out_of_order.clone(),
            ..whole
        });
    }
}
