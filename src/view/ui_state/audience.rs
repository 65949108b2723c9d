//! The audience's window, as the operator controls it, and the state that it is painted from.

use super::{Overlay, UiState};
use crate::{
    engine::Timestamp,
    view::{action::Action, arrangement::Grouping, stage_lanes::Shelf, viewport::Viewport},
};

impl UiState {
    /// Performs an action on the audience's window.
    pub(super) fn act_on_audience(&mut self, action: &Action, now: Timestamp) {
        let words = match action {
            Action::AudienceText => {
                self.audience.text = self.audience.text.next();
                self.audience.text.name()
            }
            Action::Blackout if self.audience.is_open() => {
                self.audience.toggle_curtain();
                self.audience.words()
            }
            Action::Blackout => "blackout · no audience's window is open: F10 opens it",
            _ => {
                self.audience.toggle();
                self.audience.words()
            }
        };
        self.say(action, words, now);
    }

    /// What the audience sees of this state: no panels, nothing under the pointer, and the same span of
    /// time on another width.
    pub fn for_audience(&self, width: f32) -> Self {
        let mut state = self.clone();
        state.overlay = Overlay::None;
        state.arrangement.grouping = Grouping::None;
        state.inspector = false;
        state.highlight = None;
        state.filter = None;
        state.learning = None;
        state.hints = None;
        state.answer = None;
        state.hold = None;
        state.shelf = Shelf::Closed;
        state.viewport = spread(&self.viewport, width);
        state
    }
}

/// The same span of time on another width.
fn spread(view: &Viewport, width: f32) -> Viewport {
    let mut spread = view.clone();
    let scale = view.ns_per_point * f64::from(view.width) / f64::from(width.max(1.0));
    spread.resize(width);
    spread.set_scale(scale);
    spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_audience_sees_the_same_span_of_time_and_no_panel() {
        let state = UiState {
            overlay: Overlay::Help,
            ..UiState::default()
        };
        let seen = state.for_audience(640.0);
        assert_eq!(seen.overlay, Overlay::None);
        assert_eq!(seen.viewport.from, state.viewport.from);
        let (seen, shown) = (seen.viewport.until(), state.viewport.until());
        assert!(seen.since(shown).as_millis() + shown.since(seen).as_millis() < 2);
    }

    #[test]
    fn a_blackout_without_a_window_says_how_to_open_one() {
        let mut state = UiState::default();
        state.act_on_audience(&Action::Blackout, Timestamp(1));
        let (answer, _) = state.answered(Timestamp(1)).unwrap();
        assert!(answer.effect.contains("F10 opens it"));
        assert!(!state.audience.is_open());
    }
}
