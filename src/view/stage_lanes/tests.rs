use super::*;
use crate::{
    engine::{EventKind, Payload, Status},
    view::{
        action::Action,
        arrangement::Side,
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

/// The lanes in rows, and the headings between them with their counts.
fn shown(snapshot: &Snapshot, lanes: &StageLanes) -> Vec<String> {
    let rows = lanes.rows.iter().map(|row| match row {
        StageRow::Lane(place) => snapshot.lanes[*place].id.to_string(),
        StageRow::Heading(group) => {
            let group = &lanes.groups[*group];
            format!("[{}: {}]", group.name, group.words())
        }
    });
    rows.collect()
}

fn on_shelf(snapshot: &Snapshot, lanes: &StageLanes) -> Vec<String> {
    let ended = lanes.ended.iter();
    ended
        .map(|place| snapshot.lanes[*place].id.to_string())
        .collect()
}

#[test]
fn ended_lanes_stay_for_some_seconds_and_go_to_the_shelf() {
    let snapshot = evening().snapshot();
    let state = UiState::default();
    let at = |now| StageLanes::of(&snapshot, &state, s(now));
    let first = at(13.0);
    assert_eq!(shown(&snapshot, &first), ["bass", "harp", "oboe"]);
    assert_eq!((first.ended.len(), first.next), (0, Some(s(18.0))));
    let later = at(18.5);
    assert_eq!(shown(&snapshot, &later), ["bass", "oboe"]);
    assert_eq!(on_shelf(&snapshot, &later), ["harp"]);
    let last = at(60.0);
    assert_eq!(on_shelf(&snapshot, &last), ["oboe", "harp"]);
    assert_eq!(last.next, None);
}

#[test]
fn an_opened_shelf_and_a_selected_lane_are_shown() {
    let snapshot = evening().snapshot();
    let mut state = UiState::default();
    state.select(&InstanceId::new("harp").unwrap());
    let lanes = StageLanes::of(&snapshot, &state, s(60.0));
    assert_eq!(shown(&snapshot, &lanes), ["bass", "harp"]);
    state.shelf = Shelf::Open;
    let lanes = StageLanes::of(&snapshot, &state, s(60.0));
    assert_eq!(shown(&snapshot, &lanes), ["bass", "harp", "oboe"]);
}

#[test]
fn a_performance_that_is_over_stays_in_view() {
    let mut projector = Projector::new();
    projector.committed(&ended("harp", 10.0).commit());
    let snapshot = projector.snapshot();
    let lanes = StageLanes::of(&snapshot, &UiState::default(), s(600.0));
    assert_eq!(lanes.rows, [StageRow::Lane(0)]);
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
        shown(&snapshot, &lanes)
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
    assert_eq!(shown(&snapshot, &lanes), ["bass", "harp", "oboe"]);
    state.select(&InstanceId::new("oboe").unwrap());
    let lanes = StageLanes::of(&snapshot, &state, s(13.0));
    assert_eq!(shown(&snapshot, &lanes), ["harp", "oboe"]);
    assert_eq!(lanes.filtered, 1);
}

/// Five lanes that go on, one of them with a child; two scores, one of which was tagged.
fn band() -> Projector {
    let mut projector = Projector::new();
    for history in [
        TestHistory::new("bass"),
        TestHistory::new("tour"),
        TestHistory::new("tour/1").child_of("tour"),
        TestHistory::new("tour/2").child_of("tour"),
        TestHistory::new("harp"),
        TestHistory::new("oboe"),
    ] {
        projector.committed(&history.commit());
    }
    projector
}

fn id(name: &str) -> InstanceId {
    InstanceId::new(name).unwrap()
}

fn press(state: &mut UiState, action: Action, snapshot: &Snapshot) {
    state.act(action, snapshot, s(4.0));
}

fn rows(state: &UiState, snapshot: &Snapshot) -> Vec<String> {
    shown(snapshot, &StageLanes::of(snapshot, state, s(4.0)))
}

#[test]
fn a_pinned_lane_is_at_the_top_with_its_number_and_is_never_put_away() {
    let mut projector = band();
    projector.committed(&ended("drum", 2.0).commit());
    let snapshot = projector.snapshot();
    let mut state = UiState::default();
    for name in ["drum", "harp"] {
        state.select(&id(name));
        press(&mut state, Action::Pin, &snapshot);
    }
    state.select(&id("bass"));
    let at = |state: &UiState| StageLanes::of(&snapshot, state, s(600.0));
    let lanes = at(&state);
    let all = ["drum", "harp", "bass", "tour", "tour/1", "tour/2", "oboe"];
    assert_eq!(shown(&snapshot, &lanes), all);
    assert_eq!((lanes.pinned, lanes.ended.len()), (2, 0));
    assert_eq!(snapshot.numbers.of(&id("harp")), Some(5));
    // Pinned lanes change places among themselves.
    state.select(&id("harp"));
    press(&mut state, Action::MoveLane(Side::Above), &snapshot);
    assert_eq!(shown(&snapshot, &at(&state))[..2], ["harp", "drum"]);
    press(&mut state, Action::Pin, &snapshot);
    assert_eq!(shown(&snapshot, &at(&state))[..2], ["drum", "bass"]);
}

#[test]
fn a_pinned_child_is_at_the_top_although_its_parent_is_folded() {
    let snapshot = band().snapshot();
    let mut state = UiState::default();
    state.select(&id("tour/2"));
    press(&mut state, Action::Pin, &snapshot);
    state.fold_children(&id("tour"), &snapshot);
    let all = ["tour/2", "bass", "tour", "harp", "oboe"];
    assert_eq!(rows(&state, &snapshot), all);
    // The children of a pinned parent are below the pinned lanes, and scroll.
    let mut state = UiState::default();
    state.select(&id("tour"));
    press(&mut state, Action::Pin, &snapshot);
    let lanes = StageLanes::of(&snapshot, &state, s(4.0));
    let all = ["tour", "tour/1", "tour/2", "bass", "harp", "oboe"];
    assert_eq!(
        (shown(&snapshot, &lanes), lanes.pinned),
        (all.map(String::from).to_vec(), 1)
    );
}

#[test]
fn a_lane_moves_with_its_children_and_new_lanes_come_below() {
    let mut projector = band();
    let snapshot = projector.snapshot();
    let mut state = UiState::default();
    state.select(&id("harp"));
    press(&mut state, Action::MoveLane(Side::Above), &snapshot);
    let all = ["bass", "harp", "tour", "tour/1", "tour/2", "oboe"];
    assert_eq!(rows(&state, &snapshot), all);
    press(&mut state, Action::MoveLane(Side::Above), &snapshot);
    press(&mut state, Action::MoveLane(Side::Above), &snapshot);
    assert_eq!(rows(&state, &snapshot)[..2], ["harp", "bass"]);
    // A child moves among its siblings, and no further.
    state.select(&id("tour/1"));
    for _ in 0..3 {
        press(&mut state, Action::MoveLane(Side::Below), &snapshot);
    }
    let all = ["harp", "bass", "tour", "tour/2", "tour/1", "oboe"];
    assert_eq!(rows(&state, &snapshot), all);
    state.select(&id("tour"));
    press(&mut state, Action::MoveLane(Side::Below), &snapshot);
    let all = ["harp", "bass", "oboe", "tour", "tour/2", "tour/1"];
    assert_eq!(rows(&state, &snapshot), all);
    projector.committed(&TestHistory::new("solo").commit());
    let snapshot = projector.snapshot();
    assert_eq!(rows(&state, &snapshot).last().unwrap(), "solo");
    for (number, name) in [(1, "bass"), (5, "harp"), (2, "tour")] {
        assert_eq!(snapshot.numbers.of(&id(name)), Some(number), "{name}");
    }
}

#[test]
fn moving_a_lane_back_leaves_nothing_behind() {
    let snapshot = band().snapshot();
    let mut state = UiState::default();
    state.select(&id("harp"));
    press(&mut state, Action::MoveLane(Side::Above), &snapshot);
    assert_eq!(state.arrangement.order().len(), 3, "no more than needed");
    press(&mut state, Action::MoveLane(Side::Below), &snapshot);
    assert_eq!(state.arrangement, crate::view::Arrangement::default());
}

#[test]
fn a_dragged_lane_is_dropped_beside_a_family_and_never_inside() {
    let snapshot = band().snapshot();
    let mut state = UiState::default();
    let stage = StageLanes::of(&snapshot, &state, s(4.0));
    let mut drag = |name: &str, row: usize, half: Side| {
        state.drag_lane(&id(name), Some((row, half)), &snapshot, &stage);
        let drop = state.dragged.clone().unwrap().drop;
        drop.map(|drop| (drop.anchor.to_string(), drop.side, drop.row))
    };
    let at = |name: &str, side, row| Some((name.to_owned(), side, row));
    assert_eq!(drag("oboe", 0, Side::Above), at("bass", Side::Above, 0));
    // Rows 1 to 3 are the tour.
    assert_eq!(drag("oboe", 2, Side::Above), at("tour", Side::Below, 3));
    assert_eq!(drag("bass", 3, Side::Below), at("tour", Side::Below, 3));
    assert_eq!(drag("tour/2", 2, Side::Above), at("tour/1", Side::Above, 2));
    // Where nothing would change, nothing is shown.
    for (name, row, half) in [
        ("bass", 0, Side::Below),
        ("bass", 1, Side::Above),
        ("tour/1", 5, Side::Below),
        ("tour", 2, Side::Below),
        ("oboe", 4, Side::Below),
    ] {
        assert_eq!(drag(name, row, half), None, "{name} over {row}");
    }
    drag("oboe", 2, Side::Above);
    state.drop_lane(&snapshot);
    let all = ["bass", "tour", "tour/1", "tour/2", "oboe", "harp"];
    assert_eq!(rows(&state, &snapshot), all);
    assert_eq!(state.dragged, None);
}

/// Lanes with tags, in the order of their starts, and one that has failed.
fn tagged() -> Arc<Snapshot> {
    let mut projector = band();
    let mut failed = TestHistory::new("drum");
    let failure = crate::engine::Failure::new("test", "rain");
    failed.add(3.0, EventKind::ExecutionFailed { failure });
    failed.status = Status::Failed;
    projector.committed(&failed.commit());
    let mut snapshot = Snapshot::clone(&projector.snapshot());
    for lane in &mut snapshot.lanes {
        let hall = match lane.id.as_str() {
            "harp" | "bass" => "B",
            "oboe" => "A",
            _ => continue,
        };
        let lane = Arc::make_mut(lane);
        let tags = [("hall", hall), ("only", "one")];
        let tags = tags.into_iter().take(if hall == "A" { 2 } else { 1 });
        let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned()));
        lane.tags = Arc::new(tags.collect());
        lane.workflow = "duo".into();
    }
    Arc::new(snapshot)
}

#[test]
fn lanes_are_grouped_by_workflow_status_and_shared_tags() {
    let snapshot = tagged();
    let mut state = UiState::default();
    state.select(&id("bass"));
    let mut next = || {
        press(&mut state, Action::Group, &snapshot);
        rows(&state, &snapshot)
    };
    let by_workflow = next();
    assert_eq!(by_workflow[0], "[drum: 1 failed]");
    assert_eq!(
        by_workflow[2..6],
        ["[duo: 3 running]", "bass", "harp", "oboe"]
    );
    assert_eq!(
        by_workflow[6..],
        ["[tour: 3 running]", "tour", "tour/1", "tour/2"]
    );
    let by_status = next();
    assert_eq!(by_status[..2], ["[failed: 1 failed]", "drum"]);
    assert_eq!(by_status[2..4], ["[running: 6 running]", "bass"]);
    let by_tag = next();
    assert_eq!(by_tag[..2], ["[hall = A: 1 running]", "oboe"]);
    assert_eq!(by_tag[2..5], ["[hall = B: 2 running]", "bass", "harp"]);
    assert_eq!(by_tag[5], "[without hall: 3 running · 1 failed]");
    // No other tag is shared.
    assert!(!next().iter().any(|row| row.starts_with('[')));
}

#[test]
fn a_folded_group_keeps_its_heading_and_the_selected_lane() {
    let snapshot = tagged();
    let mut state = UiState::default();
    state.select(&id("harp"));
    press(&mut state, Action::Group, &snapshot);
    state.fold_group(&"duo".into());
    let all = rows(&state, &snapshot);
    assert_eq!(all[2..5], ["[duo: 3 running]", "harp", "[tour: 3 running]"]);
    // Arrow keys go over headings.
    press(&mut state, Action::LaneBelow, &snapshot);
    assert_eq!(state.selected, Some(id("tour")));
    press(&mut state, Action::LaneAbove, &snapshot);
    assert_eq!(state.selected, Some(id("drum")), "the others are folded");
    // A lane does not leave its group.
    state.fold_group(&"duo".into());
    state.select(&id("bass"));
    for _ in 0..9 {
        press(&mut state, Action::MoveLane(Side::Below), &snapshot);
    }
    let all = rows(&state, &snapshot);
    assert_eq!(all[2..6], ["[duo: 3 running]", "harp", "oboe", "bass"]);
}

#[test]
fn groups_work_with_the_filter_and_the_shelf() {
    let snapshot = tagged();
    let mut state = UiState::default();
    state.select(&id("bass"));
    press(&mut state, Action::Group, &snapshot);
    state.filter = Some(FilterField {
        typed: "harp".to_owned(),
        begun: true,
    });
    let lanes = ["[duo: 2 running]", "bass", "harp"];
    assert_eq!(rows(&state, &snapshot), lanes, "no heading without lanes");
    state.filter = None;
    let later = |state: &UiState| {
        let lanes = StageLanes::of(&snapshot, state, s(600.0));
        shown(&snapshot, &lanes)
    };
    assert_eq!(
        later(&state)[0],
        "[duo: 3 running]",
        "the drum is on the shelf"
    );
    state.shelf = Shelf::Open;
    assert_eq!(later(&state)[..2], ["[drum: 1 failed]", "drum"]);
}
