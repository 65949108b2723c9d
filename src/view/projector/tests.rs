//! Snapshots of made-up histories.

use std::{sync::Arc, time::Duration};

use super::Projector;
use crate::{
    engine::{EventKind, Payload, Status},
    view::{
        RepaintRate,
        snapshot::Snapshot,
        test_history::{TestHistory, s},
        transport_view::TransportView,
    },
};

fn running(id: &str) -> TestHistory {
    let mut history = TestHistory::new(id);
    history.note(1.0, 1.0, 40);
    history
}

#[test]
fn a_snapshot_does_not_change_when_more_happens() {
    let mut projector = Projector::new();
    let mut bass = running("bass");
    projector.committed(&bass.commit());
    projector.committed(&running("harp").commit());
    let before = projector.snapshot();
    let pieces = before.lanes[0].timeline.len();
    bass.note(3.0, 1.0, 42);
    projector.committed(&bass.commit());
    let after = projector.snapshot();
    let bass = |s: &Snapshot| {
        s.lanes
            .iter()
            .position(|l| l.id.as_str() == "bass")
            .unwrap()
    };
    assert_eq!(before.lanes[bass(&before)].timeline.len(), pieces);
    assert!(after.lanes[bass(&after)].timeline.len() > pieces);
    let harp = |s: &Snapshot| s.lanes.iter().find(|l| l.id.as_str() == "harp").cloned();
    assert!(Arc::ptr_eq(&harp(&before).unwrap(), &harp(&after).unwrap()));
    assert!(after.version > before.version);
}

#[test]
fn old_closed_lanes_are_forgotten() {
    let mut projector = Projector::new();
    for n in 0..60 {
        let mut old = running(&format!("old-{n}"));
        old.status = Status::Completed;
        let output = Payload::null();
        old.add(
            10.0 + f64::from(n),
            EventKind::ExecutionCompleted { output },
        );
        projector.committed(&old.commit());
    }
    projector.committed(&running("bass").commit());
    let lanes = projector.snapshot().lanes.clone();
    let has = |id: &str| lanes.iter().any(|lane| lane.id.as_str() == id);
    assert!(has("bass") && has("old-59") && has("old-10") && !has("old-9"));
    assert_eq!(lanes.len(), 1 + Projector::MAX_CLOSED);
}

#[test]
fn children_come_below_their_parent_whether_they_have_ended_or_not() {
    let mut projector = Projector::new();
    let mut done = TestHistory::new("tour/0").child_of("tour");
    let output = Payload::null();
    done.add(9.0, EventKind::ExecutionCompleted { output });
    done.status = Status::Completed;
    for history in [
        TestHistory::new("bass"),
        TestHistory::new("tour/2").child_of("tour"),
        TestHistory::new("tour"),
        TestHistory::new("harp"),
        TestHistory::new("tour/2/1").child_of("tour/2"),
        TestHistory::new("tour/1").child_of("tour"),
        TestHistory::new("orphan").child_of("gone"),
        TestHistory::new("itself").child_of("itself"),
        done,
    ] {
        projector.committed(&history.commit());
    }
    let snapshot = projector.snapshot();
    let order: Vec<_> = snapshot.lanes.iter().map(|lane| lane.id.as_str()).collect();
    assert_eq!(
        order,
        [
            "bass", "tour", "tour/2", "tour/2/1", "tour/1", "tour/0", "harp", "orphan", "itself"
        ]
    );
}

#[test]
fn events_of_the_next_run_are_also_counted() {
    let mut projector = Projector::new();
    let mut first = running("vamp");
    let input = Payload::null();
    first.add(
        3.0,
        EventKind::ContinuedAsNew {
            input,
            keep_version: false,
        },
    );
    first.status = Status::ContinuedAsNew;
    let second = first.next_run(3.0);
    for history in [&first, &second, &first, &second] {
        projector.committed(&history.commit());
    }
    let snapshot = projector.snapshot();
    assert_eq!(snapshot.lanes.len(), 1);
    let counted: u32 = snapshot.overview.buckets().iter().map(|s| s.count).sum();
    assert_eq!(counted as usize, first.events.len() + second.events.len());
    assert_eq!(snapshot.running(), 1);
}

#[test]
fn nothing_is_repainted_when_nothing_can_change() {
    let mut projector = Projector::new();
    assert_eq!(
        projector.snapshot().repaint_rate(s(90.0)),
        RepaintRate::OnChange
    );
    let mut oboe = TestHistory::new("oboe");
    oboe.wait_for(1.0, "applause", None);
    projector.committed(&oboe.commit());
    assert_eq!(
        projector.snapshot().repaint_rate(s(90.0)),
        RepaintRate::After(Duration::from_secs(1)),
        "the clock goes on"
    );
    projector.transport(TransportView {
        rolling: true,
        ..TransportView::default()
    });
    assert_eq!(
        projector.snapshot().repaint_rate(s(90.0)),
        RepaintRate::Continuous
    );
}

#[test]
fn a_finished_performance_stays_in_view() {
    let mut projector = Projector::new();
    let mut bass = running("bass");
    assert_eq!(projector.snapshot().live_edge(s(50.0)), s(50.0));
    bass.status = Status::Completed;
    let output = Payload::null();
    bass.add(5.0, EventKind::ExecutionCompleted { output });
    projector.committed(&bass.commit());
    assert_eq!(projector.snapshot().live_edge(s(50.0)), s(5.0));
}

#[test]
fn a_digit_belongs_to_its_lane_although_another_one_fails() {
    let mut projector = Projector::new();
    for name in ["bass", "harp", "oboe"] {
        projector.committed(&running(name).commit());
    }
    let mut harp = running("harp");
    harp.status = Status::Failed;
    let failure = crate::engine::Failure::new("test", "a string broke");
    harp.add(4.0, EventKind::ExecutionFailed { failure });
    projector.committed(&harp.commit());
    let numbered = |projector: &Projector, number| {
        let snapshot = projector.snapshot();
        snapshot.numbered(number).map(|lane| lane.id.to_string())
    };
    assert_eq!(numbered(&projector, 2).as_deref(), Some("harp"));
    assert_eq!(numbered(&projector, 3).as_deref(), Some("oboe"));
    let snapshot = projector.snapshot();
    let order: Vec<_> = snapshot.lanes.iter().map(|lane| lane.id.as_str()).collect();
    assert_eq!(order, ["bass", "harp", "oboe"], "it keeps its place");
    let harp = crate::engine::InstanceId::new("harp").unwrap();
    projector.purged(&harp);
    assert_eq!(numbered(&projector, 2), None);
    assert_eq!(numbered(&projector, 3).as_deref(), Some("oboe"));
}

#[test]
fn a_new_show_hides_what_has_ended_and_deletes_nothing() {
    let mut projector = Projector::new();
    let mut done = running("rehearsal");
    done.status = Status::Completed;
    let output = Payload::null();
    done.add(5.0, EventKind::ExecutionCompleted { output });
    projector.committed(&done.commit());
    projector.committed(&running("bass").commit());
    let shown = |projector: &Projector| {
        let snapshot = projector.snapshot();
        let lanes = snapshot.lanes.iter().map(|lane| lane.id.to_string());
        let counted: u32 = snapshot.overview.buckets().iter().map(|b| b.count).sum();
        (lanes.collect::<Vec<_>>(), counted as usize)
    };
    let (before, events) = shown(&projector);
    assert_eq!(before, ["rehearsal", "bass"]);
    projector.show(Some(s(20.0)));
    let (lanes, counted) = shown(&projector);
    assert_eq!(lanes, ["bass"], "what goes on is still shown");
    assert_eq!(counted, 0, "the overview begins with the show");
    assert_eq!(projector.snapshot().extent(s(30.0)).from, s(20.0));
    let mut bass = running("bass");
    bass.note(21.0, 1.0, 40);
    projector.committed(&bass.commit());
    assert!(shown(&projector).1 > 0);
    // The same when the program is opened again in the middle of the show.
    let mut reopened = Projector::new();
    reopened.show(Some(s(20.0)));
    for history in [&done, &bass] {
        reopened.committed(&history.commit());
    }
    assert_eq!(shown(&reopened), shown(&projector));
    projector.show(None);
    let (lanes, counted) = shown(&projector);
    assert_eq!(lanes, ["rehearsal", "bass"]);
    assert!(counted > events);
}

#[test]
fn between_two_runs_a_lane_neither_ends_nor_loses_its_number() {
    let mut projector = Projector::new();
    let mut first = running("vamp");
    let kind = EventKind::ContinuedAsNew {
        input: Payload::null(),
        keep_version: false,
    };
    first.add(3.0, kind);
    first.status = Status::ContinuedAsNew;
    projector.committed(&first.commit());
    // The machine is busy: the next run is late, and another lane starts before it.
    let later = running("bass").next_run(60.0);
    projector.committed(&later.commit());
    let snapshot = projector.snapshot();
    assert!(!snapshot.lanes.iter().any(|lane| lane.has_ended()));
    let numbered = |number| snapshot.numbered(number).map(|lane| lane.id.to_string());
    assert_eq!(numbered(1).as_deref(), Some("vamp"));
    assert_eq!(numbered(2).as_deref(), Some("bass"));
}
