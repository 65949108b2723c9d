//! Compensation: steps that succeeded and are undone because a later one failed.

use std::sync::Arc;

use crate::{
    engine::{Event, EventKind, Timestamp},
    view::{
        lane::{LaneModel, OpenUndo},
        piece::{Outcome, PieceKind},
        row::RowStatus,
    },
};

impl LaneModel {
    pub(super) fn fold_saga(&mut self, event: &Event) {
        match &event.kind {
            EventKind::CompensationRegistered { name } => {
                let step: Arc<str> = name.as_str().into();
                let row = self.row(event, step.clone(), RowStatus::Ready, "compensation");
                let piece = None;
                self.undos.insert(event.id, OpenUndo { step, row, piece });
            }
            EventKind::CompensationStarted { registered } => {
                let Some(mut undo) = self.undos.remove(registered) else {
                    return;
                };
                let (step, outcome) = (undo.step.clone(), Outcome::Open);
                undo.piece = Some(self.begin(event, PieceKind::Undo { step, outcome }));
                self.part(event, "compensation", RowStatus::Started, "");
                self.set_row(undo.row, RowStatus::Running);
                self.undos.insert(*registered, undo);
            }
            EventKind::CompensationEnded {
                registered,
                failure,
            } => {
                let Some(undo) = self.undos.remove(registered) else {
                    return;
                };
                let (outcome, status) = match failure {
                    None => (Outcome::Done, RowStatus::Completed),
                    Some(_) => (Outcome::Failed, RowStatus::Failed),
                };
                self.close_undo(&undo, event.at, outcome);
                self.set_row(undo.row, status);
                if let Some(failure) = failure {
                    let reason: Arc<str> = failure.message.as_str().into();
                    let (task, nth) = (undo.step, 1);
                    self.part(event, "compensation", RowStatus::Failed, reason.clone());
                    self.mark(event, PieceKind::Failure { task, nth, reason });
                }
            }
            _ => {}
        }
    }

    pub(super) fn close_undo(&mut self, undo: &OpenUndo, at: Timestamp, outcome: Outcome) {
        if let Some(piece) = undo.piece {
            self.pieces.close_with(piece, at, outcome);
        }
    }
}
