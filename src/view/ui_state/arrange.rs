//! Lanes are pinned, moved and grouped.

use super::{Overlay, UiState};
use crate::{
    engine::{InstanceId, Timestamp},
    view::{
        arrangement::{Arrangement, Side},
        lane_tree::LaneTree,
        search::Search,
        snapshot::Snapshot,
        stage_lanes::{StageLanes, StageRow},
    },
};

/// A lane that is being dragged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraggedLane {
    /// The lane.
    pub lane: InstanceId,
    /// Where it will be dropped; `None`: it stays where it is.
    pub drop: Option<LaneDrop>,
}

/// Where a lane will be dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneDrop {
    /// The lane beside its new place.
    pub anchor: InstanceId,
    /// The side of that lane, and of its children.
    pub side: Side,
    /// The row at whose upper or lower edge the lane will be.
    pub row: usize,
}

impl UiState {
    /// Takes the arrangement of an earlier performance.
    pub fn with_arrangement(mut self, arrangement: Arrangement) -> Self {
        self.arrangement = arrangement;
        self
    }

    /// Pins the selected lane, or unpins it.
    pub(super) fn toggle_pin(&mut self, snapshot: &Snapshot) {
        if let Some(lane) = self.lane(snapshot).map(|lane| lane.id.clone()) {
            self.arrangement.toggle_pin(&lane);
            self.select(&lane);
        }
    }

    /// Groups the lanes by what comes next.
    pub(super) fn next_grouping(&mut self, snapshot: &Snapshot) {
        self.arrangement.grouping = self.arrangement.grouping.next(snapshot);
        self.reveal = true;
    }

    /// Opens the search for lanes.
    pub(super) fn find_lane(&mut self) {
        self.overlay = Overlay::Palette(Search::of("#".to_owned()));
    }

    /// Moves the selected lane over the next one that it can change places with.
    pub(super) fn move_lane(&mut self, side: Side, snapshot: &Snapshot, shown: Timestamp) {
        let Some(lane) = self.lane(snapshot).map(|lane| lane.id.clone()) else {
            return;
        };
        self.select(&lane);
        let stage = StageLanes::of(snapshot, self, shown);
        let Some(row) = stage.row_of(snapshot, &lane) else {
            return;
        };
        let beside = Neighbors::of(snapshot, &self.arrangement, &stage, row);
        let rows: Vec<_> = match side {
            Side::Above => (0..row).rev().collect(),
            Side::Below => (row + 1..stage.rows.len()).collect(),
        };
        let anchor = rows.into_iter().find_map(|row| beside.at(row));
        if let Some(anchor) = anchor {
            self.arrangement.place(&lane, side, &anchor, snapshot);
        }
    }

    /// A lane is dragged over a row; `half` is the half of the row that the pointer is in.
    pub fn drag_lane(
        &mut self,
        lane: &InstanceId,
        over: Option<(usize, Side)>,
        snapshot: &Snapshot,
        stage: &StageLanes,
    ) {
        let from = stage.row_of(snapshot, lane);
        let drop = from.zip(over).and_then(|(from, (row, half))| {
            let beside = Neighbors::of(snapshot, &self.arrangement, stage, from);
            beside.drop_at(row, half)
        });
        let lane = lane.clone();
        self.dragged = Some(DraggedLane { lane, drop });
    }

    /// The dragged lane is dropped.
    pub fn drop_lane(&mut self, snapshot: &Snapshot) {
        let Some(DraggedLane { lane, drop }) = self.dragged.take() else {
            return;
        };
        self.select(&lane);
        if let Some(LaneDrop { anchor, side, .. }) = drop {
            self.arrangement.place(&lane, side, &anchor, snapshot);
        }
    }
}

/// The lanes on the stage that a lane can change places with: those that are pinned as well; or those with
/// the same parent, and in the same group.
struct Neighbors<'a> {
    snapshot: &'a Snapshot,
    arrangement: &'a Arrangement,
    stage: &'a StageLanes,
    tree: LaneTree<'a>,
    row: usize,
}

impl<'a> Neighbors<'a> {
    fn of(
        snapshot: &'a Snapshot,
        arrangement: &'a Arrangement,
        stage: &'a StageLanes,
        row: usize,
    ) -> Self {
        Self {
            snapshot,
            arrangement,
            stage,
            tree: LaneTree::of(snapshot, arrangement),
            row,
        }
    }

    fn place(&self, row: usize) -> Option<usize> {
        match self.stage.rows.get(row)? {
            StageRow::Lane(place) => Some(*place),
            StageRow::Heading(_) => None,
        }
    }

    fn is_pinned(&self, place: usize) -> bool {
        let lane = self.snapshot.lanes.get(place);
        lane.is_some_and(|lane| self.arrangement.is_pinned(&lane.id))
    }

    /// Whether a heading is between the lane and a row.
    fn is_in_another_group(&self, row: usize) -> bool {
        let (first, last) = (row.min(self.row), row.max(self.row));
        let between = self.stage.rows.get(first..=last);
        let mut between = between.into_iter().flatten();
        between.any(|row| matches!(row, StageRow::Heading(_)))
    }

    /// The lane in a row, if it is one of them.
    fn at(&self, row: usize) -> Option<InstanceId> {
        let (own, other) = (self.place(self.row)?, self.place(row)?);
        let is_neighbor = match (self.is_pinned(own), self.is_pinned(other)) {
            (true, true) => true,
            (false, false) => {
                let is_apart = (row < self.stage.pinned) != (self.row < self.stage.pinned);
                let is_sibling = self.tree.parent(own) == self.tree.parent(other);
                is_sibling && !is_apart && !self.is_in_another_group(row)
            }
            _ => false,
        };
        let lane = self.snapshot.lanes.get(other).filter(|_| is_neighbor)?;
        Some(lane.id.clone())
    }

    /// Where the lane is dropped if the pointer is in a half of a row.
    fn drop_at(&self, row: usize, half: Side) -> Option<LaneDrop> {
        // Over a child, its family counts.
        let head = (0..=row).rev().find(|row| self.at(*row).is_some())?;
        let is_head = head == row;
        let anchor = self.at(head)?;
        let last = self.last_of(head);
        if row > last {
            return None;
        }
        let side = if is_head { half } else { Side::Below };
        // A lane that follows its own place does not move.
        let own_last = self.last_of(self.row);
        let stays = match side {
            Side::Above => head == self.row || head == own_last + 1,
            Side::Below => head == self.row || last + 1 == self.row,
        };
        let row = match side {
            Side::Above => head,
            Side::Below => last,
        };
        (!stays).then_some(LaneDrop { anchor, side, row })
    }

    /// The last row of a lane and what is below it in its family.
    fn last_of(&self, head: usize) -> usize {
        let Some(place) = self.place(head) else {
            return head;
        };
        let is_below = |row: &usize| {
            let Some(other) = self.place(*row) else {
                return false;
            };
            let mut above = self.tree.parent(other);
            while let Some(parent) = above {
                if parent == place {
                    return !self.is_pinned(other);
                }
                above = self.tree.parent(parent);
            }
            false
        };
        let rows = (head + 1..self.stage.rows.len()).take_while(is_below);
        rows.last().unwrap_or(head)
    }
}
