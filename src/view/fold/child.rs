//! Other instances: children that it starts, events that it sends. A child has a lane of its own.

use std::sync::Arc;

use super::{PAYLOAD, joined};
use crate::{
    engine::{Event, EventId, EventKind, Failure, InstanceId, Timestamp},
    view::{
        lane::{LaneModel, OpenChild},
        piece::{Outcome, PieceKind},
        row::RowStatus,
        words,
    },
};

impl LaneModel {
    pub(super) fn fold_child(&mut self, event: &Event) {
        match &event.kind {
            EventKind::EventSent {
                target,
                name,
                input,
            } => {
                let text = joined(format!("to {target}"), &words::payload(input, PAYLOAD));
                self.row(event, name.as_str(), RowStatus::Sent, text);
                let (name, target) = (Arc::from(name.as_str()), target.clone());
                self.mark(event, PieceKind::Sent { name, target });
            }
            EventKind::ChildWorkflowInstanceCreated { .. } => self.child_created(event),
            EventKind::ChildWorkflowInstanceRestarted {
                created,
                attempt,
                instance,
            } => self.child_restarted(event, *created, *attempt, instance),
            EventKind::ChildWorkflowInstanceCompleted { created, result } => {
                if let Some(child) = self.children.remove(created) {
                    self.close_child(&child, event.at, Outcome::Done);
                    self.set_row(child.row, RowStatus::Completed);
                    self.succeeded(&child.label);
                    self.result(child.row, words::payload(result, PAYLOAD));
                }
            }
            EventKind::ChildWorkflowInstanceFailed {
                created,
                attempt,
                failure,
                retry_at,
            } => self.child_failed(event, *created, *attempt, failure, *retry_at),
            EventKind::ChildWorkflowInstanceCanceled { created } => {
                if let Some(child) = self.children.remove(created) {
                    self.close_child(&child, event.at, Outcome::Lost);
                    self.set_row(child.row, RowStatus::Canceled);
                }
            }
            _ => {}
        }
    }

    fn child_created(&mut self, event: &Event) {
        let EventKind::ChildWorkflowInstanceCreated {
            instance,
            name,
            input,
            retry,
            detached,
            ..
        } = &event.kind
        else {
            return;
        };
        self.mended(event.at);
        let text = joined(instance.to_string(), &words::payload(input, PAYLOAD));
        let label: Arc<str> = name.as_str().into();
        if *detached {
            self.row(event, label.clone(), RowStatus::Detached, text);
            let (name, instance) = (label, instance.clone());
            return self.mark(event, PieceKind::Detached { name, instance });
        }
        let row = self.row(event, label.clone(), RowStatus::Running, text);
        let child = OpenChild {
            max_attempts: retry.as_ref().map_or(1, |policy| policy.max_attempts),
            row,
            piece: Some(self.begin_child(event, &label, instance, 1)),
            pause: None,
            label,
        };
        self.children.insert(event.id, child);
    }

    fn begin_child(
        &mut self,
        event: &Event,
        name: &Arc<str>,
        instance: &InstanceId,
        attempt: u32,
    ) -> usize {
        let kind = PieceKind::Child {
            name: name.clone(),
            instance: instance.clone(),
            attempt,
            outcome: Outcome::Open,
        };
        self.begin(event, kind)
    }

    fn child_restarted(
        &mut self,
        event: &Event,
        created: EventId,
        attempt: u32,
        instance: &InstanceId,
    ) {
        let Some(mut child) = self.children.remove(&created) else {
            return;
        };
        match child.pause.take() {
            Some(pause) => self.pause_over(&pause, event.at),
            // A fork gets a child of its own in place of the one that its source has.
            None => self.close_child(&child, event.at, Outcome::Lost),
        }
        child.piece = Some(self.begin_child(event, &child.label, instance, attempt));
        let title = format!("attempt {attempt}");
        self.part(event, title, RowStatus::Started, instance.as_str());
        self.set_row(child.row, RowStatus::Running);
        self.children.insert(created, child);
    }

    fn child_failed(
        &mut self,
        event: &Event,
        created: EventId,
        attempt: u32,
        failure: &Failure,
        retry_at: Option<Timestamp>,
    ) {
        let Some(mut child) = self.children.remove(&created) else {
            return;
        };
        self.close_child(&child, event.at, Outcome::Failed);
        self.failed(event, &child.label, attempt, failure);
        match retry_at {
            None => self.set_row(child.row, RowStatus::Failed),
            Some(due) => {
                child.piece = None;
                let next = attempt.saturating_add(1);
                child.pause = Some(self.pause(event, child.label.clone(), next, due));
                self.set_row(child.row, RowStatus::Scheduled);
                self.children.insert(created, child);
            }
        }
    }

    pub(super) fn close_child(&mut self, child: &OpenChild, at: Timestamp, outcome: Outcome) {
        if let Some(piece) = child.piece {
            self.pieces.close_with(piece, at, outcome);
        }
        if let Some(pause) = &child.pause {
            self.pieces.close(pause.piece, at);
        }
    }
}
