//! Wheels, faders and pads that move the playhead: the same as its keys.

use super::UiState;
use crate::{
    conductor::{
        Direction,
        control_surface::{Gesture, PlayheadAction},
    },
    engine::Timestamp,
    view::{
        action::Action,
        command::Command,
        playhead::Playhead,
        playhead_intent::PlayheadIntent,
        snapshot::Snapshot,
        time_map::{shifted, signed_ns},
    },
};

/// A tick of a wheel moves the playhead by this part of what is visible.
const TICK: f64 = 1.0 / 200.0;

impl UiState {
    /// A control was moved that acts on the playhead. Returns the commands to send. `live` is what is
    /// shown: the performance, or the scene of an opened history.
    pub fn turn_playhead(
        &mut self,
        intent: PlayheadIntent,
        live: &Snapshot,
        wall: Timestamp,
    ) -> Vec<Command> {
        let PlayheadIntent { action, gesture } = intent;
        match (action, gesture) {
            (PlayheadAction::Jog, Gesture::Ticks(ticks)) => self.jog(ticks, live, wall),
            (PlayheadAction::Scrub, Gesture::Value(place)) => self.scrub(place, live, wall),
            (PlayheadAction::Jog | PlayheadAction::Scrub, _) | (_, Gesture::Off) => {}
            (action, _) => {
                let Some(action) = Action::of_control(action) else {
                    return Vec::new();
                };
                let commands = self.act(action.clone(), live, wall);
                self.answer_action(&action, &commands, live, wall);
                return commands;
            }
        }
        Vec::new()
    }

    /// Moves the playhead by ticks of a wheel, and keeps it in view.
    fn jog(&mut self, ticks: i32, live: &Snapshot, wall: Timestamp) {
        // Nothing is later than live.
        if self.playhead == Playhead::Live && ticks >= 0 {
            return;
        }
        let shown = self.moment(live, wall);
        let here = shown.map_or_else(|| live.live_edge(wall), |moment| moment.at);
        let visible = signed_ns(self.viewport.from, self.viewport.until());
        self.seek(shifted(here, visible * TICK * f64::from(ticks)), live, wall);
        self.show_playhead();
    }

    /// Puts the playhead at a part of what is visible, 0 to 1.
    fn scrub(&mut self, place: f64, live: &Snapshot, wall: Timestamp) {
        let visible = signed_ns(self.viewport.from, self.viewport.until());
        let at = shifted(self.viewport.from, visible * place.clamp(0.0, 1.0));
        self.seek(at, live, wall);
    }

    /// Moves the visible window if the playhead has left it, to the side from which it came.
    fn show_playhead(&mut self) {
        let Playhead::At(moment) = &self.playhead else {
            return;
        };
        let x = self.viewport.x(moment.at);
        if x < 0.0 {
            self.viewport.center(moment.at, 0.9);
        } else if x > self.viewport.width {
            self.viewport.center(moment.at, 0.1);
        }
    }
}

impl Action {
    /// The action of a control that acts on the playhead; `None` for those that only wheels and faders have.
    pub fn of_control(action: PlayheadAction) -> Option<Self> {
        Some(match action {
            PlayheadAction::Jog | PlayheadAction::Scrub => return None,
            PlayheadAction::Step(stop, direction) => Self::Step(stop, direction),
            PlayheadAction::Replay(Direction::Forward) => Self::Replay,
            PlayheadAction::Replay(Direction::Backward) => Self::ReplayBackward,
            PlayheadAction::Live => Self::Live,
            PlayheadAction::Loop => Self::Loop,
            PlayheadAction::Mark => Self::Mark,
            PlayheadAction::Rerun => Self::Rerun,
        })
    }
}
