//! The numbers of lanes, and what belongs to this show.

use std::sync::Arc;

use super::Projector;
use crate::{
    engine::{InstanceId, Timestamp},
    view::{lane::LaneModel, lane_numbers::LaneNumbers, lane_order::Place, overview::Overview},
};

impl Projector {
    /// Gives lanes that will be read the numbers that they had before.
    pub fn keep_numbers(&mut self, numbers: LaneNumbers) {
        self.version += 1;
        self.numbers = Arc::new(numbers);
    }

    /// All lanes were read that exist from before: other numbers are free.
    pub fn all_lanes_read(&mut self) {
        self.version += 1;
        let lanes = &self.lanes;
        Arc::make_mut(&mut self.numbers).retain(|lane| lanes.contains_key(lane));
    }

    /// A lane has begun or ended: it takes a number, or will lose it. `before` is how it was.
    pub(super) fn renumber(&mut self, id: &InstanceId, before: &Place) {
        let Some(lane) = self.lanes.get(id) else {
            return;
        };
        let lane = &lane.model;
        let begins = !lane.history.is_empty() && !before.has_begun;
        let goes_on = before.has_ended && !lane.has_ended();
        if begins || goes_on {
            Arc::make_mut(&mut self.numbers).started(id, lane.started_at);
        }
        if lane.has_ended() && (begins || !before.has_ended) {
            Arc::make_mut(&mut self.numbers).ended(id, lane.over_at());
        }
    }

    /// Begins a show: what had ended before that moment is hidden. `None` brings it back.
    pub fn show(&mut self, from: Option<Timestamp>) {
        self.version += 1;
        let overview = Arc::make_mut(&mut self.overview);
        // What is shown from now on began before or begins now.
        self.earlier_overview.merge(overview);
        *overview = match from {
            Some(_) => Overview::default(),
            None => std::mem::take(&mut self.earlier_overview),
        };
        self.show_from = from;
        if from.is_none() {
            self.put_away.clear();
        }
        self.order.take();
    }

    /// Whether a lane ended before this show, or with a scene that was reset.
    pub(super) fn is_hidden(&self, lane: &LaneModel) -> bool {
        let is_over = |show| lane.over_at() < show;
        lane.has_ended() && (self.show_from.is_some_and(is_over) || self.is_put_away(lane))
    }

    fn is_put_away(&self, lane: &LaneModel) -> bool {
        let mut lane = Some(lane);
        while let Some(member) = lane.filter(|_| !self.put_away.is_empty()) {
            if self.put_away.contains(&member.id) {
                return true;
            }
            let parent = member.parent.as_ref();
            let parent = parent.and_then(|parent| self.lanes.get(&parent.instance));
            lane = parent.map(|parent| &*parent.model);
        }
        false
    }

    /// Forgets the lane that closed first, if there are too many that have. Other engines say
    /// themselves which of theirs are lanes.
    pub(super) fn forget_old(&mut self) {
        let models = self.lanes.values().map(|lane| &lane.model);
        let own = models.filter(|model| model.backend.is_none());
        let closed = own.filter(|model| model.status.is_closed());
        if closed.clone().count() > Self::MAX_CLOSED {
            let oldest = closed
                .min_by_key(|model| (model.closed_at, model.ordinal))
                .map(|model| model.id.clone());
            if let Some(id) = oldest {
                self.order.take();
                self.lanes.remove(&id);
                Arc::make_mut(&mut self.numbers).gone(&id);
            }
        }
    }
}
