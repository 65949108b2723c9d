//! Ghosts and links of reruns.

use std::sync::Arc;

use super::Ghost;
use crate::{
    conductor::Conductor,
    engine::{EventKind, InstanceId, Payload, Status},
    music::Beat,
    view::{
        ItemKind, LaneParts, LaneState, Projector, ShownRows, Snapshot, TransportView, Viewport,
        layout::Band,
        test_history::{TestHistory, s},
    },
};

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

/// A bass that plays every second from second 1 to 9. A bar is 4 seconds.
fn bass() -> TestHistory {
    let mut bass = TestHistory::new("bass");
    for beat in 1..=9 {
        bass.note(f64::from(beat), 1.0, 35 + beat);
    }
    bass
}

/// The events of the bass before its note at second 6, which is two beats into its bar.
const BEFORE_SIXTH: usize = 1 + 5 * 3;

/// A rerun of the bass from the note at second 6.
fn rerun(of: &TestHistory) -> TestHistory {
    let mut rerun = TestHistory::new("again").fork_of("bass", BEFORE_SIXTH as u64);
    rerun.events.extend_from_slice(&of.events[1..BEFORE_SIXTH]);
    rerun.pause_because(5.0, Conductor::UNTIL_NEXT_BAR);
    rerun
}

fn resume(rerun: &mut TestHistory, at: f64, reason: &str) {
    rerun.status = Status::Running;
    let reason = reason.to_owned();
    rerun.add(at, EventKind::ExecutionResumed { reason });
}

fn rolling() -> TransportView {
    TransportView {
        rolling: true,
        anchor: (s(0.0), Beat::ZERO),
        tempo: 60.0,
        ..TransportView::default()
    }
}

fn stage(histories: &[&TestHistory]) -> Arc<Snapshot> {
    let mut projector = Projector::new();
    projector.transport(rolling());
    for history in histories {
        projector.committed(&history.commit());
    }
    projector.snapshot()
}

/// The seconds at which the notes of a ghost begin.
fn notes(ghost: &Ghost) -> Vec<f64> {
    let view = Viewport::new(s(0.0), 40.0, 4000.0);
    let items = ghost.items(&view, rows());
    let notes = items
        .iter()
        .filter(|item| matches!(item.kind, ItemKind::Note { .. }));
    notes
        .map(|note| f64::from((note.left / 100.0).round()))
        .collect()
}

fn rows() -> ShownRows {
    let band = Band {
        top: 0.0,
        bottom: 100.0,
    };
    LaneParts::of(band, 1, 1).rows
}

#[test]
fn the_notes_of_the_original_lie_where_the_rerun_repeats_them() {
    let bass = bass();
    let mut again = rerun(&bass);
    resume(&mut again, 11.75, Conductor::BAR_BEGINS);
    // Two beats into the bar, as the original.
    again.note(14.0, 1.0, 41);
    let stage = stage(&[&bass, &again]);
    let ghost = Ghost::of(&id("again"), &stage, s(15.0)).unwrap();
    assert_eq!(ghost.begins, s(12.0), "the bar line");
    assert_eq!(notes(&ghost), [14.0, 15.0, 16.0, 17.0]);
    assert_eq!(ghost.label(), "original, from event 16");
    assert!(Ghost::of(&id("bass"), &stage, s(15.0)).is_none());
}

#[test]
fn while_a_rerun_waits_its_ghost_lies_on_the_next_bar() {
    let bass = bass();
    let again = rerun(&bass);
    let stage = stage(&[&bass, &again]);
    let lane = stage.lane(&id("again")).unwrap();
    assert_eq!(lane.state(), LaneState::PendingBar);
    assert_eq!(lane.status_line(s(9.0)), "Pending: begins at the next bar");
    let ghost = Ghost::of(&id("again"), &stage, s(9.0)).unwrap();
    assert_eq!(notes(&ghost), [14.0, 15.0, 16.0, 17.0]);
    // A moment before a bar line it is too late for that one.
    let ghost = Ghost::of(&id("again"), &stage, s(11.95)).unwrap();
    assert_eq!(ghost.begins, s(16.0));
}

#[test]
fn a_rerun_that_was_started_by_hand_lies_on_the_bar_in_which_it_played() {
    let bass = bass();
    let mut again = rerun(&bass);
    resume(&mut again, 9.0, "by the performer");
    again.note(10.0, 1.0, 41);
    let stage = stage(&[&bass, &again]);
    let ghost = Ghost::of(&id("again"), &stage, s(11.0)).unwrap();
    assert_eq!(notes(&ghost), [10.0, 11.0, 12.0, 13.0]);
}

#[test]
fn without_music_the_fork_points_coincide() {
    let mut order = TestHistory::new("bass");
    let charge = order.schedule(1.0, "charge", Payload::null());
    let result = Payload::null();
    order.add(
        3.0,
        EventKind::TaskCompleted {
            scheduled: charge,
            result,
        },
    );
    order.schedule(4.0, "ship", Payload::null());
    let mut again = TestHistory::new("again").fork_of("bass", 3);
    again.events.extend_from_slice(&order.events[1..3]);
    again.pause(1.01);
    resume(&mut again, 20.0, "continued as a fork");
    let mut projector = Projector::new();
    for history in [&order, &again] {
        projector.committed(&history.commit());
    }
    let stage = projector.snapshot();
    let ghost = Ghost::of(&id("again"), &stage, s(25.0)).unwrap();
    // The charge of the original began at the last event that both share; it shipped 3 seconds later.
    assert_eq!(ghost.begins, s(20.0));
    let view = Viewport::new(s(0.0), 40.0, 4000.0);
    let items = ghost.items(&view, rows());
    let attempts = items
        .iter()
        .filter(|item| matches!(item.kind, ItemKind::Attempt { .. }));
    let lefts: Vec<_> = attempts.map(|item| item.left.round()).collect();
    assert_eq!(lefts, [2000.0, 2300.0]);
}

#[test]
fn a_rerun_and_its_original_are_linked_both_ways() {
    let bass = bass();
    let mut again = rerun(&bass);
    let mut projector = Projector::new();
    projector.committed(&bass.commit());
    // The rerun has no lane, but the store has it.
    projector.stored(&again.commit().instance);
    let links = |snapshot: &Snapshot, lane: &str| {
        let links = snapshot.links(snapshot.lane(&id(lane)).unwrap());
        links
            .into_iter()
            .map(|link| (link.text, link.to.unwrap()))
            .collect::<Vec<_>>()
    };
    let stage = projector.snapshot();
    assert_eq!(
        links(&stage, "bass"),
        [("rerun as again".to_owned(), id("again"))]
    );
    projector.committed(&again.commit());
    let of = [("rerun of bass from event 16".to_owned(), id("bass"))];
    assert_eq!(links(&projector.snapshot(), "again"), of);
    // The next run of a rerun that loops does not say where it came from.
    again.status = Status::ContinuedAsNew;
    let (input, keep_version) = (Payload::null(), false);
    again.add(
        30.0,
        EventKind::ContinuedAsNew {
            input,
            keep_version,
        },
    );
    projector.committed(&again.commit());
    projector.committed(&again.next_run(30.0).commit());
    assert_eq!(links(&projector.snapshot(), "again"), of);
    projector.purged(&id("again"));
    assert_eq!(links(&projector.snapshot(), "bass"), []);
}
