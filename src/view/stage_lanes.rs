//! Which lanes have a row on the stage, and which are on the shelf of those that have ended.

use std::{collections::HashSet, sync::Arc};

use super::{
    lane::LaneModel, lane_filter::LaneFilter, lane_numbers::LaneNumbers, snapshot::Snapshot,
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

/// The lanes on the stage, by their places in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StageLanes {
    /// Those with a row, from the top.
    pub rows: Vec<usize>,
    /// Those that have ended and were put on the shelf, the latest first.
    pub ended: Vec<usize>,
    /// Those that the filter hides.
    pub filtered: usize,
    /// When the next lane goes to the shelf.
    pub next: Option<Timestamp>,
}

impl StageLanes {
    /// The lanes of a snapshot that are on the stage at a moment. While anything is open, lanes go to the
    /// shelf some seconds after they have ended; the selected one never does.
    pub fn of(snapshot: &Snapshot, state: &UiState, now: Timestamp) -> Self {
        let selected = state.lane(snapshot).map(|lane| &lane.id);
        let plays = |lane: &Arc<LaneModel>| !lane.has_ended();
        let puts_away = snapshot.scene.is_none() && snapshot.lanes.iter().any(plays);
        let filter = state
            .filter
            .as_ref()
            .map(|field| LaneFilter::parse(&field.typed));
        let mut lanes = Self::default();
        // Children come after their parents.
        let mut folded: HashSet<&InstanceId> = HashSet::new();
        for (place, lane) in snapshot.lanes.iter().enumerate() {
            let is_selected = selected == Some(&lane.id);
            if !state.folded.is_empty() {
                let parent = lane.parent.as_ref().map(|parent| &parent.instance);
                let is_folded = |parent: &&InstanceId| {
                    state.folded.contains(*parent) || folded.contains(parent)
                };
                if parent.filter(is_folded).is_some() {
                    folded.insert(&lane.id);
                    if !is_selected {
                        continue;
                    }
                }
            }
            let matches = |filter: &LaneFilter| filter.matches(lane);
            if !is_selected && !filter.as_ref().is_none_or(matches) {
                lanes.filtered += 1;
                continue;
            }
            if !puts_away || is_selected || plays(lane) {
                lanes.rows.push(place);
                continue;
            }
            let leaves = lane.over_at() + LaneNumbers::ENDED_STAYS;
            if leaves > now {
                lanes.rows.push(place);
                lanes.next = Some(lanes.next.map_or(leaves, |next| next.min(leaves)));
            } else {
                lanes.ended.push(place);
            }
        }
        let over_at = |place: &usize| snapshot.lanes.get(*place).map(|lane| lane.over_at());
        lanes
            .ended
            .sort_by_key(|place| std::cmp::Reverse(over_at(place)));
        if state.shelf == Shelf::Open {
            lanes.rows.extend(lanes.ended.iter().copied());
        }
        lanes
    }

    /// The row of a lane.
    pub fn row_of(&self, snapshot: &Snapshot, lane: &InstanceId) -> Option<usize> {
        let mut rows = self.rows.iter();
        rows.position(|place| snapshot.lanes.get(*place).is_some_and(|l| l.id == *lane))
    }

    /// The lane in a row.
    pub fn lane<'a>(&self, snapshot: &'a Snapshot, row: usize) -> Option<&'a Arc<LaneModel>> {
        snapshot.lanes.get(*self.rows.get(row)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Payload, Status},
        view::{
            family::Family,
            lane_filter::FilterField,
            projector::Projector,
            test_history::{TestHistory, s},
        },
    };

    fn ended(name: &str, at: f64) -> TestHistory {
        let mut history = TestHistory::new(name);
        let output = Payload::null();
        history.add(at, EventKind::ExecutionCompleted { output });
        history.status = Status::Completed;
        history
    }

    /// One lane that goes on, and two that ended at 10 s and at 12 s.
    fn evening() -> Projector {
        let mut projector = Projector::new();
        for history in [
            TestHistory::new("bass"),
            ended("harp", 10.0),
            ended("oboe", 12.0),
        ] {
            projector.committed(&history.commit());
        }
        projector
    }

    fn shown(snapshot: &Snapshot, places: &[usize]) -> Vec<String> {
        let lanes = places
            .iter()
            .map(|place| snapshot.lanes[*place].id.to_string());
        lanes.collect()
    }

    #[test]
    fn ended_lanes_stay_for_some_seconds_and_go_to_the_shelf() {
        let snapshot = evening().snapshot();
        let state = UiState::default();
        let at = |now| StageLanes::of(&snapshot, &state, s(now));
        let first = at(13.0);
        assert_eq!(shown(&snapshot, &first.rows), ["bass", "harp", "oboe"]);
        assert_eq!((first.ended.len(), first.next), (0, Some(s(18.0))));
        let later = at(18.5);
        assert_eq!(shown(&snapshot, &later.rows), ["bass", "oboe"]);
        assert_eq!(shown(&snapshot, &later.ended), ["harp"]);
        let last = at(60.0);
        assert_eq!(shown(&snapshot, &last.ended), ["oboe", "harp"]);
        assert_eq!(last.next, None);
    }

    #[test]
    fn an_opened_shelf_and_a_selected_lane_are_shown() {
        let snapshot = evening().snapshot();
        let mut state = UiState::default();
        state.select(&InstanceId::new("harp").unwrap());
        let lanes = StageLanes::of(&snapshot, &state, s(60.0));
        assert_eq!(shown(&snapshot, &lanes.rows), ["bass", "harp"]);
        state.shelf = Shelf::Open;
        let lanes = StageLanes::of(&snapshot, &state, s(60.0));
        assert_eq!(shown(&snapshot, &lanes.rows), ["bass", "harp", "oboe"]);
    }

    #[test]
    fn a_performance_that_is_over_stays_in_view() {
        let mut projector = Projector::new();
        projector.committed(&ended("harp", 10.0).commit());
        let snapshot = projector.snapshot();
        let lanes = StageLanes::of(&snapshot, &UiState::default(), s(600.0));
        assert_eq!(lanes.rows, [0]);
    }

    #[test]
    fn folded_children_have_no_rows_and_the_parent_counts_them() {
        let mut projector = Projector::new();
        let mut failed = TestHistory::new("tour/2").child_of("tour");
        failed.status = Status::Failed;
        let failure = crate::engine::Failure::new("test", "rain");
        failed.add(3.0, EventKind::ExecutionFailed { failure });
        for history in [
            TestHistory::new("tour"),
            TestHistory::new("tour/1").child_of("tour"),
            failed,
            TestHistory::new("tour/1/1").child_of("tour/1"),
            TestHistory::new("bass"),
        ] {
            projector.committed(&history.commit());
        }
        let snapshot = projector.snapshot();
        let mut state = UiState::default();
        let rows = |state: &UiState| {
            let lanes = StageLanes::of(&snapshot, state, s(4.0));
            shown(&snapshot, &lanes.rows)
        };
        let all = ["tour", "tour/1", "tour/1/1", "tour/2", "bass"];
        assert_eq!(rows(&state), all);
        // A child without children folds those of its parent.
        state.fold_children(&InstanceId::new("tour/2").unwrap(), &snapshot);
        assert_eq!(rows(&state), ["tour", "bass"]);
        let family = Family::of(&snapshot, 0, &state).unwrap();
        assert_eq!(family.words(), "3 children, 1 failed");
        assert_eq!(Family::of(&snapshot, 4, &state), None);
        state.select(&InstanceId::new("tour/1/1").unwrap());
        assert_eq!(rows(&state), ["tour", "tour/1/1", "bass"], "it is selected");
        state.fold_children(&InstanceId::new("tour").unwrap(), &snapshot);
        assert_eq!(rows(&state), all);
        assert_eq!(state.selected.unwrap().as_str(), "tour");
    }

    #[test]
    fn a_filter_hides_lanes_but_never_the_selected_one() {
        let snapshot = evening().snapshot();
        let mut state = UiState::default();
        state.filter = Some(FilterField {
            typed: "completed".to_owned(),
            begun: true,
        });
        state.select(&InstanceId::new("bass").unwrap());
        let lanes = StageLanes::of(&snapshot, &state, s(13.0));
        assert_eq!(shown(&snapshot, &lanes.rows), ["bass", "harp", "oboe"]);
        state.select(&InstanceId::new("oboe").unwrap());
        let lanes = StageLanes::of(&snapshot, &state, s(13.0));
        assert_eq!(shown(&snapshot, &lanes.rows), ["harp", "oboe"]);
        assert_eq!(lanes.filtered, 1);
    }
}
