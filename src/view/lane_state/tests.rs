//! The state of a lane, as shown.

use crate::{
    engine::{EventKind, Payload, Status, TimerOrigin},
    view::{
        lane::LaneModel,
        test_history::{TestHistory, s},
    },
};

fn shown(history: &TestHistory, now: f64) -> (&'static str, String) {
    let mut lane = LaneModel::new(history.id.clone(), 0);
    lane.committed(&history.commit());
    (lane.state().label(), lane.detail(s(now)))
}

#[test]
fn a_lane_shows_what_it_waits_for() {
    let mut history = TestHistory::new("oboe");
    history.wait_for(1.0, "applause", Some(9.0));
    assert_eq!(
        shown(&history, 4.8),
        ("Waiting", "for “applause”, 4.2 s left".to_owned())
    );
}

#[test]
fn a_lane_that_fails_shows_when_it_retries() {
    let mut history = TestHistory::new("drummer");
    let task = history.schedule(1.0, "strike", Payload::null());
    history.fail(2.0, task, 2, Some(5.0));
    assert_eq!(
        shown(&history, 3.5),
        ("Retrying", "attempt 3 of 8 in 1.5 s".to_owned())
    );
}

#[test]
fn a_running_lane_shows_its_custom_status() {
    let mut history = TestHistory::new("bass");
    history.schedule(1.0, "walk", Payload::null());
    assert_eq!(shown(&history, 1.5), ("Running", "“walk”".to_owned()));
    let status = Payload::encode("bar 17 of the loop").unwrap();
    history.add(2.0, EventKind::CustomStatusSet { status });
    assert_eq!(
        shown(&history, 2.5),
        ("Running", "bar 17 of the loop".to_owned())
    );
}

#[test]
fn a_paused_lane_shows_that_its_clock_is_frozen() {
    let mut history = TestHistory::new("harp");
    history.pause(1.0);
    history.status = Status::Suspended;
    assert_eq!(shown(&history, 9.0), ("Paused", "clock frozen".to_owned()));
}

#[test]
fn while_the_next_attempt_is_running_the_lane_still_shows_a_retry() {
    let mut history = TestHistory::new("drummer");
    let task = history.schedule(1.0, "hit", Payload::null());
    history.fail(2.0, task, 1, None);
    let origin = TimerOrigin::Retry {
        name: "strike".to_owned(),
        attempt: 2,
    };
    let fire_at = Some(s(3.0));
    let timer = history.add(2.0, EventKind::TimerCreated { fire_at, origin });
    let waiting = ("Retrying", "attempt 2 in 0.5 s".to_owned());
    assert_eq!(shown(&history, 2.5), waiting);
    history.add(3.0, EventKind::TimerFired { timer });
    let scheduled = history.schedule(3.0, "hit", Payload::null());
    let retrying = ("Retrying", "attempt 2 now".to_owned());
    assert_eq!(shown(&history, 3.5), retrying);
    let result = Payload::null();
    history.add(4.0, EventKind::TaskCompleted { scheduled, result });
    assert_eq!(shown(&history, 4.5).0, "Running");
}

#[test]
fn a_completed_lane_shows_its_duration_and_no_data() {
    let mut history = TestHistory::new("bass");
    let output = Payload::encode("[[{},{}]]").unwrap();
    history.add(41.0, EventKind::ExecutionCompleted { output });
    history.status = Status::Completed;
    assert_eq!(
        shown(&history, 50.0),
        ("Completed", "after 41 s".to_owned())
    );
}
