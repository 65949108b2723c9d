//! Attempts, retries and ends, which activities, children and compensations have in common.

use std::sync::Arc;

use crate::{
    engine::{Event, Failure, Timestamp},
    view::{
        lane::LaneModel,
        open_operation::{OpenBackoff, OpenOperation, OperationStage},
        sub_rows::Slot,
        timeline_entry::{EntryKind, Outcome},
    },
};

impl LaneModel {
    /// Closes the open entry of an operation.
    pub(super) fn close_entry(
        &mut self,
        operation: &OpenOperation,
        at: Timestamp,
        outcome: Outcome,
    ) {
        match &operation.stage {
            OperationStage::Registered => {}
            OperationStage::Queued(entry) | OperationStage::Running(entry) => {
                self.timeline.close_with(*entry, at, outcome);
            }
            OperationStage::Backoff(backoff) => self.timeline.close(backoff.entry, at),
        }
    }

    /// Takes a sub-row for an operation that begins with this event, and marks the fork if there is one.
    /// What follows a failure at once, such as the delay of a retry, stays in the row of what failed, and
    /// in its fork.
    pub(super) fn take_slot(&mut self, event: &Event) -> Slot {
        let joined = self.forks.joined.take();
        let slot = match self.forks.row_of_retry(event.id) {
            Some(row) => {
                if let Some(fork) = joined {
                    self.timeline.reopen(fork);
                    self.forks.open = Some(fork);
                }
                self.slots.take_if_free(row)
            }
            None => self.slots.take(),
        };
        let forked = self.forks.scheduled(event.id, event.at, self.slots.open());
        let rows = slot.0 + 1;
        if let Some(from) = forked {
            let fork = self.begin(event, EntryKind::Branches { rows });
            self.timeline.begin_earlier(fork, from);
            self.forks.open = Some(fork);
        } else if let Some(fork) = self.forks.open {
            self.timeline.widen(fork, rows);
        }
        slot
    }

    /// Frees the sub-row of an operation that has closed. The branches of a fork have joined once none
    /// is open.
    pub(super) fn free_slot(&mut self, slot: Option<Slot>, at: Timestamp) {
        if let Some(slot) = slot {
            self.slots.free(slot);
        }
        if self.slots.open() == 0
            && let Some(fork) = self.forks.open.take()
        {
            self.timeline.close(fork, at);
            self.forks.joined = Some(fork);
        }
    }

    /// Closes an operation because it is no longer needed.
    pub(super) fn cancel(&mut self, operation: &OpenOperation, at: Timestamp) {
        self.close_entry(operation, at, Outcome::Interrupted);
        self.free_slot(operation.slot, at);
    }

    /// Closes an operation that succeeded.
    pub(super) fn complete(&mut self, operation: &OpenOperation, at: Timestamp) {
        self.close_entry(operation, at, Outcome::Completed);
        self.free_slot(operation.slot, at);
        if self.failures_in_a_row.remove(&operation.label).is_some() {
            self.workflow_retry = None;
        }
    }

    /// An attempt failed. Gives the operation back if it will be retried.
    pub(super) fn fail(
        &mut self,
        event: &Event,
        mut operation: OpenOperation,
        attempt: u32,
        failure: &Failure,
        retry_at: Option<Timestamp>,
    ) -> Option<OpenOperation> {
        self.close_entry(&operation, event.at, Outcome::Failed);
        self.count_failure(event, &operation, failure);
        let Some(due) = retry_at else {
            self.free_slot(operation.slot, event.at);
            self.forks.retried = operation.slot.map(|slot| (event.id, slot));
            return None;
        };
        let next = attempt.saturating_add(1);
        operation.stage = OperationStage::Backoff(self.begin_backoff(event, &operation, next, due));
        Some(operation)
    }

    fn count_failure(&mut self, event: &Event, operation: &OpenOperation, failure: &Failure) {
        self.workflow_retry = None;
        let label = &operation.label;
        let count = self.failures_in_a_row.entry(label.clone()).or_default();
        *count += 1;
        let in_a_row = *count;
        let reason: Arc<str> = failure.message.as_str().into();
        let kind = EntryKind::Failure {
            task: label.clone(),
            in_a_row,
            reason,
            injected: failure.injected,
        };
        self.mark_in(operation.slot.unwrap_or_default(), event, kind);
    }

    fn begin_backoff(
        &mut self,
        event: &Event,
        operation: &OpenOperation,
        attempt: u32,
        due: Timestamp,
    ) -> OpenBackoff {
        let (task, slot) = (operation.label.clone(), operation.slot.unwrap_or_default());
        OpenBackoff {
            entry: self.begin_in(slot, event, EntryKind::Backoff { task, attempt, due }),
            due,
            attempt,
        }
    }

    /// The wait before an attempt is over.
    pub(super) fn end_backoff(&mut self, backoff: &OpenBackoff, at: Timestamp) {
        self.timeline.close(backoff.entry, at);
    }
}
