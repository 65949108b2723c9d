//! Compensation: steps that succeeded and are undone because a later one failed.

use std::sync::Arc;

use crate::{
    engine::{Event, EventKind},
    view::{
        lane::LaneModel,
        open_operation::{OpenOperation, OperationStage},
        row::RowStatus,
        timeline_entry::{EntryKind, Outcome},
    },
};

impl LaneModel {
    pub(super) fn fold_compensation(&mut self, event: &Event) {
        match &event.kind {
            EventKind::CompensationRegistered { name } => {
                let label: Arc<str> = name.as_str().into();
                let row = self.row(event, label.clone(), RowStatus::Registered, "compensation");
                let compensation = OpenOperation {
                    label,
                    max_attempts: 1,
                    row,
                    slot: None,
                    stage: OperationStage::Registered,
                };
                self.compensations.insert(event.id, compensation);
            }
            EventKind::CompensationStarted { registered } => {
                let Some(mut compensation) = self.compensations.remove(registered) else {
                    return;
                };
                let kind = EntryKind::Compensation {
                    step: compensation.label.clone(),
                    outcome: Outcome::Running,
                };
                compensation.stage = OperationStage::Running(self.begin(event, kind));
                self.detail_row(event, "compensation", RowStatus::Started, "");
                self.set_row(compensation.row, RowStatus::Running);
                self.compensations.insert(*registered, compensation);
            }
            EventKind::CompensationEnded {
                registered,
                failure,
            } => {
                let Some(compensation) = self.compensations.remove(registered) else {
                    return;
                };
                let (outcome, status) = match failure {
                    None => (Outcome::Completed, RowStatus::Completed),
                    Some(_) => (Outcome::Failed, RowStatus::Failed),
                };
                self.close_entry(&compensation, event.at, outcome);
                self.set_row(compensation.row, status);
                if let Some(failure) = failure {
                    let reason: Arc<str> = failure.message.as_str().into();
                    self.detail_row(event, "compensation", RowStatus::Failed, reason.clone());
                    let kind = EntryKind::Failure {
                        task: compensation.label,
                        in_a_row: 1,
                        reason,
                    };
                    self.mark(event, kind);
                }
            }
            _ => {}
        }
    }
}
