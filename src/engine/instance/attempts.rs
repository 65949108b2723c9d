//! Activity attempts of an instance: starts, results, heartbeats and timeouts.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::AbortHandle};

use super::{Attempt, Instance, Limit, Stage, task::MAX_RECORDED};
use crate::engine::{
    ActivityError, Cause, CrashCause, Event, EventId, EventKind, Failure, Payload, Status,
    Timestamp,
    activity::{ActivityFn, ActivityResult, Signal},
    activity_slots::ActivitySlots,
    turn::DivergenceKind,
};

/// An activity attempt to be started.
pub(in crate::engine) struct AttemptStart {
    pub scheduled: EventId,
    pub name: Arc<str>,
    pub input: Payload,
    pub attempt: u32,
    pub heartbeat: Option<Payload>,
    /// The function of an inline activity.
    pub function: Option<ActivityFn>,
}

impl Instance {
    /// Applies the result of an attempt. Results of attempts that are no longer wanted are dropped.
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
                self.record_folded_attempts(now, scheduled);
                self.receive(now, EventKind::TaskCompleted { scheduled, result });
            }
            Err(ActivityError::Failed(failure)) => self.attempt_failed(now, scheduled, failure),
            Err(ActivityError::Yielded) => {
                task.ready();
                self.ready.insert(scheduled);
                self.summary.in_flight = self.summary.in_flight.saturating_sub(1);
                self.advance(now);
            }
        }
    }

    fn attempt_failed(&mut self, now: Timestamp, scheduled: EventId, failure: Failure) {
        let (failure, should_retry) = self.evaluate_failure(scheduled, failure);
        let Some(task) = self.tasks.get(&scheduled) else {
            return;
        };
        let seed = self.seed ^ scheduled.0;
        let retries = &task.retries;
        let retry_at = retries.next(task.attempt, &failure, || should_retry, seed, now);
        let kind = EventKind::TaskFailed {
            scheduled,
            attempt: task.attempt,
            retry_at,
            heartbeat: task.heartbeat.clone(),
            failure,
        };
        if retry_at.is_some() && task.attempt > MAX_RECORDED {
            self.apply_unrecorded(now, scheduled, kind);
        } else {
            self.record_folded_attempts(now, scheduled);
            self.receive(now, kind);
        }
    }

    /// Records that the process ended during an attempt. The attempt runs again, but not without
    /// limit: it may be what ended the process.
    pub(super) fn record_interruption(
        &mut self,
        now: Timestamp,
        scheduled: EventId,
        cause: CrashCause,
    ) {
        let limit = self.identity.limits.interruptions;
        let Some(task) = self.tasks.get(&scheduled) else {
            return;
        };
        // A remote attempt cannot be what ended the process.
        let limit = task.max_interruptions(limit);
        let again = self.is_remote() || task.interruptions + 1 < limit;
        let times = task.interruptions + 1;
        let message = format!(
            "the process ended while attempt {} of {:?} was under way, {times} times by now",
            task.attempt, task.name
        );
        let failure = Failure::new(Failure::INTERRUPTED, message);
        let kind = EventKind::TaskFailed {
            scheduled,
            attempt: task.attempt,
            retry_at: again.then_some(now),
            heartbeat: task.heartbeat.clone(),
            failure: match cause {
                CrashCause::Unknown => failure,
                CrashCause::Injected => failure.injected(),
            },
        };
        if again && task.attempt > MAX_RECORDED {
            self.apply_unrecorded(now, scheduled, kind);
        } else {
            self.receive(now, kind);
        }
    }

    /// Applies an event of an activity whose attempts are no longer recorded one by one: it has the
    /// same effects, but is kept in the summary only.
    fn apply_unrecorded(&mut self, now: Timestamp, scheduled: EventId, kind: EventKind) {
        let event = Event {
            id: self.next,
            at: now,
            kind,
        };
        self.fold_work(&event);
        self.update_folded(scheduled);
    }

    /// Updates the summary's entry of an activity whose attempts are no longer recorded one by one.
    pub(super) fn update_folded(&mut self, scheduled: EventId) {
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

    /// Records one event for all attempts that were not recorded one by one.
    fn record_folded_attempts(&mut self, now: Timestamp, scheduled: EventId) {
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

    /// Stalls the instance if a ready activity is not registered.
    pub fn check_code(&mut self, now: Timestamp, is_registered: impl Fn(&str) -> bool) {
        if self.summary.status != Status::Running || self.is_remote() {
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
            self.stall_without_code(now, DivergenceKind::UnregisteredActivity { name });
        }
    }

    pub(super) fn stall_without_code(&mut self, now: Timestamp, kind: DivergenceKind) {
        let next = self.next;
        let divergence = self.read_run(|run| run.divergence(next, kind, Cause::NotRegistered));
        if let Some(divergence) = divergence {
            self.stall(now, &divergence);
        }
    }

    /// Applies a heartbeat of an attempt.
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
            self.update_folded(scheduled);
        } else {
            self.append(now, EventKind::TaskHeartbeat { scheduled, details });
        }
    }

    /// A deadline is due; false if it has been moved or canceled.
    pub fn deadline_due(&mut self, now: Timestamp, id: EventId, due: Timestamp) -> bool {
        if !matches!(self.summary.status, Status::Running | Status::Pending) {
            return false;
        }
        if self.deadline.is_some_and(|deadline| deadline.due == due) && id == EventId(0) {
            let message = "the instance exceeded its execution timeout";
            self.limit_reached(now, Failure::new(Failure::EXECUTION_TIMEOUT, message));
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

    /// Whether something waits for its next attempt, and may start it.
    pub fn has_backoff(&self) -> bool {
        let mut tasks = self.tasks.values();
        let mut children = self.children.values();
        self.summary.status == Status::Running
            && (tasks.any(|task| matches!(task.stage, Stage::Backoff))
                || children.any(|child| child.backoff.is_some())
                || !self.retry_delays.is_empty())
    }

    /// Starts the next attempts of activities and children at once, before their time, and ends the delays
    /// before retries by the workflow. Each is recorded as always. An activity for which there is no slot
    /// waits for one.
    pub fn retry_now(&mut self, now: Timestamp) {
        for (id, task) in &mut self.tasks {
            if matches!(task.stage, Stage::Backoff) {
                task.ready();
                self.ready.insert(*id);
            }
        }
        let children = self.children.iter();
        let waiting = children.filter_map(|(id, child)| child.backoff.map(|_| *id));
        for id in waiting.collect::<Vec<_>>() {
            self.restart_child(now, id);
        }
        for timer in std::mem::take(&mut self.retry_delays) {
            self.receive(now, EventKind::TimerFired { timer });
        }
    }

    /// Starts the ready attempts for which there are slots.
    pub fn start_ready(&mut self, now: Timestamp, slots: &mut ActivitySlots) {
        if self.summary.status != Status::Running {
            return;
        }
        while let Some(scheduled) = self.ready.pop_first() {
            let Some(task) = self.tasks.get_mut(&scheduled) else {
                continue;
            };
            if slots.acquire(&task.name, (self.key, scheduled)) {
                let attempt = task.attempt;
                let kind = EventKind::TaskStarted { scheduled, attempt };
                if attempt > MAX_RECORDED {
                    self.apply_unrecorded(now, scheduled, kind);
                } else {
                    self.append(now, kind);
                }
            } else {
                task.stage = Stage::Queued;
            }
        }
    }

    /// A slot is available for a queued task; false if the task no longer waits for one.
    pub fn slot_available(&mut self, scheduled: EventId) -> bool {
        let task = self.tasks.get_mut(&scheduled);
        let queued = task.filter(|task| matches!(task.stage, Stage::Queued));
        let waits = queued.map(|task| task.stage = Stage::Ready).is_some();
        waits && self.ready.insert(scheduled)
    }

    /// Takes the attempts whose start is recorded and that are to be spawned.
    pub fn take_starts(&mut self) -> Vec<AttemptStart> {
        let started = std::mem::take(&mut self.to_start).into_iter();
        started
            .filter_map(|scheduled| {
                let task = self.tasks.get(&scheduled)?;
                Some(AttemptStart {
                    scheduled,
                    name: task.name.as_str().into(),
                    input: task.input.clone(),
                    attempt: task.attempt,
                    heartbeat: task.heartbeat.clone(),
                    function: self.function_of(scheduled),
                })
            })
            .collect()
    }

    /// An attempt was spawned.
    pub fn attempt_spawned(&mut self, scheduled: EventId, attempt: Attempt) {
        if let Some(task) = self.tasks.get_mut(&scheduled) {
            task.stage = Stage::Started(Some(attempt));
        }
    }

    /// Signals every attempt in flight.
    pub fn signal(&self, signal: Signal) {
        for task in self.tasks.values() {
            if let Stage::Started(Some(attempt)) = &task.stage {
                attempt.signal.send_replace(signal);
            }
        }
    }

    /// Aborts every attempt in flight.
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
