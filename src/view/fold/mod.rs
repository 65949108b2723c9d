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
    format,
    lane::{LaneModel, PlayedNote},
    open_operation::Unfinished,
    row::RowStatus,
    timeline_entry::EntryKind,
};
use crate::{
    engine::{Event, EventKind, Fork, Parent, Status, Tags, Timestamp},
    score::ScoreInput,
};

/// Longest payload in a row, in characters.
const PAYLOAD: usize = 160;

impl LaneModel {
    pub(super) fn fold(&mut self, event: &Event, played: &mut Vec<PlayedNote>) {
        if let Some(Fork { instance, from, .. }) = &self.fork
            && *from == event.id
        {
            let (source, from) = (instance.clone(), *from);
            self.mark(event, EntryKind::Forked { source, from });
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
            | EventKind::CustomStatusSet { .. }
            | EventKind::TagSet { .. }
            | EventKind::VersionMarked { .. } => self.fold_record(event),
            EventKind::ExecutionLimitReached { .. }
            | EventKind::TaskAttemptsFolded { .. }
            | EventKind::EventUndelivered { .. }
            | EventKind::CancelSent { .. }
            | EventKind::InstanceAwaited { .. }
            | EventKind::AwaitedInstanceClosed { .. }
            | EventKind::InstanceAwaitCanceled { .. } => self.fold_detail(event),
        }
    }

    /// Events with a row and no timeline entry.
    fn fold_detail(&mut self, event: &Event) {
        let (title, status, text) = match &event.kind {
            EventKind::ExecutionLimitReached { failure } => {
                ("limit reached", RowStatus::Failed, failure.to_string())
            }
            EventKind::TaskAttemptsFolded {
                first,
                last,
                failure,
                ..
            } => {
                let text = format!("attempts {first} to {last}: {failure}");
                ("retries", RowStatus::Failed, text)
            }
            EventKind::EventUndelivered { reason, .. } => {
                ("event not delivered", RowStatus::Failed, reason.clone())
            }
            EventKind::CancelSent { target, reason } => {
                let text = joined(format!("to {target}"), reason);
                ("cancel", RowStatus::Sent, text)
            }
            EventKind::InstanceAwaited { target } => {
                ("wait", RowStatus::Pending, format!("until {target} ends"))
            }
            EventKind::AwaitedInstanceClosed { failure, .. } => {
                let text = failure.as_ref().map(ToString::to_string);
                ("wait", RowStatus::Recorded, text.unwrap_or_default())
            }
            EventKind::InstanceAwaitCanceled { .. } => ("wait", RowStatus::Canceled, String::new()),
            _ => return,
        };
        self.row(event, title, status, text);
    }

    /// Events that record something: start, events, custom status, tags, versions.
    fn fold_record(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ExecutionStarted {
                name,
                input,
                version,
                parent,
                fork,
                tags,
                start_at,
                custom_status,
                ..
            } => {
                self.started(event, name, *start_at);
                self.parent.clone_from(parent);
                self.fork = fork.as_deref().cloned();
                if let Some(status) = custom_status {
                    self.set_custom_status(status);
                }
                let title = match self.run {
                    0 | 1 => name.clone(),
                    run => format!("{name}, run {run}"),
                };
                let text = format::payload(input, PAYLOAD);
                self.row(event, title, RowStatus::Started, text);
                self.origins(event, version.as_deref(), parent, fork.as_deref(), tags);
            }
            EventKind::EventRaised {
                name, input, from, ..
            } => {
                let text = format::payload(input, PAYLOAD);
                let text = match from {
                    Some(from) => joined(format!("from {from}"), &text),
                    None => text,
                };
                self.row(event, name.as_str(), RowStatus::Raised, text);
                let (name, from) = (Arc::from(name.as_str()), from.clone());
                self.mark(event, EntryKind::Raised { name, from });
            }
            EventKind::CustomStatusSet { status } => {
                let text = format::payload(status, PAYLOAD);
                self.row(event, "status", RowStatus::Recorded, text);
                self.set_custom_status(status);
            }
            EventKind::TagSet { name, value } => {
                let text = format::cut(value, PAYLOAD);
                self.row(event, format!("tag {name}"), RowStatus::Recorded, text);
            }
            EventKind::VersionMarked { change, version } => {
                let text = format!("version {version}");
                self.row(event, change.as_str(), RowStatus::Recorded, text);
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

    /// The origin of an instance, in rows below its start.
    fn origins(
        &mut self,
        event: &Event,
        version: Option<&str>,
        parent: &Option<Parent>,
        fork: Option<&Fork>,
        tags: &Tags,
    ) {
        if let Some(version) = version {
            self.detail_row(event, "version", RowStatus::Recorded, version);
        }
        if let Some(parent) = parent {
            let text = parent.instance.as_str();
            self.detail_row(event, "child of", RowStatus::Recorded, text);
        }
        if let Some(Fork { instance, from, .. }) = fork {
            let text = format!("{instance}, from event {from}");
            self.detail_row(event, "fork of", RowStatus::Recorded, text);
        }
        for (name, value) in tags {
            let text = format::cut(value, PAYLOAD);
            self.detail_row(event, format!("tag {name}"), RowStatus::Recorded, text);
        }
    }

    /// Pause, resume, stall and cancel.
    fn fold_control(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ExecutionSuspended {
                reason,
                freeze_time,
            } => {
                self.row(
                    event,
                    self.workflow.clone(),
                    RowStatus::Suspended,
                    reason.as_str(),
                );
                self.freezes_time = *freeze_time;
                self.status = Status::Suspended;
                self.pause_reason = reason.as_str().into();
                if self.pause.is_none() {
                    self.paused_at = Some(event.at);
                    self.pause = Some(self.begin(event, EntryKind::Paused));
                }
            }
            EventKind::ExecutionResumed { reason } => {
                self.row(
                    event,
                    self.workflow.clone(),
                    RowStatus::Resumed,
                    reason.as_str(),
                );
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
                    self.postpone_timers(event.at);
                    self.end_pause(event.at);
                }
            }
            EventKind::ExecutionStalled { reason } => {
                self.row(
                    event,
                    self.workflow.clone(),
                    RowStatus::Stalled,
                    reason.as_str(),
                );
                let reason = Arc::from(reason.as_str());
                self.status = Status::Stalled;
                if self.stall.is_none() {
                    self.stall = Some(self.begin(event, EntryKind::Stalled { reason }));
                }
            }
            EventKind::ExecutionCancelRequested { reason, .. } => {
                self.row(event, "cancel", RowStatus::Requested, reason.as_str());
                let reason: Arc<str> = format::cut(reason, 80).into();
                self.cancel_reason = Some(reason.clone());
                self.mark(event, EntryKind::CancelRequested { reason });
            }
            _ => {}
        }
    }

    fn fold_end(&mut self, event: &Event) {
        let (status, row, text) = match &event.kind {
            EventKind::ExecutionCompleted { output } => {
                let text = format::payload(output, PAYLOAD);
                (Status::Completed, RowStatus::Completed, text)
            }
            EventKind::ExecutionFailed { failure } => {
                (Status::Failed, RowStatus::Failed, failure.to_string())
            }
            EventKind::ExecutionCanceled { failure } => {
                let text = failure.message.clone();
                (Status::Canceled, RowStatus::Canceled, text)
            }
            EventKind::ExecutionTerminated { reason } => {
                (Status::Terminated, RowStatus::Terminated, reason.clone())
            }
            EventKind::ContinuedAsNew { input, .. } => {
                let text = format::payload(input, PAYLOAD);
                (Status::ContinuedAsNew, RowStatus::Continued, text)
            }
            _ => return,
        };
        self.end(event, status, row, text);
    }

    fn end(&mut self, event: &Event, status: Status, row: RowStatus, text: String) {
        let unfinished = match &event.kind {
            EventKind::ContinuedAsNew { input, .. } if ScoreInput::resumes(input) => {
                Unfinished::Resumed
            }
            _ => Unfinished::Canceled,
        };
        self.close_everything(event.at, unfinished);
        self.status = status;
        self.closed_at = Some(event.at);
        // The output, or the input of the next run, is data for programs: the table shows it.
        let data = matches!(status, Status::Completed | Status::ContinuedAsNew);
        self.close_reason = (!data && !text.is_empty()).then(|| format::cut(&text, 80).into());
        self.row(event, self.workflow.clone(), row, text);
        self.mark(event, EntryKind::Closed { status });
    }

    /// Closes everything that is open.
    pub(super) fn close_everything(&mut self, at: Timestamp, unfinished: Unfinished) {
        self.end_pause(at);
        self.end_stall(at);
        let activities = std::mem::take(&mut self.activities).into_values();
        let activities = activities.map(|activity| activity.operation);
        let children = std::mem::take(&mut self.children).into_values();
        let compensations = std::mem::take(&mut self.compensations).into_values();
        for operation in activities.chain(children).chain(compensations) {
            self.close_entry(&operation, at, unfinished.outcome());
            self.free_slot(operation.slot, at);
            self.set_row(operation.row, unfinished.status());
        }
        for timer in std::mem::take(&mut self.timers).into_values() {
            self.timeline.close(timer.entry, at);
            self.free_slot(timer.slot, at);
            self.set_row(timer.row, unfinished.status());
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

    /// Puts a result in place of the input in a row.
    fn set_result(&mut self, row: usize, text: String) {
        if let Some(row) = self.rows.get_mut(row)
            && !text.is_empty()
        {
            row.payload = text.into();
        }
    }
}

/// Text followed by data, if there is any.
fn joined(text: String, data: &str) -> String {
    match data.is_empty() {
        true => text,
        false => format!("{text} · {data}"),
    }
}
