//! Whether changes are shown with motion.

use super::UiState;
use crate::{
    conductor::{Direction, Rate, Speed},
    engine::Timestamp,
    view::{action::Action, motion::Motion, playhead::Playhead},
};

impl UiState {
    /// Turns motion on or off.
    pub(super) fn toggle_motion(&mut self, now: Timestamp) {
        self.motion = self.motion.next();
        self.say(&Action::Motion, self.motion.name(), now);
    }

    /// Whether changes are shown with motion now: not while the playhead stands in the past, and not in a
    /// playback that is faster than the performance was, or goes backward.
    pub fn shows_motion(&self) -> bool {
        let plays = match &self.playhead {
            Playhead::Live => true,
            Playhead::At(_) => false,
            Playhead::Playing(playback) => is_slow(playback.rate),
        };
        plays && self.motion == Motion::On
    }
}

fn is_slow(rate: Rate) -> bool {
    let is_fast = matches!(rate.speed, Speed::Double | Speed::Quadruple);
    rate.direction == Direction::Forward && !is_fast
}
