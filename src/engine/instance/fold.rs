//! Applies events to the engine's state of an instance.

use super::{
    Attempt, Effect, Instance, Suspended,
    child::Child,
    deadline::Deadline,
    task::{Stage, Task},
};
use crate::engine::{Event, EventId, EventKind, Status, TimerOrigin, Timestamp};

impl Instance {
    pub(super) fn fold(&mut self, event: &Event) {
        self.next = event.id.next();
        self.fold_progress(event);
        self.fold_execution(event);
        self.fold_work(event);
    }

    /// Progress of the code. Events that the engine or callers can add without limit do not count
    /// against the history limit.
    fn fold_progress(&mut self, event: &Event) {
        use EventKind as E;
        let counts = !matches!(
            event.kind,
            E::TaskStarted { .. }
                | E::TaskFailed {
                    retry_at: Some(_),
                    ..
                }
                | E::TaskAttemptsFolded { .. }
                | E::TaskHeartbeat { .. }
                | E::EventRaised { .. }
                | E::EventUndelivered { .. }
                | E::ExecutionSuspended { .. }
                | E::ExecutionResumed { .. }
        );
        self.progress.counted += u64::from(counts);
        self.progress.has_waited |= match event.kind {
            E::TimerFired { timer } => timer != EventId(0),
            E::TaskCompleted { .. }
            | E::TaskFailed { retry_at: None, .. }
            | E::EventRaised { .. }
            | E::ChildWorkflowInstanceCompleted { .. }
            | E::ChildWorkflowInstanceFailed { retry_at: None, .. }
            | E::AwaitedInstanceClosed { .. } => true,
            _ => false,
        };
    }

    fn fold_execution(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ExecutionStarted {
                version,
                seed,
                parent,
                fork,
                tags,
                start_at,
                limits,
                custom_status,
                deadline,
                ..
            } => {
                self.seed = *seed;
                self.history_limit = limits
                    .as_ref()
                    .map_or(self.history_limit, |limits| limits.history);
                self.summary.custom_status.clone_from(custom_status);
                self.start_at = *start_at;
                self.deadline = deadline.map(|due| Deadline::new(due, event.at));
                self.armed.extend(deadline.map(|due| (due, event.id)));
                self.summary.version.clone_from(version);
                self.summary.parent.clone_from(parent);
                self.summary.fork = fork.as_deref().cloned();
                self.summary.tags.clone_from(tags);
                self.summary.started_at = event.at;
                self.summary.status = match start_at {
                    None => Status::Running,
                    Some(due) => {
                        self.timers.insert(event.id, Deadline::new(*due, event.at));
                        self.armed.push((*due, event.id));
                        Status::Pending
                    }
                };
            }
            EventKind::TimerFired { timer: EventId(0) } => {
                if self.summary.status == Status::Pending {
                    self.summary.status = Status::Running;
                }
            }
            EventKind::ExecutionCompleted { output } => {
                self.summary.output = Some(output.clone());
                self.close(Status::Completed, event.at);
            }
            EventKind::ExecutionFailed { failure } => {
                self.summary.failure = Some(failure.clone());
                self.close(Status::Failed, event.at);
            }
            EventKind::ExecutionCanceled { failure } => {
                self.summary.failure = Some(failure.clone());
                self.close(Status::Canceled, event.at);
            }
            EventKind::ExecutionTerminated { output, .. } => {
                self.summary.output.clone_from(output);
                self.close(Status::Terminated, event.at);
            }
            EventKind::ContinuedAsNew { .. } => self.close(Status::ContinuedAsNew, event.at),
            EventKind::ExecutionStalled { .. } => self.summary.status = Status::Stalled,
            EventKind::ExecutionSuspended { freeze_time, .. } => {
                self.summary.status = Status::Suspended;
                self.suspended = Some(Suspended {
                    at: event.at,
                    freeze_time: *freeze_time,
                });
                self.effects.push(Effect::NotifySuspended);
            }
            EventKind::ExecutionResumed { .. } => self.resume(event.at),
            EventKind::ExecutionCancelRequested { reason, .. } => {
                self.cancel_requested = Some(reason.clone());
            }
            EventKind::ExecutionLimitReached { .. } => {
                self.progress.is_exhausted = true;
                self.deadline = None;
            }
            EventKind::EventRaised {
                request: Some(request),
                ..
            } => {
                self.requests.insert(request.clone());
                return;
            }
            EventKind::CustomStatusSet { status } => {
                self.summary.custom_status = Some(status.clone());
            }
            EventKind::TagSet { name, value } => {
                self.summary.tags.insert(name.clone(), value.clone());
            }
            _ => return,
        }
        self.summary_changed = true;
    }

    pub(super) fn fold_work(&mut self, event: &Event) {
        match &event.kind {
            EventKind::TaskScheduled {
                name,
                input,
                retry,
                timeouts,
            } => {
                let task = Task::new(event, name, input, retry.as_deref(), *timeouts);
                self.tasks.insert(event.id, Box::new(task));
                self.ready.insert(event.id);
                self.arm(event.id);
            }
            EventKind::TaskStarted { scheduled, attempt } => {
                self.ready.remove(scheduled);
                if let Some(task) = self.tasks.get_mut(scheduled) {
                    // The process may have ended between two starts of the same attempt.
                    if !task.is_started() {
                        self.summary.in_flight += 1;
                    }
                    task.start(*attempt, event.at);
                    self.to_start.push(*scheduled);
                    self.arm(*scheduled);
                }
            }
            EventKind::TaskHeartbeat { scheduled, details } => {
                if let Some(task) = self.tasks.get_mut(scheduled) {
                    task.recorded(details, event.at);
                }
            }
            EventKind::TaskAttemptsFolded { .. } => {}
            EventKind::TaskFailed {
                scheduled,
                retry_at: Some(due),
                heartbeat,
                failure,
                ..
            } => {
                self.stop_attempt(*scheduled);
                if let Some(task) = self.tasks.get_mut(scheduled) {
                    task.heartbeat.clone_from(heartbeat);
                    task.back_off(*due, event.at, failure);
                    self.arm(*scheduled);
                }
            }
            EventKind::TaskCompleted { scheduled, .. }
            | EventKind::TaskFailed { scheduled, .. }
            | EventKind::TaskCanceled { scheduled } => {
                self.ready.remove(scheduled);
                self.stop_attempt(*scheduled);
                self.tasks.remove(scheduled);
                self.update_folded(*scheduled);
            }
            EventKind::TimerCreated { fire_at, origin } => {
                if matches!(origin, TimerOrigin::Retry { .. }) {
                    self.retry_delays.insert(event.id);
                }
                if let Some(due) = *fire_at {
                    let deadline = Deadline::new(due, event.at);
                    self.timers.insert(event.id, deadline);
                    self.armed.push((due, event.id));
                }
            }
            EventKind::TimerFired { timer } | EventKind::TimerCanceled { timer } => {
                self.timers.remove(timer);
                self.retry_delays.remove(timer);
            }
            _ => self.fold_children(event),
        }
    }

    fn fold_children(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ChildWorkflowInstanceCreated {
                instance,
                name,
                input,
                retry,
                on_close,
                detached: false,
            } => {
                let retry = retry.as_deref();
                let child = Child::new(instance, name, input, retry, *on_close, event.at);
                self.children.insert(event.id, Box::new(child));
            }
            EventKind::ChildWorkflowInstanceRestarted {
                created,
                attempt,
                instance,
            } => {
                if let Some(child) = self.children.get_mut(created) {
                    child.attempt = *attempt;
                    child.instance = instance.clone();
                    child.backoff = None;
                }
            }
            EventKind::ChildWorkflowInstanceFailed {
                created,
                retry_at: Some(due),
                ..
            } => {
                if let Some(child) = self.children.get_mut(created) {
                    child.backoff = Some(Deadline::new(*due, event.at));
                    self.armed.push((*due, *created));
                }
            }
            EventKind::ChildWorkflowInstanceCompleted { created, .. }
            | EventKind::ChildWorkflowInstanceFailed { created, .. } => {
                self.children.remove(created);
            }
            EventKind::InstanceAwaited { target } => {
                self.awaited.insert(event.id, target.clone());
            }
            EventKind::AwaitedInstanceClosed { awaited, .. }
            | EventKind::InstanceAwaitCanceled { awaited } => {
                self.awaited.remove(awaited);
            }
            // A canceled child is removed when its command is added to the outbox, see
            // `collect_outbox` and `replay`.
            _ => {}
        }
    }

    /// The attempt has ended or is no longer wanted.
    fn stop_attempt(&mut self, scheduled: EventId) {
        if let Some(task) = self.tasks.get_mut(&scheduled)
            && let Stage::Started(attempt) = &mut task.stage
        {
            self.summary.in_flight = self.summary.in_flight.saturating_sub(1);
            self.effects.push(Effect::end(attempt.take(), &task.name));
        }
    }

    /// Shifts deadlines by the time that was frozen. An instance that stalled while it was
    /// suspended stays suspended when its code is fixed.
    fn resume(&mut self, resumed: Timestamp) {
        if self.summary.status == Status::Stalled && self.suspended.is_some() {
            self.summary.status = Status::Suspended;
            return;
        }
        let pending = self.start_at.is_some() && self.timers.contains_key(&EventId(0));
        self.summary.status = if pending {
            Status::Pending
        } else {
            Status::Running
        };
        self.effects.push(Effect::NotifyResumed);
        let Some(suspended) = self.suspended.take() else {
            return;
        };
        if suspended.freeze_time {
            for timer in self.timers.values_mut() {
                timer.shift(suspended.at, resumed);
            }
            for task in self.tasks.values_mut() {
                task.shift(suspended.at, resumed);
            }
            for child in self.children.values_mut() {
                child.shift(suspended.at, resumed);
            }
            if let Some(deadline) = &mut self.deadline {
                deadline.shift(suspended.at, resumed);
            }
        }
        self.arm_everything();
    }

    fn close(&mut self, status: Status, at: Timestamp) {
        self.summary.status = status;
        self.summary.closed_at = Some(at);
        for task in std::mem::take(&mut self.tasks).into_values() {
            if let Stage::Started(attempt) = task.stage {
                self.effects.push(Effect::end(attempt, &task.name));
            }
        }
        self.ready.clear();
        self.to_start.clear();
        self.timers.clear();
        self.retry_delays.clear();
        self.next_deadline = self.deadline.take().map(|deadline| deadline.due);
        self.summary.in_flight = 0;
        self.summary.folded_attempts.clear();
    }
}

impl Effect {
    /// The effect that ends a started activity.
    fn end(attempt: Option<Attempt>, name: &str) -> Self {
        let name = name.to_owned();
        attempt.map_or(Self::ReleaseSlot { name }, Self::CancelAttempt)
    }
}
