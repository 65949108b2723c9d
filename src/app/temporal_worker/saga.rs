//! How the steps of a score are undone in a cluster.

use std::cell::RefCell;

use super::context::ClusterContext;
use crate::{
    engine::Failure,
    score::{UndoStep, WorkflowSaga},
};

/// The steps of a score, and how they are undone.
pub(super) struct Steps {
    context: ClusterContext,
    undo: RefCell<Vec<UndoStep>>,
}

impl Steps {
    /// A saga without steps.
    pub fn new(context: ClusterContext) -> Self {
        Self {
            context,
            undo: RefCell::default(),
        }
    }
}

impl WorkflowSaga for Steps {
    fn undo_with(&self, _: &str, undo: UndoStep) {
        self.undo.borrow_mut().push(undo);
    }

    async fn settle<T>(self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        if !outcome.as_ref().is_err_and(|failure| !failure.continues()) {
            return outcome;
        }
        self.context.begin_settling();
        loop {
            let Some(undo) = self.undo.borrow_mut().pop() else {
                break;
            };
            // What cannot be undone is in the history; the other steps are undone all the same.
            let _ = undo().await;
        }
        self.context.end_settling();
        outcome
    }
}
