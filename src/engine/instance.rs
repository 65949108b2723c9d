//! An open instance in memory: its run, and what follows from its history for the engine.
//!
//! Everything here but the run is a fold over the history, the same live and at recovery.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::{sync::watch, task::AbortHandle};

use super::{
    ActivityError, Event, EventId, EventKind, Failure, InstanceId, InstanceKey, InstanceSummary,
    Payload, RetryPolicy, Status, Timestamp,
    registry::WorkflowFn,
    turn::{Mismatch, Run},
};

/// An open instance.
pub(super) struct Instance {
    pub key: InstanceKey,
    pub summary: InstanceSummary,
    run: Run,
    next: EventId,
    tasks: BTreeMap<EventId, Task>,
    /// Of the tasks, those that start as soon as the instance runs.
    ready: BTreeSet<EventId>,
    /// Of the tasks, those that the history has started and the world not yet.
    to_start: Vec<EventId>,
    timers: BTreeMap<EventId, Deadline>,
    suspended_at: Option<Timestamp>,
    /// Events that are not yet in the store.
    fresh: Vec<Event>,
    /// Tells running activities that the instance is suspended.
    recall: watch::Sender<bool>,
}

/// An activity that is not closed.
struct Task {
    name: String,
    input: Payload,
    retry: RetryPolicy,
    attempt: u32,
    state: TaskState,
}

enum TaskState {
    /// To be started as soon as the instance runs.
    Ready,
    /// Started; without a handle until it is really under way.
    Started(Option<AbortHandle>),
    /// Failed, and waits for the next attempt.
    Backoff(Deadline),
}

/// A moment in the future that moves on while the instance is suspended.
#[derive(Clone, Copy)]
struct Deadline {
    due: Timestamp,
    since: Timestamp,
}

impl Deadline {
    fn shift(&mut self, suspended: Timestamp, resumed: Timestamp) {
        self.due = self.due + resumed.since(suspended.max(self.since));
    }
}

/// An attempt of an activity to be started.
pub(super) struct Start {
    pub scheduled: EventId,
    pub name: String,
    pub input: Payload,
    pub attempt: u32,
    pub recalled: watch::Receiver<bool>,
}

impl Instance {
    /// A new instance, before its first event.
    pub fn new(key: InstanceKey, id: InstanceId, name: &str, workflow: WorkflowFn) -> Self {
        Self {
            key,
            summary: InstanceSummary {
                id: id.clone(),
                workflow: name.to_owned(),
                status: Status::Pending,
                started_at: Timestamp::default(),
                closed_at: None,
                in_flight: 0,
                custom_status: None,
                output: None,
                failure: None,
            },
            run: Run::new(workflow, id),
            next: EventId::default(),
            tasks: BTreeMap::new(),
            ready: BTreeSet::new(),
            to_start: Vec::new(),
            timers: BTreeMap::new(),
            suspended_at: None,
            fresh: Vec::new(),
            recall: watch::Sender::new(false),
        }
    }

    /// Takes the history that the store already has, then goes on from there: what was under way
    /// begins again. Code that does not agree with the history stalls the instance.
    pub fn recover(&mut self, history: &[Event], now: Timestamp) {
        let mut mismatch = None;
        for event in history {
            self.fold(event);
            if mismatch.is_none() {
                mismatch = self.run.apply(event).err();
            }
        }
        match mismatch {
            Some(mismatch) => self.stall(now, &mismatch),
            None => self.restart(now),
        }
    }

    fn restart(&mut self, now: Timestamp) {
        self.run.take_annotations();
        self.to_start.clear();
        self.summary.in_flight = 0;
        for (scheduled, task) in &mut self.tasks {
            if matches!(task.state, TaskState::Started(_)) {
                task.state = TaskState::Ready;
                self.ready.insert(*scheduled);
            }
        }
        if self.summary.status == Status::Stalled {
            let reason = "the workflow's code agrees with its history again".into();
            self.append(now, EventKind::ExecutionResumed { reason });
        }
        self.advance(now);
    }

    /// Parks the instance because its code does not agree with its history.
    fn stall(&mut self, now: Timestamp, mismatch: &Mismatch) {
        self.to_start.clear();
        if self.summary.status != Status::Stalled {
            let reason = mismatch.to_string();
            self.append(now, EventKind::ExecutionStalled { reason });
        }
    }

    /// Appends what came from outside and lets the workflow go on.
    pub fn receive(&mut self, now: Timestamp, kind: EventKind) {
        self.append(now, kind);
        self.advance(now);
    }

    /// Takes the result of an attempt. Late ones, of an attempt that is no longer wanted, are
    /// dropped.
    pub fn activity_ended(
        &mut self,
        now: Timestamp,
        scheduled: EventId,
        attempt: u32,
        result: Result<Payload, ActivityError>,
    ) {
        let Some(task) = self.tasks.get_mut(&scheduled) else {
            return;
        };
        if task.attempt != attempt || !matches!(task.state, TaskState::Started(_)) {
            return;
        }
        match result {
            Ok(result) => self.receive(now, EventKind::TaskCompleted { scheduled, result }),
            Err(ActivityError::Failed(failure)) => {
                let pause = Self::pause(&task.retry, attempt, &failure);
                let kind = EventKind::TaskFailed {
                    scheduled,
                    attempt,
                    failure,
                    retry_at: pause.map(|pause| now + pause),
                };
                self.receive(now, kind);
            }
            Err(ActivityError::GivenBack) => {
                task.state = TaskState::Ready;
                self.ready.insert(scheduled);
                self.summary.in_flight = self.summary.in_flight.saturating_sub(1);
                self.advance(now);
            }
        }
    }

    fn pause(retry: &RetryPolicy, attempt: u32, failure: &Failure) -> Option<Duration> {
        if failure.non_retryable {
            return None;
        }
        retry.pause_after(attempt)
    }

    /// A deadline came; false if it no longer stands.
    pub fn deadline(&mut self, now: Timestamp, id: EventId, due: Timestamp) -> bool {
        if self.summary.status != Status::Running {
            return false;
        }
        if self.timers.get(&id).is_some_and(|timer| timer.due == due) {
            self.receive(now, EventKind::TimerFired { timer: id });
            return true;
        }
        match self.tasks.get_mut(&id) {
            Some(task) if matches!(task.state, TaskState::Backoff(d) if d.due == due) => {
                task.state = TaskState::Ready;
                self.ready.insert(id);
                self.advance(now);
                true
            }
            _ => false,
        }
    }

    /// Every deadline that stands.
    pub fn deadlines(&self) -> impl Iterator<Item = (Timestamp, EventId)> + '_ {
        let timers = self.timers.iter().map(|(id, timer)| (timer.due, *id));
        let tasks = self.tasks.iter().filter_map(|(id, task)| match task.state {
            TaskState::Backoff(deadline) => Some((deadline.due, *id)),
            _ => None,
        });
        timers.chain(tasks)
    }

    /// Events that were appended since this was last asked.
    pub fn take_fresh(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.fresh)
    }

    /// What the workflow told those who watch since this was last asked.
    pub fn take_annotations(&mut self) -> Vec<Payload> {
        self.run.take_annotations()
    }

    /// Attempts that were started in the history and are to be started in the world.
    pub fn take_starts(&mut self) -> Vec<Start> {
        let started = std::mem::take(&mut self.to_start).into_iter();
        started
            .filter_map(|scheduled| {
                let task = self.tasks.get(&scheduled)?;
                Some(Start {
                    scheduled,
                    name: task.name.clone(),
                    input: task.input.clone(),
                    attempt: task.attempt,
                    recalled: self.recall.subscribe(),
                })
            })
            .collect()
    }

    /// An attempt is under way.
    pub fn under_way(&mut self, scheduled: EventId, handle: AbortHandle) {
        if let Some(task) = self.tasks.get_mut(&scheduled) {
            task.state = TaskState::Started(Some(handle));
        }
    }

    /// Stops every activity that is under way.
    pub fn abort_activities(&mut self) {
        for task in self.tasks.values() {
            abort(task);
        }
    }

    /// Appends what the workflow asks for, then starts the activities that are ready.
    fn advance(&mut self, now: Timestamp) {
        if self.summary.status == Status::Stalled {
            return;
        }
        while let Some(kind) = self.run.wanted() {
            self.append(now, kind);
        }
        if self.summary.status == Status::Running {
            while let Some(scheduled) = self.ready.pop_first() {
                let attempt = self.tasks.get(&scheduled).map_or(1, |task| task.attempt);
                self.append(now, EventKind::TaskStarted { scheduled, attempt });
            }
        }
    }

    fn append(&mut self, now: Timestamp, kind: EventKind) {
        let event = Event {
            id: self.next,
            at: now,
            kind,
        };
        let stalled = self.summary.status == Status::Stalled;
        self.fold(&event);
        // A stalled run takes nothing more; what comes is replayed to the mended code.
        let applied = if stalled {
            Ok(())
        } else {
            self.run.apply(&event)
        };
        self.fresh.push(event);
        if let Err(mismatch) = applied {
            self.stall(now, &mismatch);
        }
    }

    /// What an event means for the engine.
    fn fold(&mut self, event: &Event) {
        self.next = event.id.next();
        match &event.kind {
            EventKind::ExecutionStarted { .. } => {
                self.summary.status = Status::Running;
                self.summary.started_at = event.at;
            }
            EventKind::ExecutionCompleted { output } => {
                self.summary.output = Some(output.clone());
                self.close(Status::Completed, event.at);
            }
            EventKind::ExecutionFailed { failure } => {
                self.summary.failure = Some(failure.clone());
                self.close(Status::Failed, event.at);
            }
            EventKind::ExecutionTerminated { .. } => self.close(Status::Terminated, event.at),
            EventKind::ExecutionStalled { .. } => self.summary.status = Status::Stalled,
            EventKind::ExecutionSuspended { .. } => {
                self.summary.status = Status::Suspended;
                self.suspended_at = Some(event.at);
                self.recall.send_replace(true);
            }
            EventKind::ExecutionResumed { .. } => self.resume(event.at),
            EventKind::CustomStatusSet { status } => {
                self.summary.custom_status = Some(status.clone());
            }
            EventKind::TaskScheduled { name, input, retry } => {
                let task = Task {
                    name: name.clone(),
                    input: input.clone(),
                    retry: retry.clone(),
                    attempt: 1,
                    state: TaskState::Ready,
                };
                self.tasks.insert(event.id, task);
                self.ready.insert(event.id);
            }
            EventKind::TaskStarted { scheduled, attempt } => {
                self.ready.remove(scheduled);
                if let Some(task) = self.tasks.get_mut(scheduled) {
                    task.attempt = *attempt;
                    task.state = TaskState::Started(None);
                    self.to_start.push(*scheduled);
                    self.summary.in_flight += 1;
                }
            }
            EventKind::TaskFailed {
                scheduled,
                retry_at: Some(due),
                ..
            } => {
                if let Some(task) = self.tasks.get_mut(scheduled) {
                    self.summary.in_flight = self.summary.in_flight.saturating_sub(1);
                    task.attempt += 1;
                    task.state = TaskState::Backoff(Deadline {
                        due: *due,
                        since: event.at,
                    });
                }
            }
            EventKind::TaskCompleted { scheduled, .. }
            | EventKind::TaskFailed { scheduled, .. }
            | EventKind::TaskCanceled { scheduled } => {
                self.ready.remove(scheduled);
                if let Some(task) = self.tasks.remove(scheduled) {
                    if matches!(task.state, TaskState::Started(_)) {
                        self.summary.in_flight = self.summary.in_flight.saturating_sub(1);
                    }
                    abort(&task);
                }
            }
            EventKind::TimerCreated { fire_at, .. } => {
                if let Some(due) = *fire_at {
                    let since = event.at;
                    self.timers.insert(event.id, Deadline { due, since });
                }
            }
            EventKind::TimerFired { timer } | EventKind::TimerCanceled { timer } => {
                self.timers.remove(timer);
            }
            EventKind::EventRaised { .. } => {}
        }
    }

    /// Time stood still for the instance while it was suspended: what it waits for moves on.
    fn resume(&mut self, resumed: Timestamp) {
        self.summary.status = Status::Running;
        self.recall.send_replace(false);
        let Some(suspended) = self.suspended_at.take() else {
            return;
        };
        for timer in self.timers.values_mut() {
            timer.shift(suspended, resumed);
        }
        for task in self.tasks.values_mut() {
            if let TaskState::Backoff(deadline) = &mut task.state {
                deadline.shift(suspended, resumed);
            }
        }
    }

    fn close(&mut self, status: Status, at: Timestamp) {
        self.summary.status = status;
        self.summary.closed_at = Some(at);
        self.abort_activities();
        self.tasks.clear();
        self.ready.clear();
        self.to_start.clear();
        self.timers.clear();
        self.summary.in_flight = 0;
    }
}

fn abort(task: &Task) {
    if let TaskState::Started(Some(handle)) = &task.state {
        handle.abort();
    }
}
