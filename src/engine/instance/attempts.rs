//! The attempts of an instance's activities: when they begin, how they end, what watches them.

use std::time::Duration;

use tokio::{sync::watch, task::AbortHandle};

use super::{Attempt, Instance, Limit, Stage};
use crate::engine::{
    ActivityError, EventId, EventKind, Failure, Payload, Status, Timestamp,
    activity::{ActivityResult, Signal},
    places::Places,
};

/// An attempt of an activity to be started.
pub(in crate::engine) struct Start {
    pub scheduled: EventId,
    pub name: String,
    pub input: Payload,
    pub attempt: u32,
    pub heartbeat: Option<Payload>,
}

impl Instance {
    /// Takes the result of an attempt. Late ones, of an attempt that is no longer wanted, are
    /// dropped.
    pub fn activity_ended(
        &mut self,
        now: Timestamp,
        scheduled: EventId,
        attempt: u32,
        result: ActivityResult,
    ) {
        let Some(task) = self.tasks.get_mut(&scheduled) else {
            return;
        };
        if task.attempt != attempt || !task.is_started() {
            return;
        }
        let most = self.identity.limits.payload;
        match result {
            Ok(result) if result.size() > most => {
                let failure = Failure::too_large("activity's output", result.size(), most);
                self.attempt_failed(now, scheduled, failure);
            }
            Ok(result) => self.receive(now, EventKind::TaskCompleted { scheduled, result }),
            Err(ActivityError::Failed(failure)) => self.attempt_failed(now, scheduled, failure),
            Err(ActivityError::GivenBack) => {
                task.ready();
                self.ready.insert(scheduled);
                self.summary.in_flight = self.summary.in_flight.saturating_sub(1);
                self.advance(now);
            }
        }
    }

    fn attempt_failed(&mut self, now: Timestamp, scheduled: EventId, failure: Failure) {
        let Some(task) = self.tasks.get(&scheduled) else {
            return;
        };
        let worth = || {
            let run = self.run.as_ref();
            run.is_none_or(|run| run.worth_a_retry(scheduled, &failure))
        };
        let retry_at = task.retry_at(&failure, worth, self.seed ^ scheduled.0, now);
        let kind = EventKind::TaskFailed {
            scheduled,
            attempt: task.attempt,
            retry_at,
            heartbeat: task.heartbeat.clone(),
            failure,
        };
        self.receive(now, kind);
    }

    /// Takes a sign of life of an attempt.
    pub fn heartbeat(
        &mut self,
        now: Timestamp,
        scheduled: EventId,
        attempt: u32,
        details: Payload,
    ) {
        let Some(task) = self.tasks.get_mut(&scheduled) else {
            return;
        };
        if task.attempt != attempt || !task.is_started() {
            return;
        }
        if task.beat(details.clone(), now) {
            self.append(now, EventKind::TaskHeartbeat { scheduled, details });
        }
    }

    /// A moment came that was watched for; false if it no longer stands.
    pub fn deadline(&mut self, now: Timestamp, id: EventId, due: Timestamp) -> bool {
        if self.summary.status != Status::Running {
            return false;
        }
        if self.timers.get(&id).is_some_and(|timer| timer.due == due) {
            self.receive(now, EventKind::TimerFired { timer: id });
            return true;
        }
        let backoff = self.children.get(&id).and_then(|child| child.backoff);
        if backoff.is_some_and(|backoff| backoff.due == due) {
            self.restart_child(now, id);
            return true;
        }
        let Some(task) = self.tasks.get_mut(&id) else {
            return false;
        };
        if !task.disarm(due) {
            return false;
        }
        match task.overdue(now) {
            None => {
                self.arm(id);
                return false;
            }
            Some(Limit::Backoff) => {
                task.ready();
                self.ready.insert(id);
                self.arm(id);
            }
            Some(limit) => {
                let failure = limit.failure(task);
                self.attempt_failed(now, id, failure);
            }
        }
        true
    }

    /// Attempts that begin now, as far as there are places for them.
    pub fn start_ready(&mut self, now: Timestamp, places: &mut Places) {
        if self.summary.status != Status::Running {
            return;
        }
        while let Some(scheduled) = self.ready.pop_first() {
            let Some(task) = self.tasks.get_mut(&scheduled) else {
                continue;
            };
            if places.take(&task.name, (self.key, scheduled)) {
                let attempt = task.attempt;
                self.append(now, EventKind::TaskStarted { scheduled, attempt });
            } else {
                task.stage = Stage::Queued;
            }
        }
    }

    /// There may be a place for a task by now; false if it no longer waits for one.
    pub fn place_free(&mut self, scheduled: EventId) -> bool {
        let task = self.tasks.get_mut(&scheduled);
        let queued = task.filter(|task| matches!(task.stage, Stage::Queued));
        let waits = queued.map(|task| task.stage = Stage::Ready).is_some();
        waits && self.ready.insert(scheduled)
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
                    heartbeat: task.heartbeat.clone(),
                })
            })
            .collect()
    }

    /// An attempt is under way.
    pub fn under_way(&mut self, scheduled: EventId, attempt: Attempt) {
        if let Some(task) = self.tasks.get_mut(&scheduled) {
            task.stage = Stage::Started(Some(attempt));
        }
    }

    /// Tells every attempt that is under way.
    pub fn signal(&self, signal: Signal) {
        for task in self.tasks.values() {
            if let Stage::Started(Some(attempt)) = &task.stage {
                attempt.signal.send_replace(signal);
            }
        }
    }

    /// Stops every activity that is under way.
    pub fn abort_activities(&self) {
        for task in self.tasks.values() {
            if let Stage::Started(Some(attempt)) = &task.stage {
                attempt.abort.abort();
            }
        }
    }

    pub(super) fn arm(&mut self, id: EventId) {
        if let Some(due) = self.tasks.get_mut(&id).and_then(|task| task.arm()) {
            self.armed.push((due, id));
        }
    }

    pub(super) fn arm_everything(&mut self) {
        let timers = self.timers.iter().map(|(id, timer)| (timer.due, *id));
        self.armed.extend(timers);
        let children = self.children.iter();
        let backoffs = children.filter_map(|(id, child)| Some((child.backoff?.due, *id)));
        self.armed.extend(backoffs);
        for (id, task) in &mut self.tasks {
            task.forget_armed();
            self.armed.extend(task.arm().map(|due| (due, *id)));
        }
    }
}

impl Attempt {
    pub fn new(signal: watch::Sender<Signal>, abort: AbortHandle, grace: Duration) -> Self {
        Self {
            signal,
            abort,
            grace,
        }
    }
}
