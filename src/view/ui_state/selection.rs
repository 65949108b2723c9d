//! The selected lane, and what digits select or start.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Overlay, UiState};
use crate::{
    engine::{InstanceId, Timestamp},
    view::{
        command::{EngineCommand, ScoreId},
        lane::LaneModel,
        snapshot::{ScoreCard, Snapshot},
        stage_lanes::StageLanes,
    },
};

impl UiState {
    /// The target of actions: the selected lane, or else the first open one.
    pub fn lane<'a>(&self, snapshot: &'a Snapshot) -> Option<&'a Arc<LaneModel>> {
        self.selected
            .as_ref()
            .and_then(|id| snapshot.lane(id))
            .or_else(|| snapshot.first_lane())
    }

    /// Selects a lane.
    pub fn select(&mut self, id: &InstanceId) {
        self.selected = Some(id.clone());
        self.reveal = true;
    }

    /// Selects the lane some rows below.
    pub(super) fn step(&mut self, snapshot: &Snapshot, by: isize, shown: Timestamp) {
        let lanes = StageLanes::of(snapshot, self, shown);
        let here = self.lane(snapshot);
        let here = here.and_then(|lane| lanes.row_of(snapshot, &lane.id));
        let row = match (here, &self.selected) {
            (Some(here), Some(_)) => lanes.lane_below(here, by),
            (Some(here), None) => here,
            (None, _) => 0,
        };
        if let Some(lane) = lanes.lane(snapshot, row) {
            let id = lane.id.clone();
            self.select(&id);
        }
    }

    /// Starts a score if the scores are shown, else selects a lane.
    pub(super) fn press_digit(
        &mut self,
        number: u8,
        snapshot: &Snapshot,
        now: Timestamp,
    ) -> Option<EngineCommand> {
        if self.shows_scores(snapshot) {
            let place = usize::from(number).checked_sub(1)?;
            let card = snapshot.scores.get(place)?;
            // The card says why it cannot be started.
            if card.problem.is_some() {
                return None;
            }
            self.overlay = Overlay::None;
            return self.start_card(card, now);
        }
        if let Some(lane) = snapshot.numbered(number) {
            self.select(&lane.id);
        }
        None
    }

    /// Starts a score, or asks for its input if it cannot do without.
    pub fn start_card(&mut self, card: &ScoreCard, now: Timestamp) -> Option<EngineCommand> {
        let nothing = Value::Object(Map::new());
        match &card.input {
            Some(schema) if schema.check(&nothing).is_err() => {
                self.ask_input(card);
                None
            }
            _ => self.start_score(&card.id, now),
        }
    }

    /// The command that starts a score. `None` if the same score was started a moment ago: the key or
    /// the button was pressed twice by mistake.
    pub(super) fn start_score(&mut self, id: &ScoreId, now: Timestamp) -> Option<EngineCommand> {
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
