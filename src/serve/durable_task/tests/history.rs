//! Histories as workers see them.

use crate::{
    engine::{
        CodeLocation, Event, EventId, EventKind, Failure, InstanceId, ParentClosePolicy, Payload,
        RemoteNumber, Tags, Timeouts, TimerOrigin, Timestamp,
    },
    serve::durable_task::{
        history::WorkerHistory,
        messages::{EventType, HistoryEvent},
    },
};

fn text(text: &str) -> Payload {
    Payload::from_text(text)
}

fn started() -> EventKind {
    EventKind::ExecutionStarted {
        name: "song".into(),
        input: text("{\"n\": 1}"),
        run: 1,
        version: None,
        seed: 0,
        parent: None,
        fork: None,
        tags: Tags::new(),
        start_at: None,
        limits: None,
        custom_status: None,
        deadline: None,
        code: CodeLocation::Remote,
    }
}

fn turn(read: u64, numbers: &[i32]) -> EventKind {
    EventKind::TurnTaken {
        read: EventId(read),
        numbers: numbers.iter().copied().map(RemoteNumber).collect(),
        patches: Vec::new(),
        versions: Vec::new(),
        version: None,
    }
}

fn task(name: &str) -> EventKind {
    EventKind::TaskScheduled {
        name: name.into(),
        input: text("7"),
        retry: None,
        timeouts: Timeouts::default(),
    }
}

fn begun(scheduled: u64) -> EventKind {
    EventKind::TaskStarted {
        scheduled: EventId(scheduled),
        attempt: 1,
    }
}

fn done(scheduled: u64, result: &str) -> EventKind {
    EventKind::TaskCompleted {
        scheduled: EventId(scheduled),
        result: text(result),
    }
}

fn raised(name: &str) -> EventKind {
    EventKind::EventRaised {
        name: name.into(),
        input: text("null"),
        from: None,
        request: None,
    }
}

fn history(kinds: Vec<EventKind>) -> Vec<Event> {
    let each = kinds.into_iter().enumerate();
    each.map(|(at, kind)| Event {
        id: EventId(at as u64),
        at: Timestamp(1_000_000_000 * at as u64),
        kind,
    })
    .collect()
}

/// One line for each event: its number and what it is.
fn words(events: &[HistoryEvent]) -> Vec<String> {
    let each = events.iter().map(|event| {
        let what = match event.event_type.as_ref().unwrap() {
            EventType::TurnStarted(_) => format!("turn at {}", event.timestamp.unwrap().seconds),
            EventType::ExecutionStarted(started) => {
                format!(
                    "start {} {:?}",
                    started.name,
                    started.input.as_ref().unwrap().value
                )
            }
            EventType::TaskScheduled(task) => format!("schedule {}", task.name),
            EventType::TaskCompleted(done) => format!("{} done", done.task_scheduled_id),
            EventType::TaskFailed(failed) => {
                let message = &failed.failure.as_ref().unwrap().error_message;
                format!("{} failed: {message}", failed.task_scheduled_id)
            }
            EventType::EventRaised(raised) => format!("raised {}", raised.name),
            EventType::TimerCreated(timer) => format!("timer {}", timer.fire_at.unwrap().seconds),
            EventType::TimerFired(fired) => format!("{} fired", fired.timer_id),
            EventType::ChildCreated(child) => format!("child {}", child.instance_id),
            EventType::ChildCompleted(done) => format!("child {} done", done.task_scheduled_id),
            other => format!("{other:?}"),
        };
        format!("{}: {what}", event.event_id)
    });
    each.collect()
}

struct Seen {
    past: Vec<String>,
    new: Vec<String>,
    read: Option<EventId>,
}

fn seen(kinds: Vec<EventKind>) -> Seen {
    let mut worker = WorkerHistory::new(InstanceId::new("song-1").unwrap());
    let mut past = Vec::new();
    for event in &history(kinds) {
        worker.take(event, &mut past);
    }
    let new = worker.new_events();
    Seen {
        past: words(&past),
        read: new.as_ref().map(|new| new.read),
        new: new.map(|new| words(&new.events)).unwrap_or_default(),
    }
}

#[test]
fn what_came_while_a_turn_was_under_way_is_new_in_the_next_one() {
    let seen = seen(vec![
        started(),       // 0
        raised("early"), // 1: the worker has not got it yet
        turn(0, &[5, 9]),
        task("a"), // 3
        task("b"), // 4
        begun(3),
        begun(4),
        done(4, "2"),   // 7
        raised("late"), // 8
    ]);
    assert_eq!(
        seen.past,
        [
            "-1: turn at 0",
            "-1: start song \"{\\\"n\\\": 1}\"",
            "5: schedule a",
            "9: schedule b"
        ]
    );
    // The clock of the code is that of the last event that it reads.
    assert_eq!(
        seen.new,
        [
            "-1: turn at 8",
            "-1: raised early",
            "-1: 9 done",
            "-1: raised late"
        ]
    );
    assert_eq!(seen.read, Some(EventId(8)));
}

#[test]
fn each_batch_stands_before_what_was_asked_for_in_its_turn() {
    let status = EventKind::CustomStatusSet {
        status: text("\"on\""),
    };
    let seen = seen(vec![
        started(),
        turn(0, &[1]),
        task("a"), // 2
        begun(2),
        done(2, "1"), // 4
        raised("x"),  // 5: after the turn was handed out
        turn(4, &[2]),
        status,
        EventKind::TimerCreated {
            fire_at: None,
            origin: TimerOrigin::ExternalEvent { name: "y".into() },
        }, // 8
    ]);
    assert_eq!(
        seen.past[2..],
        [
            "1: schedule a",
            "-1: turn at 4",
            "-1: 1 done",
            "2: timer 253402300799"
        ]
    );
    assert_eq!(seen.new, ["-1: turn at 5", "-1: raised x"]);
}

#[test]
fn attempts_that_are_tried_again_are_not_seen() {
    let failed = |retry_at| EventKind::TaskFailed {
        scheduled: EventId(2),
        attempt: 1,
        failure: Failure::new("OSError", "no reed"),
        retry_at,
        heartbeat: None,
    };
    let seen = seen(vec![
        started(),
        turn(0, &[1]),
        task("a"),
        failed(Some(Timestamp(5))),
        failed(None),
    ]);
    assert_eq!(seen.new, ["-1: turn at 4", "-1: 1 failed: no reed"]);
}

#[test]
fn children_and_timers_are_known_by_the_numbers_of_the_worker() {
    let child = EventKind::ChildWorkflowInstanceCreated {
        instance: InstanceId::new("song-1:0003").unwrap(),
        name: "part".into(),
        input: text(""),
        retry: None,
        on_close: ParentClosePolicy::Abandon,
        detached: false,
    };
    let timer = EventKind::TimerCreated {
        fire_at: Some(Timestamp(7_000_000_000)),
        origin: TimerOrigin::Wait {
            name: String::new(),
        },
    };
    let seen = seen(vec![
        started(),
        turn(0, &[3, 4]),
        child, // 2
        timer, // 3
        EventKind::TimerFired { timer: EventId(3) },
        EventKind::ChildWorkflowInstanceCompleted {
            created: EventId(2),
            result: text("1"),
        },
    ]);
    assert_eq!(seen.past[2..], ["3: child song-1:0003", "4: timer 7"]);
    assert_eq!(seen.new[1..], ["-1: 4 fired", "-1: child 3 done"]);
}

#[test]
fn a_delayed_start_is_read_with_the_timer_that_ends_the_delay() {
    let seen = seen(vec![
        started(),
        raised("early"),
        EventKind::TimerFired { timer: EventId(0) },
    ]);
    // No worker knows such a timer, but its turn has read it.
    let new = [
        "-1: turn at 2",
        "-1: start song \"{\\\"n\\\": 1}\"",
        "-1: raised early",
    ];
    assert_eq!(seen.new, new);
    assert_eq!(seen.read, Some(EventId(2)));
}

#[test]
fn nothing_is_due_once_everything_is_read() {
    let seen = seen(vec![started(), turn(0, &[1]), task("a"), begun(2)]);
    assert_eq!(seen.read, None);
}
