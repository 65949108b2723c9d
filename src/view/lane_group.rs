//! Groups of lanes, as their headings show them.

use std::sync::Arc;

use super::{arrangement::status_word, family::Fold, lane::LaneModel, ui_state::UiState};
use crate::engine::Status;

/// A group of lanes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneGroup {
    /// Its name. No other group has it.
    pub name: Arc<str>,
    /// Whether its lanes have rows.
    pub fold: Fold,
    /// How many lanes have which status, those on the shelf and folded children included.
    counts: [usize; Self::STATUSES.len()],
    /// Lanes without a row because it is folded.
    pub(super) hidden: usize,
}

impl LaneGroup {
    /// In the order of the words.
    const STATUSES: [Status; 8] = [
        Status::Running,
        Status::Suspended,
        Status::Pending,
        Status::Stalled,
        Status::Failed,
        Status::Completed,
        Status::Canceled,
        Status::Terminated,
    ];

    pub(super) fn new(name: Arc<str>, fold: Fold) -> Self {
        Self {
            name,
            fold,
            counts: [0; Self::STATUSES.len()],
            hidden: 0,
        }
    }

    pub(super) fn count(&mut self, lane: &LaneModel) {
        let word = status_word(lane.status);
        let counts = Self::STATUSES.iter().zip(&mut self.counts);
        for (_, count) in counts.filter(|(status, _)| status_word(**status) == word) {
            *count += 1;
        }
    }

    /// How many of its lanes have failed or are stalled.
    pub fn failed(&self) -> usize {
        let counts = Self::STATUSES.iter().zip(&self.counts);
        let failed =
            counts.filter(|(status, _)| matches!(status, Status::Failed | Status::Stalled));
        failed.map(|(_, count)| count).sum()
    }

    /// How many lanes have which status, in words: `3 running · 1 failed`.
    pub fn words(&self) -> String {
        let counts = Self::STATUSES.iter().zip(&self.counts);
        let words = counts
            .filter(|(_, count)| **count > 0)
            .map(|(status, count)| format!("{count} {}", status_word(*status)));
        words.collect::<Vec<_>>().join(" · ")
    }
}

impl UiState {
    /// Folds the lanes of a group into its heading, or unfolds them.
    pub fn fold_group(&mut self, name: &Arc<str>) {
        if !self.folded_groups.remove(name) {
            self.folded_groups.insert(Arc::clone(name));
        }
    }
}
