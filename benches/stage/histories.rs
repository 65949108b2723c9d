//! Made-up histories: notes, and many open activities.

use std::time::Duration;

use fermata::{
    engine::{
        Committed, Event, EventId, EventKind, InstanceId, InstanceSummary, Payload, Status, Tags,
        Timeouts, Timestamp,
    },
    music::{Beat, Beats, Key, Velocity},
    score::calls::{Performed, Play},
};

/// The moment so many seconds after the start.
pub fn at(seconds: f64) -> Timestamp {
    Timestamp(1_800_000_000_000_000_000) + Duration::from_secs_f64(seconds)
}

fn id(lane: usize) -> InstanceId {
    InstanceId::new(format!("lane-{lane}")).expect("a name of letters and digits is an id")
}

fn commit(id: InstanceId, events: Vec<Event>) -> Committed {
    let instance = InstanceSummary {
        status: Status::Running,
        in_flight: 1,
        ..InstanceSummary::new(id, "bench")
    };
    Committed {
        instance,
        events,
        annotations: Vec::new(),
        log: Vec::new(),
    }
}

fn started() -> EventKind {
    EventKind::ExecutionStarted {
        name: "bench".to_owned(),
        input: Payload::null(),
        version: None,
        run: 1,
        seed: 1,
        parent: None,
        fork: None,
        tags: Tags::new(),
        start_at: None,
        limits: None,
        custom_status: None,
        deadline: None,
        code: Default::default(),
    }
}

fn scheduled(name: &str, input: Payload) -> EventKind {
    EventKind::TaskScheduled {
        name: name.to_owned(),
        input,
        retry: None,
        timeouts: Timeouts::default(),
    }
}

/// The three events of note `n`, two notes a second.
fn note(events: &mut Vec<Event>, next: u64, n: usize) {
    let seconds = n as f64 * 0.5;
    let play = Play {
        task: "walk".to_owned(),
        instrument: "bass".to_owned(),
        keys: Key::new(36 + (n * 5 % 24) as u8).into_iter().collect(),
        at: Beat(Beats::from_f64(seconds)),
        length: Beats::from_f64(0.45),
        velocity: Velocity::default(),
    };
    let done = Performed {
        at: play.at,
        onset: at(seconds),
        until: at(seconds + 0.45),
    };
    // Notes always become JSON.
    let (Ok(input), Ok(result)) = (Payload::encode(&play), Payload::encode(&done)) else {
        return;
    };
    let id = EventId(next);
    let kinds = [
        scheduled("play", input),
        EventKind::TaskStarted {
            scheduled: id,
            attempt: 1,
        },
        EventKind::TaskCompleted {
            scheduled: id,
            result,
        },
    ];
    for (place, kind) in (0..).zip(kinds) {
        let early = 0.03 - 0.01 * place as f64;
        events.push(Event {
            id: EventId(next + place),
            at: at((seconds - early).max(0.0)),
            kind,
        });
    }
}

/// A lane that has played so many notes.
pub fn note_lane(lane: usize, notes: usize) -> Committed {
    let mut events = vec![Event {
        id: EventId(0),
        at: at(0.0),
        kind: started(),
    }];
    for n in 0..notes {
        note(&mut events, 1 + 3 * n as u64, n);
    }
    commit(id(lane), events)
}

/// The next note of a lane that has played so many.
pub fn next_note(lane: usize, notes: usize) -> Committed {
    let mut events = Vec::new();
    note(&mut events, 1 + 3 * notes as u64, notes);
    commit(id(lane), events)
}

/// An instance that has completed so many activities, one after the other, two a second.
pub fn worked(id: InstanceId, activities: u64) -> Committed {
    let mut events = vec![Event {
        id: EventId(0),
        at: at(0.0),
        kind: started(),
    }];
    for n in 0..activities {
        let task = EventId(1 + 3 * n);
        let kinds = [
            scheduled("charge", Payload::null()),
            EventKind::TaskStarted {
                scheduled: task,
                attempt: 1,
            },
            EventKind::TaskCompleted {
                scheduled: task,
                result: Payload::null(),
            },
        ];
        for (place, kind) in (0..).zip(kinds) {
            let seconds = n as f64 * 0.5 + place as f64 * 0.1;
            events.push(Event {
                id: EventId(task.0 + place),
                at: at(seconds),
                kind,
            });
        }
    }
    commit(id, events)
}

/// A lane with so many activities that have started and not ended.
pub fn open_activities(count: u64) -> Vec<Committed> {
    let mut events = vec![Event {
        id: EventId(0),
        at: at(0.0),
        kind: started(),
    }];
    for n in 0..count {
        let id = EventId(1 + n);
        let kind = scheduled("charge", Payload::null());
        events.push(Event {
            id,
            at: at(1.0 + n as f64 * 1e-4),
            kind,
        });
    }
    for n in 0..count {
        let kind = EventKind::TaskStarted {
            scheduled: EventId(1 + n),
            attempt: 1,
        };
        events.push(Event {
            id: EventId(1 + count + n),
            at: at(3.0 + n as f64 * 1e-4),
            kind,
        });
    }
    vec![commit(id(0), events)]
}
