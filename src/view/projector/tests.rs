//! Snapshots of made-up histories.

use std::sync::Arc;

use super::Projector;
use crate::{
    engine::{EventKind, Payload, Status},
    view::{
        RepaintRate,
        snapshot::Snapshot,
        test_history::{TestHistory, s},
        time_map::TransportView,
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
fn running_lanes_come_first_and_old_closed_ones_are_forgotten() {
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
    assert_eq!(lanes[0].id.as_str(), "bass");
    assert_eq!(lanes[1].id.as_str(), "old-59");
    assert_eq!(lanes.len(), 1 + Projector::MAX_CLOSED);
}

#[test]
fn children_come_below_their_parent_and_closed_lanes_last() {
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
            "bass", "tour", "tour/2", "tour/2/1", "tour/1", "harp", "orphan", "tour/0", "itself"
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
        projector.snapshot().repaint_rate(s(0.0)),
        RepaintRate::OnChange
    );
    let mut oboe = TestHistory::new("oboe");
    oboe.wait_for(1.0, "applause", None);
    projector.committed(&oboe.commit());
    assert_eq!(
        projector.snapshot().repaint_rate(s(0.0)),
        RepaintRate::OnChange
    );
    projector.transport(TransportView {
        rolling: true,
        ..TransportView::default()
    });
    assert_eq!(
        projector.snapshot().repaint_rate(s(0.0)),
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
