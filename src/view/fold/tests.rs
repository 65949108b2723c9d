//! Histories folded into lanes.

use crate::{
    engine::{EventId, EventKind, Failure, InstanceId, Payload, Status, TimerOrigin},
    view::{
        lane::LaneModel,
        test_history::{TestHistory, s},
        timeline_entry::{EntryKind, Outcome, TimelineEntry},
    },
};

fn retrying_history() -> TestHistory {
    let mut history = TestHistory::new("bass");
    for n in 0..40 {
        history.note(f64::from(n) + 1.0, 0.9, 40);
    }
    let task = history.schedule(50.0, "pay", Payload::null());
    history.fail(51.0, task, 1, Some(53.0));
    history.wait_for(52.0, "applause", None);
    history
}

fn folded(lane: &LaneModel) -> Vec<TimelineEntry> {
    lane.timeline.iter().cloned().collect()
}

#[test]
fn commits_that_come_twice_or_too_early_change_nothing() {
    let history = retrying_history();
    let end = history.events.len();
    let mut whole = LaneModel::new(history.id.clone(), 0);
    whole.committed(&history.commit());
    let mut odd = LaneModel::new(history.id.clone(), 0);
    for part in [7..20, 0..9, 3..15, 60..end, 20..60, 0..end] {
        odd.committed(&history.commit_of(part));
    }
    assert_eq!(folded(&whole), folded(&odd));
    assert!(odd.out_of_order.is_empty());
    assert_eq!(whole.state(), odd.state());
}

#[test]
fn each_attempt_is_an_entry_of_its_own_with_the_backoff_between() {
    let mut history = TestHistory::new("drummer");
    let scheduled = history.schedule(1.0, "pay", Payload::null());
    history.fail(2.0, scheduled, 1, Some(4.0));
    let attempt = 2;
    history.add(4.0, EventKind::TaskStarted { scheduled, attempt });
    let result = Payload::null();
    history.add(5.0, EventKind::TaskCompleted { scheduled, result });
    let mut lane = LaneModel::new(history.id.clone(), 0);
    lane.committed(&history.commit());
    let notes: Vec<_> = lane
        .timeline
        .iter()
        .map(|p| (p.kind.to_string(), p.from, p.until))
        .collect();
    let entry = |text: &str, from, until| (text.to_owned(), s(from), Some(s(until)));
    assert_eq!(
        notes,
        [
            entry("pay, queued", 1.0, 1.01),
            entry("pay, attempt 1, failed", 1.01, 2.0),
            entry("pay failed: the service is down", 2.0, 2.0),
            entry("backoff before attempt 2 of pay", 2.0, 4.0),
            entry("pay, attempt 2, completed", 4.0, 5.0),
        ]
    );
}

#[test]
fn failures_in_a_row_are_counted_across_retries_made_by_the_score() {
    let mut history = TestHistory::new("drummer");
    for n in 0..3 {
        let task = history.schedule(f64::from(n), "hit", Payload::null());
        history.fail(f64::from(n) + 0.5, task, 1, None);
    }
    let mut lane = LaneModel::new(history.id.clone(), 0);
    lane.committed(&history.commit());
    let counts: Vec<_> = lane
        .timeline
        .iter()
        .filter_map(|p| match p.kind {
            EntryKind::Failure { in_a_row, .. } => Some(in_a_row),
            _ => None,
        })
        .collect();
    assert_eq!(counts, [1, 2, 3]);
}

#[test]
fn a_pause_that_freezes_time_does_not_shorten_waits() {
    let mut history = TestHistory::new("oboe");
    history.wait_for(1.0, "applause", Some(9.0));
    history.pause(3.0);
    let reason = String::new();
    history.add(8.0, EventKind::ExecutionResumed { reason });
    let mut lane = LaneModel::new(history.id.clone(), 0);
    lane.committed(&history.commit());
    assert_eq!(lane.detail(s(8.0)), "for “applause”, 6.0 s left");
}

#[test]
fn a_wait_for_several_events_names_them_and_its_cue_is_the_first() {
    let lane = |names: &[&str]| {
        let mut history = TestHistory::new("oboe");
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let origin = TimerOrigin::ExternalEvents { names };
        let fire_at = None;
        history.add(1.0, EventKind::TimerCreated { fire_at, origin });
        let mut lane = LaneModel::new(history.id.clone(), 0);
        lane.committed(&history.commit());
        let cue = lane.cues().next().map(|cue| cue.to_string());
        (lane.detail(s(2.0)), cue.unwrap())
    };
    let said = |sentence: &str, cue: &str| (sentence.to_owned(), cue.to_owned());
    assert_eq!(lane(&["ping", "pong"]), said("for “ping or pong”", "ping"));
    assert_eq!(lane(&[]), said("for “any event”", "cue"));
}

#[test]
fn requeued_attempts_end_with_the_pause_and_interrupted_ones_with_the_restart() {
    let attempts = |lane: &LaneModel| -> Vec<_> {
        let of = |entry: &TimelineEntry| match entry.kind {
            EntryKind::Attempt { outcome, .. } => Some((outcome, entry.until)),
            _ => None,
        };
        lane.timeline.iter().filter_map(of).collect()
    };
    let mut history = TestHistory::new("harp");
    let scheduled = history.schedule(1.0, "pay", Payload::null());
    history.pause(3.0);
    history.status = Status::Suspended;
    let mut lane = LaneModel::new(history.id.clone(), 0);
    lane.committed(&history.commit());
    assert_eq!(attempts(&lane), [(Outcome::Requeued, Some(s(3.0)))]);

    let reason = String::new();
    history.add(8.0, EventKind::ExecutionResumed { reason });
    let attempt = 1;
    history.add(8.0, EventKind::TaskStarted { scheduled, attempt });
    history.add(20.0, EventKind::TaskStarted { scheduled, attempt });
    history.status = Status::Running;
    // The same whether it arrives commit by commit or is read from the store.
    let mut whole = LaneModel::new(history.id.clone(), 0);
    whole.committed(&history.commit());
    lane.committed(&history.commit());
    for lane in [lane, whole] {
        assert_eq!(
            attempts(&lane),
            [
                (Outcome::Requeued, Some(s(3.0))),
                (Outcome::Interrupted, Some(s(20.0))),
                (Outcome::Running, None),
            ]
        );
    }
}

#[test]
fn the_end_of_an_instance_closes_everything_in_it() {
    let mut history = retrying_history();
    history.status = Status::Terminated;
    let reason = "enough".to_owned();
    history.add(
        60.0,
        EventKind::ExecutionTerminated {
            reason,
            output: None,
        },
    );
    let mut lane = LaneModel::new(history.id.clone(), 0);
    lane.committed(&history.commit());
    assert!(lane.timeline.iter().all(|entry| entry.until.is_some()));
    assert_eq!(lane.state().label(), "Terminated");
    assert_eq!(lane.detail(s(61.0)), "enough, after 60 s");
}

/// Every entry as text, with its start and end.
fn entries(lane: &LaneModel) -> Vec<(String, f64, Option<f64>)> {
    let second = |at: crate::engine::Timestamp| at.since(s(0.0)).as_secs_f64();
    let described = |p: &TimelineEntry| (p.kind.to_string(), second(p.from), p.until.map(second));
    lane.timeline.iter().map(described).collect()
}

fn lane_of(history: &TestHistory) -> LaneModel {
    let mut lane = LaneModel::new(history.id.clone(), 0);
    lane.committed(&history.commit());
    lane
}

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

fn entry(text: &str, from: f64, until: f64) -> (String, f64, Option<f64>) {
    (text.to_owned(), from, Some(until))
}

#[test]
fn a_child_has_an_entry_for_each_attempt() {
    let mut history = TestHistory::new("tour");
    let created = history.child(1.0, "concert", "tour/1");
    history.add(
        2.0,
        EventKind::ChildWorkflowInstanceFailed {
            created,
            attempt: 1,
            failure: Failure::new("rain", "it rains"),
            retry_at: Some(s(4.0)),
        },
    );
    assert_eq!(
        lane_of(&history).detail(s(2.5)),
        "attempt 2 of 8 in 1.5 s",
        "a child is retried as an activity is"
    );
    history.add(
        4.0,
        EventKind::ChildWorkflowInstanceRestarted {
            created,
            attempt: 2,
            instance: id("tour/1#2"),
        },
    );
    let waits = lane_of(&history);
    assert_eq!(waits.state().label(), "Waiting");
    assert_eq!(waits.detail(s(4.5)), "for child “concert”");
    let result = Payload::encode(&250).unwrap();
    history.add(
        6.0,
        EventKind::ChildWorkflowInstanceCompleted { created, result },
    );
    let lane = lane_of(&history);
    assert_eq!(
        entries(&lane),
        [
            entry("child concert (tour/1), attempt 1, failed", 1.0, 2.0),
            entry("concert failed: it rains", 2.0, 2.0),
            entry("backoff before attempt 2 of concert", 2.0, 4.0),
            entry("child concert (tour/1#2), attempt 2, completed", 4.0, 6.0),
        ]
    );
    assert_eq!(lane.state().label(), "Running");
}

#[test]
fn a_canceled_child_closes_and_a_detached_child_is_a_mark() {
    let mut history = TestHistory::new("tour");
    let created = history.child(1.0, "concert", "tour/1");
    history.add(2.0, EventKind::ChildWorkflowInstanceCanceled { created });
    let mut alone = TestHistory::new("other");
    let detached = alone.child(3.0, "press", "tour/3");
    let EventKind::ChildWorkflowInstanceCreated { detached: d, .. } =
        &mut alone.events[detached.0 as usize].kind
    else {
        panic!("it is a child");
    };
    *d = true;
    let kind = alone.events[detached.0 as usize].kind.clone();
    history.add(3.0, kind);
    let lane = lane_of(&history);
    assert_eq!(
        entries(&lane),
        [
            entry("child concert (tour/1), attempt 1, interrupted", 1.0, 2.0),
            entry("detached child press (tour/3) started", 3.0, 3.0),
        ]
    );
    assert_eq!(lane.detail(s(4.0)), "between steps", "it waits for nobody");
}

#[test]
fn a_compensation_is_a_bracket_around_what_it_does() {
    let mut history = TestHistory::new("trip");
    let name = "cancel the room".to_owned();
    let room = history.add(1.0, EventKind::CompensationRegistered { name });
    let name = "cancel the flight".to_owned();
    let flight = history.add(2.0, EventKind::CompensationRegistered { name });
    let name = "tell the guests".to_owned();
    history.add(2.5, EventKind::CompensationRegistered { name });
    let registered = flight;
    history.add(3.0, EventKind::CompensationStarted { registered });
    let undoes = lane_of(&history);
    assert_eq!(undoes.state().label(), "Compensating");
    assert_eq!(
        undoes.detail(s(3.5)),
        "“cancel the flight”, because a later step failed"
    );
    let failure = Some(Failure::new("closed", "the office is closed"));
    history.add(
        4.0,
        EventKind::CompensationEnded {
            registered,
            failure,
        },
    );
    let registered = room;
    history.add(5.0, EventKind::CompensationStarted { registered });
    let failure = None;
    history.add(
        6.0,
        EventKind::CompensationEnded {
            registered,
            failure,
        },
    );
    let failure = Failure::new("full", "the flight is full");
    history.add(7.0, EventKind::ExecutionFailed { failure });
    history.status = Status::Failed;
    let lane = lane_of(&history);
    assert_eq!(
        entries(&lane)[..3],
        [
            entry("compensation “cancel the flight”, failed", 3.0, 4.0),
            entry("cancel the flight failed: the office is closed", 4.0, 4.0),
            entry("compensation “cancel the room”, completed", 5.0, 6.0),
        ]
    );
}

#[test]
fn an_instance_that_is_asked_to_cancel_shows_the_reason_until_it_has() {
    let mut history = TestHistory::new("vamp");
    history.schedule(1.0, "hit", Payload::null());
    let reason = "the hall closes".to_owned();
    history.add(
        2.0,
        EventKind::ExecutionCancelRequested {
            reason,
            waits_for_children: true,
        },
    );
    let lane = lane_of(&history);
    assert_eq!(lane.state().label(), "Canceling");
    assert_eq!(lane.detail(s(3.0)), "the hall closes");
    assert!(entries(&lane).contains(&entry("cancel requested: the hall closes", 2.0, 2.0)));
    let failure = Failure::canceled("the hall closes");
    history.add(3.0, EventKind::ExecutionCanceled { failure });
    history.status = Status::Canceled;
    let lane = lane_of(&history);
    assert_eq!(lane.state().label(), "Canceled");
    assert_eq!(lane.detail(s(9.0)), "the hall closes, after 3.0 s");
    assert_eq!(entries(&lane).last(), Some(&entry("canceled", 3.0, 3.0)));
}

#[test]
fn events_between_instances_are_marks_in_both_lanes() {
    let mut history = TestHistory::new("oboe");
    let input = Payload::encode("now").unwrap();
    let (name, target) = ("cue".to_owned(), id("harp"));
    history.add(
        1.0,
        EventKind::EventSent {
            name,
            target,
            input,
        },
    );
    let (name, input) = ("answer".to_owned(), Payload::null());
    let from = Some(id("harp"));
    history.add(
        2.0,
        EventKind::EventRaised {
            name,
            input,
            from,
            request: None,
        },
    );
    let lane = lane_of(&history);
    assert_eq!(
        entries(&lane),
        [
            entry("event “cue” sent to harp", 1.0, 1.0),
            entry("event “answer” received from harp", 2.0, 2.0),
        ]
    );
}

#[test]
fn heartbeats_are_marks_on_their_activity() {
    let mut history = TestHistory::new("bass");
    let scheduled = history.schedule(1.0, "upload", Payload::null());
    let details = Payload::encode("half of it").unwrap();
    history.add(2.0, EventKind::TaskHeartbeat { scheduled, details });
    let lane = lane_of(&history);
    let all = entries(&lane);
    assert_eq!(
        all.last(),
        Some(&entry("heartbeat of upload: half of it", 2.0, 2.0))
    );
    assert_eq!(all[1].2, None, "the attempt goes on");
}

#[test]
fn tags_versions_and_origins_are_rows_of_the_table() {
    let mut history = TestHistory::new("fork").fork_of("bass", 2);
    let (change, version) = ("by train".to_owned(), 3);
    history.add(1.0, EventKind::VersionMarked { change, version });
    let (name, value) = ("city".to_owned(), "Porto".to_owned());
    history.add(2.0, EventKind::TagSet { name, value });
    let lane = lane_of(&history);
    assert_eq!(
        entries(&lane),
        [entry("forked from bass at event 2", 2.0, 2.0)]
    );
    assert_eq!(lane.lineage(), "fork");
    let child = lane_of(&TestHistory::new("tour/1").child_of("tour"));
    assert_eq!(child.lineage(), "tour/1 · child of tour");
}

#[test]
fn the_next_run_continues_in_the_lane_and_pairs_nothing_with_the_one_before() {
    let mut first = TestHistory::new("vamp");
    first.schedule(1.0, "hit", Payload::null());
    let input = Payload::encode(&2).unwrap();
    first.add(
        2.0,
        EventKind::ContinuedAsNew {
            input,
            keep_version: false,
        },
    );
    first.status = Status::ContinuedAsNew;
    let mut lane = lane_of(&first);
    assert_eq!(lane.state().label(), "Continued as new");
    let mut second = first.next_run(2.0);
    let task = second.schedule(3.0, "sing", Payload::null());
    lane.committed(&second.commit());
    assert_eq!(task.0, 1, "it has the number of a task of the first run");
    let scheduled = task;
    let result = Payload::null();
    second.add(4.0, EventKind::TaskCompleted { scheduled, result });
    // A commit of the first run arrives too late.
    lane.committed(&first.commit());
    lane.committed(&second.commit());
    assert_eq!(
        entries(&lane),
        [
            entry("hit, queued", 1.0, 1.01),
            entry("hit, attempt 1, interrupted", 1.01, 2.0),
            entry("continued as new", 2.0, 2.0),
            entry("sing, queued", 3.0, 3.01),
            entry("sing, attempt 1, completed", 3.01, 4.0),
        ]
    );
    assert_eq!(lane.state().label(), "Running");
    assert_eq!(lane.lineage(), "vamp · run 2");
    assert_eq!(lane.started_at, s(2.0));
}

#[test]
fn a_score_that_continues_as_new_in_the_middle_of_a_phrase_is_one_line_of_notes() {
    let mut first = TestHistory::new("vamp");
    first.note(1.0, 0.5, 60);
    first.note(1.5, 0.5, 62);
    // The score has stopped before the next bar line.
    first.schedule(1.49, "rest", Payload::null());
    let input = Payload::encode(&serde_json::json!({ "score": "", "position": {} })).unwrap();
    first.add(
        1.5,
        EventKind::ContinuedAsNew {
            input,
            keep_version: false,
        },
    );
    first.status = Status::ContinuedAsNew;
    let mut lane = lane_of(&first);
    let mut second = first.next_run(1.51);
    second.note(2.0, 0.5, 64);
    second.note(2.5, 0.5, 65);
    lane.committed(&second.commit());
    let notes = lane.timeline.iter().filter_map(|entry| match entry.kind {
        EntryKind::Note { key, .. } => Some((key.number(), entry.from, entry.until)),
        _ => None,
    });
    assert_eq!(
        notes.collect::<Vec<_>>(),
        [
            (60, s(1.0), Some(s(1.5))),
            (62, s(1.5), Some(s(2.0))),
            (64, s(2.0), Some(s(2.5))),
            (65, s(2.5), Some(s(3.0))),
        ]
    );
    assert_eq!(lane.state().label(), "Running");
    let interrupted = entries(&lane);
    let interrupted = interrupted
        .iter()
        .filter(|entry| entry.0.contains("interrupted"));
    assert_eq!(interrupted.count(), 0, "the next run goes on with the rest");
}

#[test]
fn a_run_without_an_end_closes_when_the_next_one_starts() {
    let mut first = TestHistory::new("vamp");
    first.schedule(1.0, "hit", Payload::null());
    first.wait_for(1.5, "applause", Some(9.0));
    first.pause(2.0);
    let mut lane = lane_of(&first);
    let second = first.next_run(5.0);
    lane.committed(&second.commit());
    assert!(lane.timeline.iter().all(|entry| entry.until.is_some()));
    assert_eq!(lane.detail(s(6.0)), "between steps");
    assert_eq!(lane.cues().count(), 0);
}

#[test]
fn a_lane_of_very_many_runs_forgets_the_first_ones() {
    let mut run = TestHistory::new("vamp");
    let mut lane = LaneModel::new(run.id.clone(), 0);
    for _ in 0..9 {
        for n in 0..3_000 {
            run.note(1.0 + f64::from(n) * 0.1, 0.1, 40);
        }
        lane.committed(&run.commit());
        run = run.next_run(1.0);
    }
    assert!(lane.timeline.len() < 70_000, "{}", lane.timeline.len());
    assert!(lane.timeline.len() >= 9_000, "{}", lane.timeline.len());
}

#[test]
fn a_pause_that_does_not_freeze_time_lets_waits_run() {
    let mut history = TestHistory::new("oboe");
    history.wait_for(1.0, "applause", Some(9.0));
    let (reason, freeze_time) = (String::new(), false);
    history.add(
        3.0,
        EventKind::ExecutionSuspended {
            reason,
            freeze_time,
        },
    );
    history.status = Status::Suspended;
    let held = lane_of(&history);
    assert_eq!(held.detail(s(4.0)), "clock running");
    assert_eq!(held.frozen_at(), None);
    let reason = String::new();
    history.add(5.0, EventKind::ExecutionResumed { reason });
    history.status = Status::Running;
    let lane = lane_of(&history);
    assert_eq!(lane.detail(s(5.0)), "for “applause”, 4.0 s left");
}

#[test]
fn a_stalled_lane_resumes_once_its_code_is_fixed() {
    let mut history = TestHistory::new("bass");
    let reason = "another step".to_owned();
    history.add(1.0, EventKind::ExecutionStalled { reason });
    history.status = Status::Stalled;
    assert_eq!(lane_of(&history).state().label(), "Stalled");
    let reason = "fixed".to_owned();
    history.add(3.0, EventKind::ExecutionResumed { reason });
    history.status = Status::Running;
    let lane = lane_of(&history);
    assert_eq!(entries(&lane), [entry("stalled: another step", 1.0, 3.0)]);
}

#[test]
fn events_that_close_nothing_open_are_skipped() {
    let mut history = TestHistory::new("odd");
    let (scheduled, created, registered, timer) = (EventId(7), EventId(8), EventId(9), EventId(10));
    let failure = Failure::new("e", "m");
    let kinds = [
        EventKind::TaskHeartbeat {
            scheduled,
            details: Payload::null(),
        },
        EventKind::TaskCanceled { scheduled },
        EventKind::TimerFired { timer },
        EventKind::ChildWorkflowInstanceRestarted {
            created,
            attempt: 2,
            instance: id("x"),
        },
        EventKind::ChildWorkflowInstanceCompleted {
            created,
            result: Payload::null(),
        },
        EventKind::ChildWorkflowInstanceFailed {
            created,
            attempt: 1,
            failure: failure.clone(),
            retry_at: None,
        },
        EventKind::ChildWorkflowInstanceCanceled { created },
        EventKind::CompensationStarted { registered },
        EventKind::CompensationEnded {
            registered,
            failure: Some(failure),
        },
    ];
    for kind in kinds {
        history.add(1.0, kind);
    }
    let lane = lane_of(&history);
    assert!(lane.timeline.is_empty());
}

#[test]
fn a_call_of_a_score_has_the_name_of_its_task() {
    let mut history = TestHistory::new("cities");
    let input = serde_json::json!({ "task": "ankara", "request": { "method": "get" } });
    for name in ["http", "create-cluster"] {
        history.schedule(1.0, name, Payload::encode(&input).unwrap());
    }
    let labels = |lane: &LaneModel| -> Vec<_> {
        let queued = |entry: &TimelineEntry| match &entry.kind {
            EntryKind::Queued { task } => Some(task.to_string()),
            _ => None,
        };
        lane.timeline.iter().filter_map(queued).collect()
    };
    // Also before the score is known, and in every replay: the name comes from the events.
    assert_eq!(labels(&lane_of(&history)), ["ankara", "create-cluster"]);
}
