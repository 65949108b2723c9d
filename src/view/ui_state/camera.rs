//! The visible window of time.

use super::UiState;
use crate::{engine::Timestamp, view::snapshot::Snapshot};

/// Whether the visible window of time follows the playhead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Camera {
    /// It follows.
    Following,
    /// It stays where it is.
    Free,
}

impl UiState {
    /// The user moved the visible window: it no longer follows the playhead.
    pub fn moved(&mut self) {
        self.camera = Camera::Free;
    }

    pub(super) fn shift(&mut self, part: f32) {
        self.viewport.pan(self.viewport.width * part);
        self.moved();
    }

    pub(super) fn show_all(&mut self, snapshot: &Snapshot, now: Timestamp) {
        let whole = snapshot.extent(now);
        self.viewport = self.viewport.showing(whole);
        self.moved();
    }
}
