//! What a lane makes of a history.

use crate::{
    engine::{EventId, EventKind, Failure, InstanceId, Payload, Status, TimerOrigin},
    view::{
        Outcome, Piece, PieceKind, RowStatus,
        lane::LaneModel,
        sample::{Sample, s},
    },
};

fn sample() -> Sample {
    let mut sample = Sample::new("bass");
    for n in 0..40 {
        sample.note(f64::from(n) + 1.0, 0.9, 40);
    }
    let task = sample.schedule(50.0, "pay", Payload::null());
    sample.fail(51.0, task, 1, Some(53.0));
    sample.wait_for(52.0, "applause", None);
    sample
}

fn told(lane: &LaneModel) -> (Vec<Piece>, Vec<String>) {
    let pieces = lane.pieces.iter().cloned().collect();
    let rows = lane.rows.iter().map(|row| format!("{row:?}")).collect();
    (pieces, rows)
}

#[test]
fn commits_that_come_twice_or_too_early_change_nothing() {
    let sample = sample();
    let end = sample.events.len();
    let mut whole = LaneModel::new(sample.id.clone(), 0);
    whole.committed(&sample.commit());
    let mut odd = LaneModel::new(sample.id.clone(), 0);
    for part in [7..20, 0..9, 3..15, 60..end, 20..60, 0..end] {
        odd.committed(&sample.commit_of(part));
    }
    assert_eq!(told(&whole), told(&odd));
    assert!(odd.early.is_empty());
    assert_eq!(whole.doing(), odd.doing());
}

#[test]
fn each_attempt_is_a_piece_of_its_own_with_the_pause_between() {
    let mut sample = Sample::new("drummer");
    let scheduled = sample.schedule(1.0, "pay", Payload::null());
    sample.fail(2.0, scheduled, 1, Some(4.0));
    let attempt = 2;
    sample.add(4.0, EventKind::TaskStarted { scheduled, attempt });
    let result = Payload::null();
    sample.add(5.0, EventKind::TaskCompleted { scheduled, result });
    let mut lane = LaneModel::new(sample.id.clone(), 0);
    lane.committed(&sample.commit());
    let told: Vec<_> = lane
        .pieces
        .iter()
        .map(|p| (p.kind.to_string(), p.from, p.until))
        .collect();
    let piece = |text: &str, from, until| (text.to_owned(), s(from), Some(s(until)));
    assert_eq!(
        told,
        [
            piece("pay, queued", 1.0, 1.01),
            piece("pay, attempt 1, failed", 1.01, 2.0),
            piece("pay failed: the service is down", 2.0, 2.0),
            piece("backoff before attempt 2 of pay", 2.0, 4.0),
            piece("pay, attempt 2, completed", 4.0, 5.0),
        ]
    );
    let rows: Vec<_> = lane
        .rows
        .iter()
        .map(|r| (r.title.as_ref(), r.status))
        .collect();
    assert_eq!(
        rows[1..],
        [
            ("pay", RowStatus::Completed),
            ("attempt 1", RowStatus::Failed),
            ("retry timer", RowStatus::Fired)
        ]
    );
}

#[test]
fn failures_in_a_row_are_counted_over_retries_that_the_score_itself_makes() {
    let mut sample = Sample::new("drummer");
    for n in 0..3 {
        let task = sample.schedule(f64::from(n), "hit", Payload::null());
        sample.fail(f64::from(n) + 0.5, task, 1, None);
    }
    let mut lane = LaneModel::new(sample.id.clone(), 0);
    lane.committed(&sample.commit());
    let counts: Vec<_> = lane
        .pieces
        .iter()
        .filter_map(|p| match p.kind {
            PieceKind::Failure { nth, .. } => Some(nth),
            _ => None,
        })
        .collect();
    assert_eq!(counts, [1, 2, 3]);
}

#[test]
fn time_that_a_lane_was_held_does_not_count_for_its_waits() {
    let mut sample = Sample::new("oboe");
    sample.wait_for(1.0, "applause", Some(9.0));
    sample.hold(3.0);
    let reason = String::new();
    sample.add(8.0, EventKind::ExecutionResumed { reason });
    let mut lane = LaneModel::new(sample.id.clone(), 0);
    lane.committed(&sample.commit());
    assert_eq!(lane.sentence(s(8.0)), "for cue “applause”, 6.0 s left");
}

#[test]
fn a_wait_for_several_events_names_them_and_its_cue_is_the_likeliest() {
    let lane = |names: &[&str]| {
        let mut sample = Sample::new("oboe");
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let origin = TimerOrigin::ExternalEvents { names };
        let fire_at = None;
        sample.add(1.0, EventKind::TimerCreated { fire_at, origin });
        let mut lane = LaneModel::new(sample.id.clone(), 0);
        lane.committed(&sample.commit());
        let cue = lane.cues().next().map(|cue| cue.to_string());
        (lane.sentence(s(2.0)), cue.unwrap())
    };
    let said = |sentence: &str, cue: &str| (sentence.to_owned(), cue.to_owned());
    assert_eq!(
        lane(&["ping", "pong"]),
        said("for cue “ping or pong”", "ping")
    );
    assert_eq!(lane(&[]), said("for cue “any event”", "cue"));
}

#[test]
fn what_was_given_back_ends_with_the_hold_and_what_was_lost_with_the_restart() {
    let attempts = |lane: &LaneModel| -> Vec<_> {
        let of = |piece: &Piece| match piece.kind {
            PieceKind::Attempt { outcome, .. } => Some((outcome, piece.until)),
            _ => None,
        };
        lane.pieces.iter().filter_map(of).collect()
    };
    let mut sample = Sample::new("harp");
    let scheduled = sample.schedule(1.0, "pay", Payload::null());
    sample.hold(3.0);
    sample.status = Status::Suspended;
    let mut lane = LaneModel::new(sample.id.clone(), 0);
    lane.committed(&sample.commit());
    assert_eq!(attempts(&lane), [(Outcome::GivenBack, Some(s(3.0)))]);

    let reason = String::new();
    sample.add(8.0, EventKind::ExecutionResumed { reason });
    let attempt = 1;
    sample.add(8.0, EventKind::TaskStarted { scheduled, attempt });
    sample.add(20.0, EventKind::TaskStarted { scheduled, attempt });
    sample.status = Status::Running;
    // The same whether it is told bit by bit or read from the store.
    let mut whole = LaneModel::new(sample.id.clone(), 0);
    whole.committed(&sample.commit());
    lane.committed(&sample.commit());
    for lane in [lane, whole] {
        assert_eq!(
            attempts(&lane),
            [
                (Outcome::GivenBack, Some(s(3.0))),
                (Outcome::Lost, Some(s(20.0))),
                (Outcome::Open, None),
            ]
        );
    }
}

#[test]
fn the_end_of_an_instance_ends_everything_in_it() {
    let mut sample = sample();
    sample.status = Status::Terminated;
    let reason = "enough".to_owned();
    sample.add(60.0, EventKind::ExecutionTerminated { reason });
    let mut lane = LaneModel::new(sample.id.clone(), 0);
    lane.committed(&sample.commit());
    assert!(lane.pieces.iter().all(|piece| piece.until.is_some()));
    assert_eq!(lane.doing().word(), "Terminated");
    assert_eq!(lane.sentence(s(61.0)), "enough, after 60 s");
}

/// Every piece in words, with its beginning and end.
fn pieces(lane: &LaneModel) -> Vec<(String, f64, Option<f64>)> {
    let second = |at: crate::engine::Timestamp| at.since(s(0.0)).as_secs_f64();
    let told = |p: &Piece| (p.kind.to_string(), second(p.from), p.until.map(second));
    lane.pieces.iter().map(told).collect()
}

/// Every row: title, status, data.
fn rows(lane: &LaneModel) -> Vec<(&str, RowStatus, &str)> {
    let told = lane.rows.iter();
    told.map(|row| (&*row.title, row.status, &*row.payload))
        .collect()
}

fn lane_of(sample: &Sample) -> LaneModel {
    let mut lane = LaneModel::new(sample.id.clone(), 0);
    lane.committed(&sample.commit());
    lane
}

fn id(text: &str) -> InstanceId {
    InstanceId::new(text).unwrap()
}

fn piece(text: &str, from: f64, until: f64) -> (String, f64, Option<f64>) {
    (text.to_owned(), from, Some(until))
}

#[test]
fn a_child_is_a_piece_from_its_beginning_to_its_end_with_its_attempts() {
    let mut sample = Sample::new("tour");
    let created = sample.child(1.0, "concert", "tour/1");
    sample.add(
        2.0,
        EventKind::ChildWorkflowInstanceFailed {
            created,
            attempt: 1,
            failure: Failure::new("rain", "it rains"),
            retry_at: Some(s(4.0)),
        },
    );
    assert_eq!(
        lane_of(&sample).sentence(s(2.5)),
        "attempt 2 of 8 in 1.5 s",
        "a child is retried as an activity is"
    );
    sample.add(
        4.0,
        EventKind::ChildWorkflowInstanceRestarted {
            created,
            attempt: 2,
            instance: id("tour/1#2"),
        },
    );
    let waits = lane_of(&sample);
    assert_eq!(waits.doing().word(), "Waiting");
    assert_eq!(waits.sentence(s(4.5)), "for child “concert”");
    let result = Payload::encode(&250).unwrap();
    sample.add(
        6.0,
        EventKind::ChildWorkflowInstanceCompleted { created, result },
    );
    let lane = lane_of(&sample);
    assert_eq!(
        pieces(&lane),
        [
            piece("child concert (tour/1), attempt 1, failed", 1.0, 2.0),
            piece("concert failed: it rains", 2.0, 2.0),
            piece("backoff before attempt 2 of concert", 2.0, 4.0),
            piece("child concert (tour/1#2), attempt 2, completed", 4.0, 6.0),
        ]
    );
    assert_eq!(
        rows(&lane)[1..],
        [
            ("concert", RowStatus::Completed, "250"),
            ("attempt 1", RowStatus::Failed, "it rains"),
            ("retry timer", RowStatus::Fired, "2.0 s"),
            ("attempt 2", RowStatus::Started, "tour/1#2"),
        ]
    );
    assert_eq!(lane.doing().word(), "Running");
}

#[test]
fn a_child_that_nobody_waits_for_any_more_ends_and_one_that_goes_on_alone_is_a_mark() {
    let mut sample = Sample::new("tour");
    let created = sample.child(1.0, "concert", "tour/1");
    sample.add(2.0, EventKind::ChildWorkflowInstanceCanceled { created });
    let mut alone = Sample::new("other");
    let detached = alone.child(3.0, "press", "tour/3");
    let EventKind::ChildWorkflowInstanceCreated { detached: d, .. } =
        &mut alone.events[detached.0 as usize].kind
    else {
        panic!("it is a child");
    };
    *d = true;
    let kind = alone.events[detached.0 as usize].kind.clone();
    sample.add(3.0, kind);
    let lane = lane_of(&sample);
    assert_eq!(
        pieces(&lane),
        [
            piece("child concert (tour/1), attempt 1, interrupted", 1.0, 2.0),
            piece("detached child press (tour/3) started", 3.0, 3.0),
        ]
    );
    assert_eq!(
        rows(&lane)[1..],
        [
            ("concert", RowStatus::Canceled, "tour/1"),
            ("press", RowStatus::Detached, "tour/3"),
        ]
    );
    assert_eq!(
        lane.sentence(s(4.0)),
        "between steps",
        "it waits for nobody"
    );
}

#[test]
fn a_compensation_is_a_bracket_around_what_it_does() {
    let mut sample = Sample::new("trip");
    let name = "cancel the room".to_owned();
    let room = sample.add(1.0, EventKind::CompensationRegistered { name });
    let name = "cancel the flight".to_owned();
    let flight = sample.add(2.0, EventKind::CompensationRegistered { name });
    let name = "tell the guests".to_owned();
    sample.add(2.5, EventKind::CompensationRegistered { name });
    let registered = flight;
    sample.add(3.0, EventKind::CompensationStarted { registered });
    let undoes = lane_of(&sample);
    assert_eq!(undoes.doing().word(), "Compensating");
    assert_eq!(
        undoes.sentence(s(3.5)),
        "“cancel the flight”, because a later step failed"
    );
    let failure = Some(Failure::new("closed", "the office is closed"));
    sample.add(
        4.0,
        EventKind::CompensationEnded {
            registered,
            failure,
        },
    );
    let registered = room;
    sample.add(5.0, EventKind::CompensationStarted { registered });
    let failure = None;
    sample.add(
        6.0,
        EventKind::CompensationEnded {
            registered,
            failure,
        },
    );
    let failure = Failure::new("full", "the flight is full");
    sample.add(7.0, EventKind::ExecutionFailed { failure });
    sample.status = Status::Failed;
    let lane = lane_of(&sample);
    assert_eq!(
        pieces(&lane)[..3],
        [
            piece("compensation “cancel the flight”, failed", 3.0, 4.0),
            piece("cancel the flight failed: the office is closed", 4.0, 4.0),
            piece("compensation “cancel the room”, completed", 5.0, 6.0),
        ]
    );
    let told = |row: &&(&str, RowStatus, &str)| row.2 == "compensation";
    let steps: Vec<_> = rows(&lane)
        .iter()
        .filter(told)
        .map(|r| (r.0, r.1))
        .collect();
    assert_eq!(
        steps,
        [
            ("cancel the room", RowStatus::Completed),
            ("cancel the flight", RowStatus::Failed),
            ("tell the guests", RowStatus::Canceled),
        ]
    );
}

#[test]
fn an_instance_that_is_asked_to_end_says_so_until_it_has() {
    let mut sample = Sample::new("vamp");
    sample.schedule(1.0, "hit", Payload::null());
    let reason = "the hall closes".to_owned();
    sample.add(
        2.0,
        EventKind::ExecutionCancelRequested {
            reason,
            waits_for_children: true,
        },
    );
    let lane = lane_of(&sample);
    assert_eq!(lane.doing().word(), "Canceling");
    assert_eq!(lane.sentence(s(3.0)), "the hall closes");
    assert!(pieces(&lane).contains(&piece("cancel requested: the hall closes", 2.0, 2.0)));
    let failure = Failure::canceled("the hall closes");
    sample.add(3.0, EventKind::ExecutionCanceled { failure });
    sample.status = Status::Canceled;
    let lane = lane_of(&sample);
    assert_eq!(lane.doing().word(), "Canceled");
    assert_eq!(lane.sentence(s(9.0)), "the hall closes, after 3.0 s");
    assert_eq!(pieces(&lane).last(), Some(&piece("canceled", 3.0, 3.0)));
    assert_eq!(
        rows(&lane).last(),
        Some(&("vamp", RowStatus::Canceled, "the hall closes"))
    );
}

#[test]
fn what_instances_tell_each_other_is_a_mark_in_both() {
    let mut sample = Sample::new("oboe");
    let input = Payload::encode("now").unwrap();
    let (name, target) = ("cue".to_owned(), id("harp"));
    sample.add(
        1.0,
        EventKind::EventSent {
            name,
            target,
            input,
        },
    );
    let (name, input) = ("answer".to_owned(), Payload::null());
    let from = Some(id("harp"));
    sample.add(
        2.0,
        EventKind::EventRaised {
            name,
            input,
            from,
            request: None,
        },
    );
    let lane = lane_of(&sample);
    assert_eq!(
        pieces(&lane),
        [
            piece("event “cue” sent to harp", 1.0, 1.0),
            piece("event “answer” received from harp", 2.0, 2.0),
        ]
    );
    assert_eq!(
        rows(&lane)[1..],
        [
            ("cue", RowStatus::Sent, "to harp · now"),
            ("answer", RowStatus::Raised, "from harp"),
        ]
    );
}

#[test]
fn signs_of_life_stand_on_the_work_that_gives_them() {
    let mut sample = Sample::new("bass");
    let scheduled = sample.schedule(1.0, "upload", Payload::null());
    let details = Payload::encode("half of it").unwrap();
    sample.add(2.0, EventKind::TaskHeartbeat { scheduled, details });
    let lane = lane_of(&sample);
    let told = pieces(&lane);
    assert_eq!(
        told.last(),
        Some(&piece("heartbeat of upload: half of it", 2.0, 2.0))
    );
    let heartbeat = ("heartbeat", RowStatus::Noted, "half of it");
    assert_eq!(rows(&lane).last(), Some(&heartbeat));
    assert_eq!(told[1].2, None, "the attempt goes on");
}

#[test]
fn tags_and_versions_and_where_it_comes_from_stand_in_the_table() {
    let mut sample = Sample::new("fork").fork_of("bass", 2);
    let (change, version) = ("by train".to_owned(), 3);
    sample.add(1.0, EventKind::VersionMarked { change, version });
    let (name, value) = ("city".to_owned(), "Porto".to_owned());
    sample.add(2.0, EventKind::TagSet { name, value });
    let lane = lane_of(&sample);
    assert_eq!(
        rows(&lane)[1..],
        [
            ("fork of", RowStatus::Noted, "bass, from event 2"),
            ("by train", RowStatus::Noted, "version 3"),
            ("tag city", RowStatus::Noted, "Porto"),
        ]
    );
    assert_eq!(
        pieces(&lane),
        [piece("forked from bass at event 2", 2.0, 2.0)]
    );
    assert_eq!(lane.descent(), "fork · fork of bass");
    let child = lane_of(&Sample::new("tour/1").child_of("tour"));
    assert_eq!(child.descent(), "tour/1 · child of tour");
    assert_eq!(rows(&child)[1], ("child of", RowStatus::Noted, "tour"));
}

#[test]
fn the_next_run_goes_on_in_the_lane_and_pairs_nothing_with_the_one_before() {
    let mut first = Sample::new("vamp");
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
    assert_eq!(lane.doing().word(), "Continued as new");
    let mut second = first.next_run(2.0);
    let task = second.schedule(3.0, "sing", Payload::null());
    lane.committed(&second.commit());
    assert_eq!(task.0, 1, "it has the number of a task of the first run");
    let scheduled = task;
    let result = Payload::null();
    second.add(4.0, EventKind::TaskCompleted { scheduled, result });
    // What is told of the first run comes too late.
    lane.committed(&first.commit());
    lane.committed(&second.commit());
    assert_eq!(
        pieces(&lane),
        [
            piece("hit, queued", 1.0, 1.01),
            piece("hit, attempt 1, interrupted", 1.01, 2.0),
            piece("continued as new", 2.0, 2.0),
            piece("sing, queued", 3.0, 3.01),
            piece("sing, attempt 1, completed", 3.01, 4.0),
        ]
    );
    assert_eq!(lane.doing().word(), "Running");
    assert_eq!(lane.descent(), "vamp · run 2");
    assert_eq!(lane.started_at, s(2.0));
    let titles: Vec<_> = rows(&lane).iter().map(|row| (row.0, row.1)).collect();
    assert_eq!(
        titles,
        [
            ("vamp", RowStatus::Started),
            ("hit", RowStatus::Canceled),
            ("vamp", RowStatus::Continued),
            ("vamp, run 2", RowStatus::Started),
            ("sing", RowStatus::Completed),
        ]
    );
}

#[test]
fn a_run_whose_end_was_not_told_ends_with_the_next() {
    let mut first = Sample::new("vamp");
    first.schedule(1.0, "hit", Payload::null());
    first.wait_for(1.5, "applause", Some(9.0));
    first.hold(2.0);
    let mut lane = lane_of(&first);
    let second = first.next_run(5.0);
    lane.committed(&second.commit());
    assert!(lane.pieces.iter().all(|piece| piece.until.is_some()));
    assert_eq!(lane.sentence(s(6.0)), "between steps");
    assert_eq!(lane.cues().count(), 0);
}

#[test]
fn a_lane_of_very_many_runs_forgets_the_first_ones() {
    let mut run = Sample::new("vamp");
    let mut lane = LaneModel::new(run.id.clone(), 0);
    for _ in 0..9 {
        for n in 0..3_000 {
            run.note(1.0 + f64::from(n) * 0.1, 0.1, 40);
        }
        lane.committed(&run.commit());
        run = run.next_run(1.0);
    }
    assert!(lane.pieces.len() < 30_000, "{}", lane.pieces.len());
    assert!(lane.pieces.len() >= 9_000, "{}", lane.pieces.len());
}

#[test]
fn while_time_runs_on_for_a_held_lane_its_waits_come_nearer() {
    let mut sample = Sample::new("oboe");
    sample.wait_for(1.0, "applause", Some(9.0));
    let (reason, freeze_time) = (String::new(), false);
    sample.add(
        3.0,
        EventKind::ExecutionSuspended {
            reason,
            freeze_time,
        },
    );
    sample.status = Status::Suspended;
    let held = lane_of(&sample);
    assert_eq!(held.sentence(s(4.0)), "clock running");
    assert_eq!(held.frozen_at(), None);
    let reason = String::new();
    sample.add(5.0, EventKind::ExecutionResumed { reason });
    sample.status = Status::Running;
    let lane = lane_of(&sample);
    assert_eq!(lane.sentence(s(5.0)), "for cue “applause”, 4.0 s left");
}

#[test]
fn a_stalled_lane_goes_on_once_its_code_is_mended() {
    let mut sample = Sample::new("bass");
    let reason = "another step".to_owned();
    sample.add(1.0, EventKind::ExecutionStalled { reason });
    sample.status = Status::Stalled;
    assert_eq!(lane_of(&sample).doing().word(), "Stalled");
    let reason = "mended".to_owned();
    sample.add(3.0, EventKind::ExecutionResumed { reason });
    sample.status = Status::Running;
    let lane = lane_of(&sample);
    assert_eq!(pieces(&lane), [piece("stalled: another step", 1.0, 3.0)]);
    assert_eq!(rows(&lane)[2], ("bass", RowStatus::Resumed, "mended"));
}

#[test]
fn events_that_close_what_nobody_opened_are_passed_over() {
    let mut sample = Sample::new("odd");
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
        sample.add(1.0, kind);
    }
    let lane = lane_of(&sample);
    assert!(lane.pieces.is_empty());
    assert_eq!(lane.rows.iter().count(), 1, "that it began");
}
