//! Short histories for tests.

use std::time::Duration;

use crate::{
    engine::{
        Committed, Event, EventId, EventKind, Failure, Fork, InstanceId, InstanceSummary, Parent,
        ParentClosePolicy, Payload, RetryPolicy, Status, Tags, Timeouts, TimerOrigin, Timestamp,
    },
    music::{Beat, Beats, Key, Velocity},
    score::calls::{Performed, Play},
};

/// A moment, in seconds after the start of the test histories.
pub(super) fn s(seconds: f64) -> Timestamp {
    Timestamp(1_800_000_000_000_000_000) + Duration::from_secs_f64(seconds)
}

/// A history that grows.
pub(super) struct TestHistory {
    pub(super) id: InstanceId,
    pub(super) status: Status,
    pub(super) run: u32,
    pub(super) parent: Option<Parent>,
    pub(super) fork: Option<Fork>,
    pub(super) events: Vec<Event>,
}

impl TestHistory {
    pub(super) fn new(id: &str) -> Self {
        let mut history = Self {
            id: InstanceId::new(id).unwrap(),
            status: Status::Running,
            run: 1,
            parent: None,
            fork: None,
            events: Vec::new(),
        };
        history.begin(0.0);
        history
    }

    /// The next run of the same instance, with a history of its own.
    pub(super) fn next_run(&self, at: f64) -> Self {
        let mut next = Self {
            id: self.id.clone(),
            status: Status::Running,
            run: self.run + 1,
            parent: None,
            fork: None,
            events: Vec::new(),
        };
        next.begin(at);
        next
    }

    /// Makes it a child of an instance.
    pub(super) fn child_of(mut self, parent: &str) -> Self {
        self.parent = Some(Parent {
            instance: InstanceId::new(parent).unwrap(),
            created: EventId(1),
            attached: true,
            run: 1,
        });
        self.events.clear();
        self.begin(0.0);
        self
    }

    /// Makes it a fork of an instance from an event on.
    pub(super) fn fork_of(mut self, source: &str, from: u64) -> Self {
        self.fork = Some(Fork {
            instance: InstanceId::new(source).unwrap(),
            run: 1,
            from: EventId(from),
            source: None,
            seed: None,
        });
        self.events.clear();
        self.begin(0.0);
        self
    }

    fn begin(&mut self, at: f64) {
        let kind = EventKind::ExecutionStarted {
            name: self.id.as_str().to_owned(),
            input: Payload::null(),
            version: None,
            run: 1,
            seed: 1,
            parent: self.parent.clone(),
            fork: self.fork.clone().map(Box::new),
            tags: Tags::new(),
            start_at: None,
            limits: None,
            custom_status: None,
            deadline: None,
            code: Default::default(),
        };
        self.add(at, kind);
    }

    /// Adds a child with eight attempts.
    pub(super) fn child(&mut self, at: f64, name: &str, instance: &str) -> EventId {
        let kind = EventKind::ChildWorkflowInstanceCreated {
            instance: InstanceId::new(instance).unwrap(),
            name: name.to_owned(),
            input: Payload::null(),
            retry: Some(Box::new(RetryPolicy::attempts(8))),
            on_close: ParentClosePolicy::Terminate,
            detached: false,
        };
        self.add(at, kind)
    }

    /// Pauses it and freezes its time.
    pub(super) fn pause(&mut self, at: f64) {
        let (reason, freeze_time) = (String::new(), true);
        let kind = EventKind::ExecutionSuspended {
            reason,
            freeze_time,
        };
        self.add(at, kind);
    }

    /// The same with a reason, and its status follows.
    pub(super) fn pause_because(&mut self, at: f64, reason: &str) {
        self.status = Status::Suspended;
        let (reason, freeze_time) = (reason.to_owned(), true);
        let kind = EventKind::ExecutionSuspended {
            reason,
            freeze_time,
        };
        self.add(at, kind);
    }

    pub(super) fn add(&mut self, seconds: f64, kind: EventKind) -> EventId {
        let id = EventId(self.events.len() as u64);
        let at = s(seconds);
        self.events.push(Event { id, at, kind });
        id
    }

    pub(super) fn schedule(&mut self, at: f64, name: &str, input: Payload) -> EventId {
        let kind = EventKind::TaskScheduled {
            name: name.to_owned(),
            input,
            retry: Some(Box::new(RetryPolicy::attempts(8))),
            timeouts: Timeouts::default(),
        };
        let id = self.add(at, kind);
        let (scheduled, attempt) = (id, 1);
        self.add(at + 0.01, EventKind::TaskStarted { scheduled, attempt });
        id
    }

    /// Adds a note at `at` with a length in seconds, at 60 BPM.
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
                heartbeat: None,
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

    /// The whole history in one commit.
    pub(super) fn commit(&self) -> Committed {
        self.commit_of(0..self.events.len())
    }

    /// Part of the history in one commit.
    pub(super) fn commit_of(&self, part: std::ops::Range<usize>) -> Committed {
        let closed = self.status.is_closed();
        Committed {
            annotations: Vec::new(),
            log: Vec::new(),
            instance: InstanceSummary {
                run: self.run,
                status: self.status,
                started_at: self.events[0].at,
                closed_at: self.events.last().filter(|_| closed).map(|e| e.at),
                parent: self.parent.clone(),
                fork: self.fork.clone(),
                ..InstanceSummary::new(self.id.clone(), self.id.as_str())
            },
            events: self.events[part].to_vec(),
        }
    }
}
