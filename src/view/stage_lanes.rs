//! Which lanes have a row on the stage, and which are on the shelf of those that have ended.

use std::{collections::HashSet, sync::Arc};

use super::{
    arrangement::Grouping,
    family::Fold,
    lane::LaneModel,
    lane_filter::LaneFilter,
    lane_group::LaneGroup,
    lane_numbers::LaneNumbers,
    lane_tree::{LaneTree, Section, SectionKind},
    snapshot::Snapshot,
    ui_state::UiState,
};
use crate::engine::{InstanceId, Timestamp};

/// Whether the shelf of ended lanes is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shelf {
    /// Lanes that have ended are on the shelf.
    #[default]
    Closed,
    /// They have rows like all others.
    Open,
}

/// A row of the lane area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageRow {
    /// The lane at this place of the snapshot.
    Lane(usize),
    /// The heading of this group.
    Heading(usize),
}

/// The lanes on the stage, by their places in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StageLanes {
    /// The rows, from the top.
    pub rows: Vec<StageRow>,
    /// How many of them, at the top, are pinned lanes.
    pub pinned: usize,
    /// The groups, from the top.
    pub groups: Vec<LaneGroup>,
    /// The lanes that have ended and were put on the shelf, the latest first.
    pub ended: Vec<usize>,
    /// Those that the filter hides.
    pub filtered: usize,
    /// When the next lane goes to the shelf.
    pub next: Option<Timestamp>,
}

impl StageLanes {
    /// The lanes of a snapshot that are on the stage at a moment, as the user has arranged them. While
    /// anything is open, lanes go to the shelf some seconds after they have ended; the selected one and
    /// pinned ones never do.
    pub fn of(snapshot: &Snapshot, state: &UiState, now: Timestamp) -> Self {
        let mut lanes = Self::default();
        let arrangement = &state.arrangement;
        let mut sorter = Sorter::new(snapshot, state, now);
        if arrangement.is_plain() {
            for place in 0..snapshot.lanes.len() {
                sorter.add(place, &mut lanes);
            }
        } else {
            for section in LaneTree::of(snapshot, arrangement).sections(arrangement) {
                sorter.add_section(section, &mut lanes);
            }
        }
        let over_at = |place: &usize| snapshot.lanes.get(*place).map(|lane| lane.over_at());
        lanes
            .ended
            .sort_by_key(|place| std::cmp::Reverse(over_at(place)));
        if state.shelf == Shelf::Open && arrangement.grouping == Grouping::None {
            let ended = lanes.ended.iter().copied().map(StageRow::Lane);
            lanes.rows.extend(ended);
        }
        lanes
    }

    /// The row of a lane.
    pub fn row_of(&self, snapshot: &Snapshot, lane: &InstanceId) -> Option<usize> {
        let is_lane = |row: &StageRow| match row {
            StageRow::Lane(place) => snapshot.lanes.get(*place).is_some_and(|l| l.id == *lane),
            StageRow::Heading(_) => false,
        };
        self.rows.iter().position(is_lane)
    }

    /// The lane in a row; `None`: it is a heading, or there is no such row.
    pub fn lane<'a>(&self, snapshot: &'a Snapshot, row: usize) -> Option<&'a Arc<LaneModel>> {
        match self.rows.get(row)? {
            StageRow::Lane(place) => snapshot.lanes.get(*place),
            StageRow::Heading(_) => None,
        }
    }

    /// The group whose heading is in a row.
    pub fn heading(&self, row: usize) -> Option<&LaneGroup> {
        match self.rows.get(row)? {
            StageRow::Heading(group) => self.groups.get(*group),
            StageRow::Lane(_) => None,
        }
    }

    /// The rows of headings, from the top.
    pub fn headings(&self) -> Vec<usize> {
        let rows = self.rows.iter().enumerate();
        let headings = rows.filter(|(_, row)| matches!(row, StageRow::Heading(_)));
        headings.map(|(place, _)| place).collect()
    }

    /// Number of lanes with a row.
    pub fn shown(&self) -> usize {
        self.rows.len() - self.headings().len()
    }

    /// The row of the lane that is `by` lanes below a row; the last one in that direction, if there are
    /// fewer.
    pub fn lane_below(&self, row: usize, by: isize) -> usize {
        let is_lane = |row: &usize| matches!(self.rows.get(*row), Some(StageRow::Lane(_)));
        let count = by.unsigned_abs();
        let found = match by < 0 {
            true => (0..row).rev().filter(is_lane).take(count).last(),
            false => (row + 1..self.rows.len())
                .filter(is_lane)
                .take(count)
                .last(),
        };
        found.unwrap_or(row)
    }
}

/// Decides for one lane after the other where it is.
struct Sorter<'a> {
    snapshot: &'a Snapshot,
    state: &'a UiState,
    now: Timestamp,
    selected: Option<&'a InstanceId>,
    filter: Option<LaneFilter>,
    /// Whether lanes that have ended go to the shelf.
    puts_away: bool,
    /// Children that are folded into the row of a parent. Children come after their parents.
    folded: HashSet<&'a InstanceId>,
    /// The group of the lanes that are added, if they are grouped.
    group: Option<LaneGroup>,
}

impl<'a> Sorter<'a> {
    fn new(snapshot: &'a Snapshot, state: &'a UiState, now: Timestamp) -> Self {
        let plays = snapshot.lanes.iter().any(|lane| !lane.has_ended());
        let filter = state.filter.as_ref();
        Self {
            snapshot,
            state,
            now,
            selected: state.lane(snapshot).map(|lane| &lane.id),
            filter: filter.map(|field| LaneFilter::parse(&field.typed)),
            puts_away: snapshot.scene.is_none() && plays,
            folded: HashSet::new(),
            group: None,
        }
    }

    /// Adds the lanes of a section, below a heading if it is a group. A group whose lanes are all
    /// elsewhere has none.
    fn add_section(&mut self, section: Section, lanes: &mut StageLanes) {
        let heading = lanes.rows.len();
        if let SectionKind::Group(key) = &section.kind {
            let fold = match self.state.folded_groups.contains(&key.name) {
                true => Fold::Folded,
                false => Fold::Unfolded,
            };
            self.group = Some(LaneGroup::new(Arc::clone(&key.name), fold));
            lanes.rows.push(StageRow::Heading(lanes.groups.len()));
        }
        for place in section.places {
            self.add(place, lanes);
        }
        if section.kind == SectionKind::Pinned {
            lanes.pinned = lanes.rows.len();
        }
        if let Some(group) = self.group.take() {
            match group.hidden == 0 && lanes.rows.len() == heading + 1 {
                true => drop(lanes.rows.pop()),
                false => lanes.groups.push(group),
            }
        }
    }

    fn add(&mut self, place: usize, lanes: &mut StageLanes) {
        let Some(lane) = self.snapshot.lanes.get(place) else {
            return;
        };
        let is_selected = self.selected == Some(&lane.id);
        let is_pinned = self.state.arrangement.is_pinned(&lane.id);
        if self.is_folded(lane) && !is_selected && !is_pinned {
            if let Some(group) = &mut self.group {
                group.count(lane);
            }
            return;
        }
        let matches = |filter: &LaneFilter| filter.matches(lane);
        if !is_selected && !self.filter.as_ref().is_none_or(matches) {
            lanes.filtered += 1;
            return;
        }
        if let Some(group) = &mut self.group {
            group.count(lane);
        }
        let leaves = lane.over_at() + LaneNumbers::ENDED_STAYS;
        let stays = !self.puts_away || is_selected || is_pinned || !lane.has_ended();
        if !stays && leaves <= self.now {
            lanes.ended.push(place);
            if self.state.shelf == Shelf::Closed || self.group.is_none() {
                return;
            }
        } else if !stays {
            lanes.next = Some(lanes.next.map_or(leaves, |next| next.min(leaves)));
        }
        match &mut self.group {
            Some(group) if group.fold == Fold::Folded && !is_selected => group.hidden += 1,
            _ => lanes.rows.push(StageRow::Lane(place)),
        }
    }

    /// Whether a lane is in the row of a parent whose children are folded.
    fn is_folded(&mut self, lane: &'a LaneModel) -> bool {
        if self.state.folded.is_empty() {
            return false;
        }
        let parent = lane.parent.as_ref().map(|parent| &parent.instance);
        let is_folded = |parent: &&InstanceId| {
            self.state.folded.contains(*parent) || self.folded.contains(*parent)
        };
        let folded = parent.filter(is_folded).is_some();
        if folded {
            self.folded.insert(&lane.id);
        }
        folded
    }
}

#[cfg(test)]
mod tests;
