//! What controls ask of the playhead of the window.

use std::collections::VecDeque;

use crate::conductor::control_surface::{Gesture, PlayheadAction};

/// A control was moved that acts on the playhead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlayheadIntent {
    /// What it does.
    pub action: PlayheadAction,
    /// How it was moved.
    pub gesture: Gesture,
}

/// What the window has not handled yet. A window that is hidden does not paint, so it is limited.
#[derive(Debug, Default)]
pub struct PlayheadIntents(VecDeque<PlayheadIntent>);

impl PlayheadIntents {
    /// The most that are kept; the oldest go first.
    const MAX: usize = 64;

    /// Adds one. Ticks of a wheel add up, and of the places of a fader only the last counts.
    pub fn add(&mut self, new: PlayheadIntent) {
        if let Some(last) = self.0.back_mut().filter(|last| last.action == new.action) {
            match (&mut last.gesture, new.gesture) {
                (Gesture::Ticks(ticks), Gesture::Ticks(more)) => {
                    *ticks = ticks.saturating_add(more);
                    return;
                }
                (Gesture::Value(place), Gesture::Value(new)) => {
                    *place = new;
                    return;
                }
                _ => {}
            }
        }
        if self.0.len() == Self::MAX {
            self.0.pop_front();
        }
        self.0.push_back(new);
    }

    /// Takes all of them, the oldest first.
    pub fn take(&mut self) -> Vec<PlayheadIntent> {
        self.0.drain(..).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_add_up_and_only_the_last_place_of_a_fader_counts() {
        let mut intents = PlayheadIntents::default();
        let mut add = |action, gesture| intents.add(PlayheadIntent { action, gesture });
        for ticks in [1, 2, -5] {
            add(PlayheadAction::Jog, Gesture::Ticks(ticks));
        }
        for place in [0.1, 0.2] {
            add(PlayheadAction::Scrub, Gesture::Value(place));
        }
        for _ in 0..2 {
            add(PlayheadAction::Live, Gesture::Toggle);
        }
        let gestures = intents.take().into_iter().map(|intent| intent.gesture);
        let expected = [
            Gesture::Ticks(-2),
            Gesture::Value(0.2),
            Gesture::Toggle,
            Gesture::Toggle,
        ];
        assert!(gestures.eq(expected));
        assert!(intents.take().is_empty());
    }
}
