//! Lanes and the children below them, which can be folded.

use std::collections::HashSet;

use super::{snapshot::Snapshot, ui_state::UiState};
use crate::engine::{InstanceId, Status};

/// The children below a lane, with their children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// How many there are.
    pub count: usize,
    /// How many of them have failed or are stalled.
    pub failed: usize,
    /// Whether they have rows.
    pub fold: Fold,
}

/// Whether the children of a lane have rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// They have.
    Unfolded,
    /// They are folded into the row of their parent.
    Folded,
}

impl Family {
    /// The children of the lane at a place of a snapshot; `None`: it has none.
    pub fn of(snapshot: &Snapshot, place: usize, state: &UiState) -> Option<Self> {
        let head = &snapshot.lanes.get(place)?.id;
        let below = snapshot.lanes.get(place + 1..)?;
        // Most lanes have no children: nothing is gathered for them.
        below
            .first()?
            .parent
            .as_ref()
            .filter(|parent| parent.instance == *head)?;
        let mut members: HashSet<&InstanceId> = HashSet::from([head]);
        let mut failed = 0;
        for lane in below {
            let parent = lane.parent.as_ref().map(|parent| &parent.instance);
            if !parent.is_some_and(|parent| members.contains(parent)) {
                break;
            }
            members.insert(&lane.id);
            failed += usize::from(matches!(lane.status, Status::Failed | Status::Stalled));
        }
        Some(Self {
            count: members.len() - 1,
            failed,
            fold: match state.folded.contains(head) {
                true => Fold::Folded,
                false => Fold::Unfolded,
            },
        })
    }

    /// In words: `4 children, 1 failed`.
    pub fn words(&self) -> String {
        let children = match self.count {
            1 => "1 child".to_owned(),
            count => format!("{count} children"),
        };
        match self.failed {
            0 => children,
            failed => format!("{children}, {failed} failed"),
        }
    }
}

impl UiState {
    /// Folds the children of a lane into its row, or unfolds them. A child folds its whole family.
    pub fn fold_children(&mut self, of: &InstanceId, snapshot: &Snapshot) {
        let place = snapshot.lanes.iter().position(|lane| lane.id == *of);
        let Some(place) = place else { return };
        let has_children = Family::of(snapshot, place, self).is_some();
        let parent = snapshot
            .lanes
            .get(place)
            .and_then(|lane| lane.parent.as_ref());
        let parent = parent.map(|parent| parent.instance.clone());
        let head = match (has_children, parent) {
            (true, _) => of.clone(),
            (false, Some(parent)) if snapshot.lane(&parent).is_some() => parent,
            (false, _) => return,
        };
        if !self.folded.remove(&head) {
            self.folded.insert(head.clone());
        }
        self.select(&head);
    }
}
