//! The selected lane, and what digits select or start.

use std::sync::Arc;

use super::{Overlay, UiState};
use crate::{
    engine::{InstanceId, Timestamp},
    view::{
        command::{EngineCommand, ScoreId},
        lane::LaneModel,
        snapshot::Snapshot,
    },
};

impl UiState {
    /// The target of actions: the selected lane, or else the first.
    pub fn lane<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Arc<LaneModel>> {
        self.selected
            .as_ref()
            .and_then(|id| snapshot.lane(id))
            .or_else(|| snapshot.lanes.first())
    }

    /// Selects a lane.
    pub fn select(&mut self, id: &InstanceId) {
        self.selected = Some(id.clone());
        self.reveal = true;
    }

    pub(super) fn step(&mut self, snapshot: &Snapshot, by: isize) {
        let here = self
            .lane(snapshot)
            .and_then(|lane| snapshot.lanes.iter().position(|l| l.id == lane.id));
        let place = match (here, &self.selected) {
            (Some(here), Some(_)) => here.saturating_add_signed(by),
            _ => 0,
        };
        if let Some(lane) = snapshot.lanes.get(place) {
            self.select(&lane.id);
        }
    }

    /// Starts a score if the scores are shown, else selects a lane.
    pub(super) fn press_digit(
        &mut self,
        number: u8,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Option<EngineCommand> {
        let place = usize::from(number).checked_sub(1)?;
        if self.shows_scores(snapshot) {
            let card = snapshot.scores.get(place)?;
            self.overlay = Overlay::None;
            return match card.problem {
                None => self.start_score(&card.id, now),
                Some(_) => None,
            };
        }
        if let Some(lane) = snapshot.lanes.get(place) {
            self.select(&lane.id);
        }
        None
    }

    /// The command that starts a score. `None` if the same score was started a moment ago: the key or
    /// the button was pressed twice by mistake.
    pub fn start_score(&mut self, id: &ScoreId, now: Timestamp) -> Option<EngineCommand> {
        if let Some((last, at)) = &self.started
            && last == id
            && now.since(*at) < Self::RESTART
        {
            return None;
        }
        self.started = Some((id.clone(), now));
        Some(EngineCommand::StartScore(id.clone()))
    }
}
