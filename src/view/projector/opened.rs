//! Opened histories: folded apart from the projector, on another thread, and kept by it until they are
//! dismissed.

use std::sync::Arc;

use super::Projector;
use crate::{
    engine::{Committed, InstanceId},
    view::{
        histories::OpeningNumber,
        histories::{FoundHistories, Histories, HistorySource, OpenedHistory, Opening},
        lane::LaneModel,
        transport_view::TransportView,
    },
};

impl OpenedHistory {
    /// Folds the runs of an instance, the oldest first, each as one commit. `transport` gives the length
    /// of a bar. `None`: they have no events.
    pub fn fold(
        number: OpeningNumber,
        id: &InstanceId,
        runs: &[Committed],
        source: HistorySource,
        transport: TransportView,
    ) -> Option<Self> {
        let mut projector = Projector::folded(runs, transport);
        let lane = projector.lanes.remove(id)?.model;
        if lane.history.is_empty() {
            return None;
        }
        // Its color differs from that of the histories opened before.
        let ordinal = usize::try_from(number.0).unwrap_or(0);
        Some(Self {
            number,
            source,
            lane: Arc::new(LaneModel {
                ordinal,
                ..LaneModel::clone(&lane)
            }),
            overview: projector.overview,
            time_map: projector.time_map,
        })
    }
}

impl Projector {
    /// Adds an opened history, or replaces what was known of it.
    pub fn open_history(&mut self, opened: OpenedHistory) {
        let histories = self.histories();
        let opened = Arc::new(opened);
        let known = histories.opened.iter_mut();
        match known.into_iter().find(|o| o.lane.id == opened.lane.id) {
            Some(known) => *known = opened,
            None => histories.opened.push(opened),
        }
    }

    /// Removes an opened history.
    pub fn dismiss_history(&mut self, id: &InstanceId) {
        self.histories().opened.retain(|o| o.lane.id != *id);
    }

    /// Sets how far a history is read.
    pub fn opening_history(&mut self, opening: Opening) {
        let histories = self.histories();
        let known = histories.opening.iter_mut();
        match known.into_iter().find(|o| o.number == opening.number) {
            Some(known) => *known = opening,
            None => histories.opening.push(opening),
        }
    }

    /// A history was read, or cannot be.
    pub fn opening_ended(&mut self, number: OpeningNumber) {
        self.histories().opening.retain(|o| o.number != number);
    }

    /// Sets what a search of the store found.
    pub fn found_histories(&mut self, found: FoundHistories) {
        self.histories().found = found;
    }

    /// Removes the lane of an instance that was purged from the store.
    pub fn purged(&mut self, id: &InstanceId) {
        self.version += 1;
        self.order.take();
        self.lanes.remove(id);
        Arc::make_mut(&mut self.numbers).gone(id);
        Arc::make_mut(&mut self.reruns).remove(id);
    }

    fn histories(&mut self) -> &mut Histories {
        self.version += 1;
        Arc::make_mut(&mut self.histories)
    }
}
