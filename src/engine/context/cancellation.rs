//! Cancel requests, limits and shields.

use super::{
    operation::{ChildCancel, ChildWaits, Resolution, Stage},
    state::State,
};
use crate::engine::{
    Failure,
    command::{OperationId, OperationKind},
};

/// How many operations workflow code may start after a limit was reached, before it is stopped.
const MAX_REFUSED: u32 = 1_000;

impl State {
    /// Requests cancellation: open operations outside a shield fail. Operations that start later
    /// are not affected, so that the workflow can clean up. A second request is delivered again, to
    /// the operations that are open then.
    pub fn request_cancel(&mut self, reason: &str, waits_for_children: bool) {
        self.cancel = Some(reason.to_owned());
        let mut delivered = false;
        for (id, kind) in self.open_operations() {
            if waits_for_children && self.cancel_child(id) {
                continue;
            }
            delivered = true;
            if kind == OperationKind::Unrecorded {
                self.resolve(id, Resolution::Fired);
            } else {
                self.fail_operation(id, kind, Failure::canceled(reason));
            }
        }
        self.undelivered_cancel = waits_for_children && !delivered;
    }

    /// A limit was reached: open operations outside a shield fail, and so do those that start
    /// later.
    pub fn exhaust(&mut self, failure: &Failure) {
        self.exhausted = Some(failure.clone());
        for (id, kind) in self.open_operations() {
            if kind != OperationKind::Unrecorded {
                self.fail_operation(id, kind, failure.clone());
            }
        }
    }

    /// The operations that a cancel request affects, in the order in which they were started.
    pub(super) fn open_operations(&self) -> Vec<(OperationId, OperationKind)> {
        let open = self.operations.iter().filter(|(_, operation)| {
            matches!(operation.stage, Stage::Waiting(_)) && !operation.shielded
        });
        let mut open: Vec<_> = open.map(|(id, op)| (*id, op.kind)).collect();
        open.sort_unstable_by_key(|(id, _)| *id);
        open
    }

    /// Requests cancellation of the child of an operation; false if there is none to wait for.
    pub(super) fn cancel_child(&mut self, id: OperationId) -> bool {
        let Some(operation) = self.operations.get_mut(&id) else {
            return false;
        };
        if operation.kind != OperationKind::Child || operation.cancel != ChildCancel::Wait {
            return false;
        }
        operation.cancel = ChildCancel::Requested;
        self.child_cancels.push(id);
        true
    }

    pub(super) fn fail_operation(
        &mut self,
        id: OperationId,
        kind: OperationKind,
        failure: Failure,
    ) {
        self.remove_waits(id);
        self.cancel_operation(id, kind);
        self.resolve(id, Resolution::Failed(failure));
    }

    /// Takes the children to which a cancel request is to be sent.
    pub fn take_child_cancels(&mut self) -> Vec<OperationId> {
        std::mem::take(&mut self.child_cancels)
    }

    /// A child waits for its next attempt, or that attempt has started.
    pub fn child_waits(&mut self, id: OperationId, waits: ChildWaits) {
        if let Some(operation) = self.operations.get_mut(&id) {
            operation.cancel = match waits {
                ChildWaits::ForRetry => ChildCancel::Abandon,
                ChildWaits::ForEnd => ChildCancel::Wait,
            };
        }
    }

    /// Called before code inside a shield is polled.
    pub(super) fn enter_shield(&mut self) {
        self.shields += 1;
    }

    pub(super) fn leave_shield(&mut self) {
        self.shields = self.shields.saturating_sub(1);
    }

    /// Why an operation that starts outside a shield fails immediately, if it does.
    pub(super) fn refusal(&mut self, kind: OperationKind) -> Option<Failure> {
        if kind == OperationKind::Unrecorded {
            return None;
        }
        if let Some(failure) = &self.exhausted {
            self.refused += 1;
            // Code that ignores every failure would loop forever. The panic stops it.
            assert!(
                self.refused <= MAX_REFUSED,
                "the workflow keeps starting operations although {}",
                failure.message
            );
            return Some(failure.clone());
        }
        let reason = self.cancel.as_ref().filter(|_| self.undelivered_cancel)?;
        let failure = Failure::canceled(reason.as_str());
        self.undelivered_cancel = false;
        Some(failure)
    }

    /// A child was canceled on request: its failure delivers the cancel request to the workflow.
    pub fn cancel_delivered(&mut self) {
        self.undelivered_cancel = false;
    }
}
