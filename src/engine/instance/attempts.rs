//! The attempts of an instance's activities: when they begin, how they end, what watches them.

use std::time::Duration;

use tokio::{sync::watch, task::AbortHandle};

use super::{Attempt, Instance, Limit, Stage, task::MAX_RECORDED};
use crate::engine::{
    ActivityError, Cause, Event, EventId, EventKind, Failure, Payload, Status, Timestamp,
    activity::{ActivityFn, ActivityResult, Signal},
    activity_slots::ActivitySlots,
    turn::Story,
};

/// An attempt of an activity to be started.
pub(in crate::engine) struct Start {
    pub scheduled: EventId,
    pub name: String,
    pub input: Payload,
    pub attempt: u32,
    pub heartbeat: Option<Payload>,
    /// The code, if it was given with the call.
    pub function: Option<ActivityFn>,
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
            Ok(result) => {
                self.attempts_end(now, scheduled);
                self.receive(now, EventKind::TaskCompleted { scheduled, result });
            }
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
        let (failure, worth) = self.judged(scheduled, failure);
        let Some(task) = self.tasks.get(&scheduled) else {
            return;
        };
        let retry_at = task.retry_at(&failure, || worth, self.seed ^ scheduled.0, now);
        let kind = EventKind::TaskFailed {
            scheduled,
            attempt: task.attempt,
            retry_at,
            heartbeat: task.heartbeat.clone(),
            failure,
        };
        if retry_at.is_some() && task.attempt > MAX_RECORDED {
            self.count(now, scheduled, kind);
        } else {
            self.attempts_end(now, scheduled);
            self.receive(now, kind);
        }
    }

    /// The process ended while an attempt was under way. It is started again, but not for ever: it may
    /// be what ended the process.
    pub(super) fn interrupted(&mut self, now: Timestamp, scheduled: EventId) {
        let limit = self.identity.limits.interruptions;
        let Some(task) = self.tasks.get(&scheduled) else {
            return;
        };
        let again = task.interruptions + 1 < task.max_interruptions(limit);
        let times = task.interruptions + 1;
        let message = format!(
            "the process ended while attempt {} of {:?} was under way, {times} times by now",
            task.attempt, task.name
        );
        let kind = EventKind::TaskFailed {
            scheduled,
            attempt: task.attempt,
            retry_at: again.then_some(now),
            heartbeat: task.heartbeat.clone(),
            failure: Failure::new(Failure::INTERRUPTED, message),
        };
        if again && task.attempt > MAX_RECORDED {
            self.count(now, scheduled, kind);
        } else {
            self.receive(now, kind);
        }
    }

    /// What happens to an activity whose attempts are no longer recorded one by one: the same follows
    /// from it, but it is kept in the summary alone.
    fn count(&mut self, now: Timestamp, scheduled: EventId, kind: EventKind) {
        let event = Event {
            id: self.next,
            at: now,
            kind,
        };
        self.fold_work(&event);
        self.note_folded(scheduled);
    }

    /// The summary says where an activity is whose attempts are no longer recorded one by one.
    pub(super) fn note_folded(&mut self, scheduled: EventId) {
        let folded = &mut self.summary.folded_attempts;
        let known = folded.iter().position(|f| f.scheduled == scheduled);
        let task = self.tasks.get(&scheduled);
        let now = task
            .filter(|task| task.is_folded())
            .map(|task| task.folded(scheduled));
        match (known, now) {
            (None, None) => return,
            (Some(known), None) => drop(folded.remove(known)),
            (Some(known), Some(now)) => folded[known] = now,
            (None, Some(now)) => folded.push(now),
        }
        self.summary_changed = true;
    }

    /// One row stands for the attempts that were not recorded.
    fn attempts_end(&mut self, now: Timestamp, scheduled: EventId) {
        let Some(task) = self.tasks.get(&scheduled) else {
            return;
        };
        let last = task.attempt - 1;
        if last > MAX_RECORDED
            && let Some(failure) = task.failure.clone()
        {
            let kind = EventKind::TaskAttemptsFolded {
                scheduled,
                first: MAX_RECORDED + 1,
                last,
                failure,
            };
            self.append(now, kind);
        }
    }

    /// Whether what is ready has code. If not, the instance stalls until it has.
    pub fn check_code(&mut self, now: Timestamp, is_registered: impl Fn(&str) -> bool) {
        if self.summary.status != Status::Running {
            return;
        }
        let lacks_code = |scheduled: &&EventId| {
            let task = self.tasks.get(scheduled);
            task.is_some_and(|task| !is_registered(&task.name))
                && self.function_of(**scheduled).is_none()
        };
        let missing = self.ready.iter().find(lacks_code);
        let missing = missing.and_then(|scheduled| self.tasks.get(scheduled));
        if let Some(name) = missing.map(|task| task.name.clone()) {
            self.stall_without_code(now, Story::NoActivity { name });
        }
    }

    pub(super) fn stall_without_code(&mut self, now: Timestamp, story: Story) {
        let next = self.next;
        let divergence = self.look(|run| run.divergence(next, story, Cause::NotRegistered));
        if let Some(divergence) = divergence {
            self.stall(now, &divergence);
        }
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
        if !task.beat(details.clone(), now) {
            return;
        }
        if task.is_folded() {
            task.recorded(&details, now);
            self.note_folded(scheduled);
        } else {
            self.append(now, EventKind::TaskHeartbeat { scheduled, details });
        }
    }

    /// A moment came that was watched for; false if it no longer stands.
    pub fn deadline(&mut self, now: Timestamp, id: EventId, due: Timestamp) -> bool {
        if !matches!(self.summary.status, Status::Running | Status::Pending) {
            return false;
        }
        if self.deadline.is_some_and(|deadline| deadline.due == due) && id == EventId(0) {
            let message = "the instance took longer than it was given";
            self.exhaust(now, Failure::new(Failure::EXECUTION_TIMEOUT, message));
            return true;
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
    pub fn start_ready(&mut self, now: Timestamp, places: &mut ActivitySlots) {
        if self.summary.status != Status::Running {
            return;
        }
        while let Some(scheduled) = self.ready.pop_first() {
            let Some(task) = self.tasks.get_mut(&scheduled) else {
                continue;
            };
            if places.take(&task.name, (self.key, scheduled)) {
                let attempt = task.attempt;
                let kind = EventKind::TaskStarted { scheduled, attempt };
                if attempt > MAX_RECORDED {
                    self.count(now, scheduled, kind);
                } else {
                    self.append(now, kind);
                }
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
                    function: self.function_of(scheduled),
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
        let deadline = self.deadline.map(|deadline| (deadline.due, EventId(0)));
        self.armed.extend(deadline);
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
