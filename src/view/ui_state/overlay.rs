//! The panel on top of the lanes.

use super::UiState;
use crate::view::{form::Form, search::Search, snapshot::Snapshot};

/// The panel on top of the lanes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The scores.
    Scores,
    /// The question what becomes of the pieces that play when the window is closed.
    Closing,
    /// The question what becomes of the text of a score that was not saved when the window is closed.
    Unsaved,
    /// The help sheet.
    Help,
    /// The schedules; the selected line.
    Schedules(usize),
    /// The injected faults; the selected line.
    Faults(usize),
    /// The search for actions and scores.
    Palette(Search),
    /// The search for histories of the store.
    Histories(Search),
    /// The same, for a run to compare with.
    CompareWith(Search),
    /// A form.
    Form(Box<Form>),
}

impl Overlay {
    /// Whether keys are typed into it.
    pub fn is_typed_into(&self) -> bool {
        matches!(
            self,
            Self::Palette(_) | Self::Histories(_) | Self::CompareWith(_) | Self::Form(_)
        )
    }
}

impl UiState {
    pub(super) fn toggle(&mut self, overlay: Overlay) {
        self.overlay =
            match std::mem::discriminant(&self.overlay) == std::mem::discriminant(&overlay) {
                true => Overlay::None,
                false => overlay,
            };
    }

    /// Whether the scores are shown: in the drawer, or on the start screen.
    pub fn shows_scores(&self, snapshot: &Snapshot) -> bool {
        self.overlay == Overlay::Scores
            || (snapshot.lanes.is_empty()
                && self.overlay == Overlay::None
                && snapshot.invitation().is_none())
    }
}
