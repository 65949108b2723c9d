//! Compensation: steps that succeeded and are undone because a later one failed.

use std::sync::Arc;

use crate::{
    engine::{Event, EventKind},
    view::{
        lane::LaneModel,
        open_operation::{OpenOperation, OperationStage},
        timeline_entry::{EntryKind, Outcome},
    },
};

impl LaneModel {
    pub(super) fn fold_compensation(&mut self, event: &Event) {
        match &event.kind {
            EventKind::CompensationRegistered { name } => {
                let label: Arc<str> = name.as_str().into();
                let compensation = OpenOperation {
                    label,
                    max_attempts: 1,
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
                self.compensations.insert(*registered, compensation);
            }
            EventKind::CompensationEnded {
                registered,
                failure,
            } => {
                let Some(compensation) = self.compensations.remove(registered) else {
                    return;
                };
                let outcome = match failure {
                    None => Outcome::Completed,
                    Some(_) => Outcome::Failed,
                };
                self.close_entry(&compensation, event.at, outcome);
                if let Some(failure) = failure {
                    let reason: Arc<str> = failure.message.as_str().into();
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
