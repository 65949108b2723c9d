//! How each event of a history changes a lane. The only place that reads event kinds.
//!
//! | room | what it folds |
//! |---|---|
//! | this one | the instance itself: how it began, is held, is asked to end, ends |
//! | `task` | activities and their attempts |
//! | `timer` | waits and pauses |
//! | `child` | other workflows that it starts, events that it sends |
//! | `saga` | steps that are undone |

mod child;
mod saga;
mod task;
#[cfg(test)]
mod tests;
mod timer;

use std::sync::Arc;

use super::{
    lane::{LaneModel, Played},
    piece::{Outcome, PieceKind},
    row::RowStatus,
    words,
};
use crate::engine::{Event, EventKind, Failure, Fork, Parent, Status, Tags, Timestamp};

/// Characters of a payload that a row shows at most.
const PAYLOAD: usize = 160;

impl LaneModel {
    pub(super) fn fold(&mut self, event: &Event, played: &mut Vec<Played>) {
        if let Some(Fork { instance, from, .. }) = &self.fork
            && *from == event.id
        {
            let (source, from) = (instance.clone(), *from);
            self.mark(event, PieceKind::Forked { source, from });
        }
        match &event.kind {
            EventKind::TaskScheduled { .. }
            | EventKind::TaskStarted { .. }
            | EventKind::TaskCompleted { .. }
            | EventKind::TaskFailed { .. }
            | EventKind::TaskHeartbeat { .. }
            | EventKind::TaskCanceled { .. } => self.fold_task(event, played),
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
            | EventKind::CompensationEnded { .. } => self.fold_saga(event),
            EventKind::ExecutionCompleted { .. }
            | EventKind::ExecutionFailed { .. }
            | EventKind::ExecutionCanceled { .. }
            | EventKind::ExecutionTerminated { .. }
            | EventKind::ContinuedAsNew { .. } => self.fold_end(event),
            EventKind::ExecutionSuspended { .. }
            | EventKind::ExecutionResumed { .. }
            | EventKind::ExecutionStalled { .. }
            | EventKind::ExecutionCancelRequested { .. } => self.fold_hold(event),
            EventKind::ExecutionStarted { .. }
            | EventKind::EventRaised { .. }
            | EventKind::CustomStatusSet { .. }
            | EventKind::TagSet { .. }
            | EventKind::VersionMarked { .. } => self.fold_note(event),
            EventKind::ExecutionLimitReached { .. }
            | EventKind::TaskAttemptsFolded { .. }
            | EventKind::EventUndelivered { .. }
            | EventKind::CancelSent { .. }
            | EventKind::InstanceAwaited { .. }
            | EventKind::AwaitedInstanceClosed { .. }
            | EventKind::InstanceAwaitCanceled { .. } => self.fold_remark(event),
        }
    }

    /// What has a row and no piece of its own.
    fn fold_remark(&mut self, event: &Event) {
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
                ("wait", RowStatus::Noted, text.unwrap_or_default())
            }
            EventKind::InstanceAwaitCanceled { .. } => ("wait", RowStatus::Canceled, String::new()),
            _ => return,
        };
        self.row(event, title, status, text);
    }

    /// What is only said.
    fn fold_note(&mut self, event: &Event) {
        match &event.kind {
            EventKind::ExecutionStarted {
                name,
                input,
                version,
                parent,
                fork,
                tags,
                ..
            } => {
                let title = match self.run {
                    0 | 1 => name.clone(),
                    run => format!("{name}, run {run}"),
                };
                let text = words::payload(input, PAYLOAD);
                self.row(event, title, RowStatus::Started, text);
                self.origins(event, version.as_deref(), parent, fork, tags);
            }
            EventKind::EventRaised {
                name, input, from, ..
            } => {
                let text = words::payload(input, PAYLOAD);
                let text = match from {
                    Some(from) => joined(format!("from {from}"), &text),
                    None => text,
                };
                self.row(event, name.as_str(), RowStatus::Raised, text);
                let (name, from) = (Arc::from(name.as_str()), from.clone());
                self.mark(event, PieceKind::Raised { name, from });
            }
            EventKind::CustomStatusSet { status } => {
                let text = words::payload(status, PAYLOAD);
                self.row(event, "status", RowStatus::Noted, text);
                self.set_note(status);
            }
            EventKind::TagSet { name, value } => {
                let text = words::cut(value, PAYLOAD);
                self.row(event, format!("tag {name}"), RowStatus::Noted, text);
            }
            EventKind::VersionMarked { change, version } => {
                let text = format!("version {version}");
                self.row(event, change.as_str(), RowStatus::Noted, text);
            }
            _ => {}
        }
    }

    /// Where an instance comes from, in rows below its beginning.
    fn origins(
        &mut self,
        event: &Event,
        version: Option<&str>,
        parent: &Option<Parent>,
        fork: &Option<Fork>,
        tags: &Tags,
    ) {
        if let Some(version) = version {
            self.part(event, "version", RowStatus::Noted, version);
        }
        if let Some(parent) = parent {
            let text = parent.instance.as_str();
            self.part(event, "child of", RowStatus::Noted, text);
        }
        if let Some(Fork { instance, from, .. }) = fork {
            let text = format!("{instance}, from event {from}");
            self.part(event, "fork of", RowStatus::Noted, text);
        }
        for (name, value) in tags {
            let text = words::cut(value, PAYLOAD);
            self.part(event, format!("tag {name}"), RowStatus::Noted, text);
        }
    }

    /// What is done to it from outside, and what it is held by.
    fn fold_hold(&mut self, event: &Event) {
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
                self.freezes = *freeze_time;
                if self.held.is_none() {
                    self.held_at = Some(event.at);
                    self.held = Some(self.begin(event, PieceKind::Held));
                }
            }
            EventKind::ExecutionResumed { reason } => {
                // Either its code agrees with its history again, or somebody lets it go on.
                if self.stalled.is_some() {
                    self.row(
                        event,
                        self.workflow.clone(),
                        RowStatus::Resumed,
                        reason.as_str(),
                    );
                    self.mended(event.at);
                } else {
                    self.row(
                        event,
                        self.workflow.clone(),
                        RowStatus::Resumed,
                        reason.as_str(),
                    );
                    self.thaw(event.at);
                    self.release(event.at);
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
                if self.stalled.is_none() {
                    self.stalled = Some(self.begin(event, PieceKind::Stalled { reason }));
                }
            }
            EventKind::ExecutionCancelRequested { reason, .. } => {
                self.row(event, "cancel", RowStatus::Asked, reason.as_str());
                let reason: Arc<str> = words::cut(reason, 80).into();
                self.asked = Some(reason.clone());
                self.mark(event, PieceKind::Asked { reason });
            }
            _ => {}
        }
    }

    fn fold_end(&mut self, event: &Event) {
        let (status, row, text) = match &event.kind {
            EventKind::ExecutionCompleted { output } => {
                let text = words::payload(output, PAYLOAD);
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
                let text = words::payload(input, PAYLOAD);
                (Status::ContinuedAsNew, RowStatus::Continued, text)
            }
            _ => return,
        };
        self.end(event, status, row, text);
    }

    fn end(&mut self, event: &Event, status: Status, row: RowStatus, text: String) {
        self.close_everything(event.at);
        // What a workflow returns or goes on with is data for programs; it stands in the table.
        let data = matches!(status, Status::Completed | Status::ContinuedAsNew);
        self.ending = (!data && !text.is_empty()).then(|| words::cut(&text, 80).into());
        self.row(event, self.workflow.clone(), row, text);
        self.mark(event, PieceKind::Ended { status });
    }

    /// Nothing goes on any more.
    pub(super) fn close_everything(&mut self, at: Timestamp) {
        self.release(at);
        self.mended(at);
        for task in std::mem::take(&mut self.tasks).into_values() {
            self.close_task(&task, at, Outcome::Lost);
            self.set_row(task.row, RowStatus::Canceled);
        }
        for child in std::mem::take(&mut self.children).into_values() {
            self.close_child(&child, at, Outcome::Lost);
            self.set_row(child.row, RowStatus::Canceled);
        }
        for undo in std::mem::take(&mut self.undos).into_values() {
            self.close_undo(&undo, at, Outcome::Lost);
            self.set_row(undo.row, RowStatus::Canceled);
        }
        for timer in std::mem::take(&mut self.timers).into_values() {
            self.pieces.close(timer.piece, at);
            self.set_row(timer.row, RowStatus::Canceled);
        }
    }

    fn release(&mut self, at: Timestamp) {
        if let Some(held) = self.held.take() {
            self.pieces.close(held, at);
        }
    }

    /// While an instance is held its timers stand still: they are due later by as much.
    fn thaw(&mut self, at: Timestamp) {
        let Some(held) = self.held.and_then(|place| self.pieces.get(place)) else {
            return;
        };
        if !self.freezes {
            return;
        }
        let by = at.since(held.from);
        for timer in self.timers.values() {
            self.pieces.postpone(timer.piece, by);
        }
        let tasks = self.tasks.values_mut().filter_map(|t| t.pause.as_mut());
        let children = self.children.values_mut().filter_map(|c| c.pause.as_mut());
        for pause in tasks.chain(children) {
            pause.due = pause.due + by;
            self.pieces.postpone(pause.piece, by);
        }
    }

    fn mended(&mut self, at: Timestamp) {
        if let Some(stalled) = self.stalled.take() {
            self.pieces.close(stalled, at);
        }
    }

    /// An attempt of an activity or of a child failed: a mark, a row, and one more in a row.
    fn failed(&mut self, event: &Event, label: &Arc<str>, attempt: u32, failure: &Failure) {
        self.retried = None;
        let reason: Arc<str> = failure.message.as_str().into();
        let nth = self.in_a_row.entry(label.clone()).or_default();
        *nth += 1;
        let nth = *nth;
        let (task, why) = (label.clone(), reason.clone());
        self.mark(
            event,
            PieceKind::Failure {
                task,
                nth,
                reason: why,
            },
        );
        self.last_failure = Some((label.clone(), nth, event.at, reason.clone()));
        let title = format!("attempt {attempt}");
        self.part(event, title, RowStatus::Failed, reason);
    }

    /// Something succeeded that may have failed before.
    fn succeeded(&mut self, label: &Arc<str>) {
        if self.in_a_row.remove(label).is_some() {
            self.retried = None;
        }
    }

    /// A row says what came of it.
    fn result(&mut self, row: usize, text: String) {
        if let Some(row) = self.rows.get_mut(row)
            && !text.is_empty()
        {
            row.payload = text.into();
        }
    }
}

/// Words and data, if there are any.
fn joined(words: String, data: &str) -> String {
    match data.is_empty() {
        true => words,
        false => format!("{words} · {data}"),
    }
}
