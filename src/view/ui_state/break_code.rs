//! Breaking the code of the selected lane on purpose, and fixing it.

use super::UiState;
use crate::{
    conductor::{FaultChange, FaultTarget},
    engine::Timestamp,
    view::{action::Action, command::PlayerCommand, snapshot::Snapshot},
};

impl UiState {
    /// Breaks the code of the selected lane, or fixes it. One that has ended is left alone, and the answer says
    /// so.
    pub(super) fn break_or_fix(
        &mut self,
        snapshot: &Snapshot,
        wall: Timestamp,
    ) -> Option<PlayerCommand> {
        let live = snapshot.performance();
        let lane = self.lane(snapshot).and_then(|lane| live.lane(&lane.id));
        let Some(lane) = lane else {
            self.say(&Action::BreakCode, "no lane whose code can break", wall);
            return None;
        };
        if lane.status.is_closed() {
            let why = format!("{} has ended: its code can no longer break", lane.title());
            self.say(&Action::BreakCode, &why, wall);
            return None;
        }
        let target = FaultTarget::Lane(lane.id.clone());
        let change = FaultChange {
            outage: Some(!live.mixer.fault(&target).outage),
            ..FaultChange::default()
        };
        Some(PlayerCommand::ChangeFault(target, change))
    }
}
