//! Short histories for tests.

use std::time::Duration;

use crate::{
    engine::{
        Committed, Event, EventId, EventKind, Failure, InstanceId, InstanceSummary, Payload,
        RetryPolicy, Status, TimerOrigin, Timestamp,
    },
    music::{Beat, Beats, Key, Velocity},
    score::calls::{Performed, Play},
};

/// So many seconds after the beginning of the samples.
pub(super) fn s(seconds: f64) -> Timestamp {
    Timestamp(1_800_000_000_000_000_000) + Duration::from_secs_f64(seconds)
}

/// A history that grows.
pub(super) struct Sample {
    pub(super) id: InstanceId,
    pub(super) status: Status,
    pub(super) events: Vec<Event>,
}

impl Sample {
    pub(super) fn new(id: &str) -> Self {
        let mut sample = Self {
            id: InstanceId::new(id).unwrap(),
            status: Status::Running,
            events: Vec::new(),
        };
        let name = id.to_owned();
        let input = Payload::null();
        sample.add(0.0, EventKind::ExecutionStarted { name, input });
        sample
    }

    pub(super) fn add(&mut self, seconds: f64, kind: EventKind) -> EventId {
        let id = EventId(self.events.len() as u64);
        let at = s(seconds);
        self.events.push(Event { id, at, kind });
        id
    }

    pub(super) fn schedule(&mut self, at: f64, name: &str, input: Payload) -> EventId {
        let name = name.to_owned();
        let retry = RetryPolicy::attempts(8);
        let id = self.add(at, EventKind::TaskScheduled { name, input, retry });
        let (scheduled, attempt) = (id, 1);
        self.add(at + 0.01, EventKind::TaskStarted { scheduled, attempt });
        id
    }

    /// A note of `key` from `at` on, so many seconds long, at 60 beats a minute.
    pub(super) fn note(&mut self, at: f64, seconds: f64, key: u8) {
        let play = Play {
            task: "walk".to_owned(),
            instrument: "bass".to_owned(),
            keys: vec![Key::new(key).unwrap()],
            at: Beat(Beats::from_f64(at)),
            length: Beats::from_f64(seconds),
            velocity: Velocity::default(),
        };
        let scheduled = self.schedule(at - 0.05, "play", Payload::encode(&play).unwrap());
        let done = Performed {
            at: play.at,
            onset: s(at),
            until: s(at + seconds),
        };
        let result = Payload::encode(&done).unwrap();
        self.add(at - 0.01, EventKind::TaskCompleted { scheduled, result });
    }

    pub(super) fn fail(&mut self, at: f64, scheduled: EventId, attempt: u32, retry: Option<f64>) {
        self.add(
            at,
            EventKind::TaskFailed {
                scheduled,
                attempt,
                failure: Failure::new("outage", "the service is down"),
                retry_at: retry.map(s),
            },
        );
    }

    pub(super) fn wait_for(&mut self, at: f64, name: &str, deadline: Option<f64>) -> EventId {
        let origin = TimerOrigin::ExternalEvent {
            name: name.to_owned(),
        };
        let fire_at = deadline.map(s);
        self.add(at, EventKind::TimerCreated { fire_at, origin })
    }

    /// All of it in one commit.
    pub(super) fn commit(&self) -> Committed {
        self.commit_of(0..self.events.len())
    }

    /// Part of it in one commit.
    pub(super) fn commit_of(&self, part: std::ops::Range<usize>) -> Committed {
        let closed = self.status.is_closed();
        Committed {
            annotations: Vec::new(),
            instance: InstanceSummary {
                id: self.id.clone(),
                workflow: self.id.as_str().to_owned(),
                status: self.status,
                started_at: s(0.0),
                closed_at: self.events.last().filter(|_| closed).map(|e| e.at),
                in_flight: 0,
                custom_status: None,
                output: None,
                failure: None,
            },
            events: self.events[part].to_vec(),
        }
    }
}
