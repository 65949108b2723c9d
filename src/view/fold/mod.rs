//! Folds the events of a history into a lane. The only place that reads event kinds.
//!
//! | file | events |
//! |---|---|
//! | this one | the instance itself: start, pause, stall, cancel, end |
//! | `activity` | activities and their attempts |
//! | `child` | child workflows, events sent to other instances |
//! | `compensation` | steps that are undone |
//! | `timer` | timers and waits |
//! | `operation` | attempts, retries and ends, for all of these |

mod activity;
mod child;
mod compensation;
mod operation;
#[cfg(test)]
mod sub_row_tests;
#[cfg(test)]
mod tests;
mod timer;

use std::sync::Arc;

use super::{
    event_table::is_turn,
    format,
    lane::{LaneModel, PlayedNote},
    open_operation::Unfinished,
    remote_turns::RemoteTurns,
    timeline_entry::EntryKind,
};
use crate::{
    engine::{Event, EventKind, Failure, Fork, Status, Timestamp},
    score::ScoreInput,
};

impl LaneModel {
    pub(super) fn fold(&mut self, event: &Event, played: &mut Vec<PlayedNote>) {
        if let Some(Fork { instance, from, .. }) = &self.fork
            && *from == event.id
        {
            let (source, from) = (instance.clone(), *from);
            self.mark(event, EntryKind::Forked { source, from });
        }
        if matches!(event.kind, EventKind::ExecutionStarted { .. }) {
            self.remote = RemoteTurns::begin(event);
        } else if let Some(remote) = &mut self.remote {
            remote.add(event);
        }
        match &event.kind {
            EventKind::TaskScheduled { .. }
            | EventKind::TaskStarted { .. }
            | EventKind::TaskCompleted { .. }
            | EventKind::TaskFailed { .. }
            | EventKind::TaskHeartbeat { .. }
            | EventKind::TaskCanceled { .. } => self.fold_activity(event, played),
            EventKind::TimerCreated { .. }
            | EventKind::TimerFired { .. }
            | EventKind::TimerCanceled { .. } => self.fold_timer(event),
            EventKind::EventSent { .. }
            | EventKind::ChildWorkflowInstanceCreated { .. }
            | EventKind::ChildWorkflowInstanceRestarted { .. }
            | EventKind::ChildWorkflowInstanceCompleted { .. }
            | EventKind::ChildWorkflowInstanceFailed { .. }
            | EventKind::ChildWorkflowInstanceCanceled { .. } => self.fold_child(event),
            EventKind::CompensationRegistered { .. }
            | EventKind::CompensationStarted { .. }
            | EventKind::CompensationEnded { .. } => self.fold_compensation(event),
            EventKind::ExecutionCompleted { .. }
            | EventKind::ExecutionFailed { .. }
            | EventKind::ExecutionCanceled { .. }
            | EventKind::ExecutionTerminated { .. }
            | EventKind::ContinuedAsNew { .. } => self.fold_end(event),
            EventKind::ExecutionSuspended { .. }
            | EventKind::ExecutionResumed { .. }
            | EventKind::ExecutionStalled { .. }
            | EventKind::ExecutionCancelRequested { .. } => self.fold_control(event),
            EventKind::ExecutionStarted { .. }
            | EventKind::EventRaised { .. }
            | EventKind::TagSet { .. }
            | EventKind::CustomStatusSet { .. } => self.fold_record(event),
            // The event table shows them.
            EventKind::VersionMarked { .. }
            | EventKind::ExecutionLimitReached { .. }
            | EventKind::TaskAttemptsFolded { .. }
            | EventKind::EventUndelivered { .. }
            | EventKind::CancelSent { .. }
            | EventKind::InstanceAwaited { .. }
            | EventKind::AwaitedInstanceClosed { .. }
            | EventKind::InstanceAwaitCanceled { .. } => {}
            kind @ (EventKind::Noted { .. } | EventKind::TurnTaken { .. }) => {
                self.has_turns |= is_turn(kind);
            }
        }
    }

    /// Events that record something: start, events, tags, custom status.
    fn fold_record(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ExecutionStarted {
                name,
                parent,
                fork,
                start_at,
                custom_status,
                tags,
                ..
            } => {
                self.started(event, name, *start_at);
                self.parent.clone_from(parent);
                self.fork = fork.as_deref().cloned();
                self.tags = Arc::new(tags.iter().map(owned).collect());
                if let Some(status) = custom_status {
                    self.set_custom_status(status);
                }
            }
            EventKind::EventRaised { name, from, .. } => {
                let (name, from) = (Arc::from(name.as_str()), from.clone());
                self.mark(event, EntryKind::Raised { name, from });
            }
            EventKind::CustomStatusSet { status } => self.set_custom_status(status),
            EventKind::TagSet { name, value } => {
                Arc::make_mut(&mut self.tags).insert(name.clone(), value.clone());
            }
            _ => {}
        }
    }

    fn started(&mut self, event: &Event, name: &str, start_at: Option<Timestamp>) {
        self.workflow = Arc::from(name);
        self.started_at = event.at;
        if self.first_started_at == Timestamp(0) {
            self.first_started_at = event.at;
        }
        self.status = match start_at {
            None => Status::Running,
            Some(_) => Status::Pending,
        };
        self.starts_later = start_at.is_some();
    }

    /// Pause, resume, stall and cancel.
    fn fold_control(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ExecutionSuspended {
                reason,
                freeze_time,
            } => {
                self.freezes_time = *freeze_time;
                self.status = Status::Suspended;
                self.pause_reason = reason.as_str().into();
                if self.pause.is_none() {
                    self.paused_at = Some(event.at);
                    self.pause = Some(self.begin(event, EntryKind::Paused));
                }
            }
            EventKind::ExecutionResumed { .. } => {
                // A stall ends when the code matches the history again, a pause when it is resumed.
                let was_stalled = self.stall.is_some();
                self.status = match (was_stalled, self.pause, self.starts_later) {
                    (true, Some(_), _) => Status::Suspended,
                    (_, _, true) => Status::Pending,
                    _ => Status::Running,
                };
                if was_stalled {
                    self.end_stall(event.at);
                } else {
                    self.moves.resumed = self.pause.map(|_| event.at);
                    self.postpone_timers(event.at);
                    self.end_pause(event.at);
                }
            }
            EventKind::ExecutionStalled { reason } => {
                let reason = Arc::from(reason.as_str());
                self.status = Status::Stalled;
                if self.stall.is_none() {
                    self.stall = Some(self.begin(event, EntryKind::Stalled { reason }));
                }
            }
            EventKind::ExecutionCancelRequested { reason, .. } => {
                let reason: Arc<str> = format::cut(reason, 80).into();
                self.cancel_reason = Some(reason.clone());
                self.mark(event, EntryKind::CancelRequested { reason });
            }
            _ => {}
        }
    }

    fn fold_end(&mut self, event: &Event) {
        // The output, or the input of the next run, is data for programs: the table shows it.
        let (status, reason) = match &event.kind {
            EventKind::ExecutionCompleted { .. } => (Status::Completed, ""),
            EventKind::ExecutionFailed { failure } => (Status::Failed, failure_reason(failure)),
            EventKind::ExecutionCanceled { failure } => {
                (Status::Canceled, failure.message.as_str())
            }
            EventKind::ExecutionTerminated { reason, .. } => (Status::Terminated, reason.as_str()),
            EventKind::ContinuedAsNew { .. } => (Status::ContinuedAsNew, ""),
            _ => return,
        };
        let unfinished = match &event.kind {
            EventKind::ContinuedAsNew { input, .. } if ScoreInput::resumes(input) => {
                Unfinished::Resumed
            }
            _ => Unfinished::Canceled,
        };
        self.close_everything(event.at, unfinished);
        self.status = status;
        self.closed_at = Some(event.at);
        self.close_reason = (!reason.is_empty()).then(|| format::cut(reason, 80).into());
        let run = self.run;
        self.mark(event, EntryKind::Closed { status, run });
    }

    /// Closes everything that is open.
    pub(super) fn close_everything(&mut self, at: Timestamp, unfinished: Unfinished) {
        self.end_pause(at);
        self.end_stall(at);
        let activities = std::mem::take(&mut self.activities).into_values();
        let activities = activities.map(|activity| activity.operation);
        let children = std::mem::take(&mut self.children).into_values();
        let compensations = std::mem::take(&mut self.compensations).into_values();
        let compensations = compensations.map(|compensation| compensation.operation);
        for operation in activities.chain(children).chain(compensations) {
            self.close_entry(&operation, at, unfinished.outcome());
            self.free_slot(operation.slot, at);
        }
        for timer in std::mem::take(&mut self.timers).into_values() {
            self.timeline.close(timer.entry, at);
            self.free_slot(timer.slot, at);
        }
    }

    fn end_pause(&mut self, at: Timestamp) {
        if let Some(pause) = self.pause.take() {
            self.timeline.close(pause, at);
        }
    }

    /// A pause that freezes time moves the due times of timers and retries by its length.
    fn postpone_timers(&mut self, at: Timestamp) {
        let Some(pause) = self.pause.and_then(|entry| self.timeline.get(entry)) else {
            return;
        };
        if !self.freezes_time {
            return;
        }
        let by = at.since(pause.from);
        for timer in self.timers.values() {
            self.timeline.postpone(timer.entry, by);
        }
        let activities = self.activities.values_mut();
        let activities = activities.map(|activity| &mut activity.operation);
        let operations = activities.chain(self.children.values_mut());
        for backoff in operations.filter_map(|operation| operation.backoff_mut()) {
            backoff.due = backoff.due + by;
            self.timeline.postpone(backoff.entry, by);
        }
    }

    fn end_stall(&mut self, at: Timestamp) {
        if let Some(stall) = self.stall.take() {
            self.timeline.close(stall, at);
        }
    }
}

fn owned((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}

/// What people read of a failure: its message, or its type if it has none.
fn failure_reason(failure: &Failure) -> &str {
    match failure.message.as_str() {
        "" => &failure.error_type,
        message => message,
    }
}
