//! The first minute: an invitation to start a piece, then three hints about what is on the screen.

use super::snapshot::{ScoreCard, Snapshot};
use crate::conductor::control_surface::{ControlAction, LaneTarget};

/// A hint about a part of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hint {
    /// The lane.
    Lane,
    /// The history above the lanes.
    History,
    /// The pause button.
    Pause,
}

impl Hint {
    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Lane => "A workflow",
            Self::History => "Its history",
            Self::Pause => "Pause",
        }
    }

    /// What it says.
    pub fn text(self) -> &'static str {
        match self {
            Self::Lane => "Every bar is a step. It is saved before you hear it.",
            Self::History => "Drag here to go back in time. L returns to live.",
            Self::Pause => "Space pauses and resumes. You can even pull the plug: it continues.",
        }
    }
}

/// The hints that are shown. Each goes once it was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hints(Vec<Hint>);

impl Default for Hints {
    fn default() -> Self {
        Self(vec![Hint::Lane, Hint::History, Hint::Pause])
    }
}

impl Hints {
    /// Those that are left.
    pub fn iter(&self) -> impl Iterator<Item = Hint> {
        self.0.iter().copied()
    }

    /// A hint was followed. Returns whether any is left.
    #[must_use]
    pub fn followed(&mut self, hint: Hint) -> bool {
        self.0.retain(|shown| *shown != hint);
        !self.0.is_empty()
    }
}

impl Snapshot {
    /// The score that a newcomer is invited to start: nothing has ever run in this store.
    pub fn invitation(&self) -> Option<&ScoreCard> {
        let is_new = self.lanes.is_empty() && self.show_from.is_none() && self.scene.is_none();
        // Who has written a set list knows what to start.
        let is_new = is_new && self.setlist.is_none();
        let mut scores = self.scores.iter().filter(|card| card.problem.is_none());
        scores.next().filter(|_| is_new)
    }
}

/// Whether an action is the one that an invitation asks for.
pub(super) fn accepts(action: &ControlAction) -> bool {
    *action == ControlAction::Pause(LaneTarget::Selected)
}
