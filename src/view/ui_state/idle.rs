//! Idle time: shown as it was, or folded.

use super::{Camera, UiState};
use crate::{
    engine::Timestamp,
    view::{idle_time::IdleTimes, snapshot::Snapshot},
};

/// What the time axis does with idle time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdleTime {
    /// It is as wide as any other time.
    Shown,
    /// It is folded.
    Folded,
}

impl UiState {
    /// Folds idle time, or unfolds it.
    pub(super) fn toggle_idle(&mut self, snapshot: &Snapshot, now: Timestamp, shown: Timestamp) {
        self.idle = match self.idle {
            IdleTime::Shown => IdleTime::Folded,
            IdleTime::Folded => IdleTime::Shown,
        };
        let start = snapshot.extent(now).from;
        let began_before = self.viewport.from < start;
        self.fold_idle(snapshot, shown);
        // Folds make room: no more of it than there was is left empty.
        if self.camera == Camera::Free && !began_before && self.viewport.from < start {
            self.viewport.center(start, 0.0);
        }
    }

    /// Folds the idle times of what is shown, or unfolds them. The shown moment stays in place if it is in
    /// view.
    pub(super) fn fold_idle(&mut self, snapshot: &Snapshot, shown: Timestamp) {
        let idle = match self.idle {
            IdleTime::Folded if self.comparing.is_none() => self.idle_times.of(snapshot),
            // Two runs that are compared share an axis of their own.
            _ => IdleTimes::default(),
        };
        let x = self.viewport.x(shown).clamp(0.0, self.viewport.width);
        self.viewport.set_idle(idle, x);
    }
}
