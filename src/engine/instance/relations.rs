//! Interaction with the parent, with children and with awaited instances.

use super::Instance;
use crate::engine::{
    Event, EventId, EventKind, Failure, InstanceId, InstanceSummary, Parent, ParentClosePolicy,
    Payload, Reach, Status, Timestamp,
    outbox_message::{ChildOutcome, InstanceCommand, OutboxMessage},
    turn::DivergenceKind,
};

impl Instance {
    /// Addresses a command to each awaited child.
    pub fn commands_to_children(&self, command: &InstanceCommand) -> Vec<OutboxMessage> {
        let children = self.children.iter();
        children
            .map(|(created, child)| {
                let parent = self.parent_of(*created, true);
                OutboxMessage::child_command(parent, &child.instance, command.clone())
            })
            .collect()
    }

    /// The awaited children that are not in backoff, with the events that created them.
    pub fn running_children(&self) -> Vec<(EventId, InstanceId)> {
        let children = self.children.iter();
        let running = children.filter(|(_, child)| child.backoff.is_none());
        running
            .map(|(id, child)| (*id, child.instance.clone()))
            .collect()
    }

    /// Applies the outcome of a child. Ignored unless the instance waits for that child.
    pub fn child_closed(
        &mut self,
        now: Timestamp,
        created: EventId,
        id: &InstanceId,
        outcome: ChildOutcome,
    ) {
        if self.is_closed() {
            return;
        }
        let Some(child) = self.children.get(&created) else {
            return;
        };
        if child.instance != *id || child.backoff.is_some() {
            return;
        }
        let kind = match outcome {
            ChildOutcome::Completed(result) => {
                EventKind::ChildWorkflowInstanceCompleted { created, result }
            }
            ChildOutcome::Failed(failure) => {
                let (failure, should_retry) = self.evaluate_failure(created, failure);
                let seed = self.seed ^ created.0;
                let retries = &child.retries;
                let retry_at = retries.next(child.attempt, &failure, || should_retry, seed, now);
                EventKind::ChildWorkflowInstanceFailed {
                    created,
                    attempt: child.attempt,
                    failure,
                    retry_at,
                }
            }
        };
        self.receive(now, kind);
    }

    /// Evaluates a failure of what `opened` started: the failure to record, and whether the
    /// workflow's predicate allows a retry. If the predicate panics, the panic is the failure.
    pub(super) fn evaluate_failure(&self, opened: EventId, failure: Failure) -> (Failure, bool) {
        let failure = failure.shortened(self.identity.limits.failure);
        if failure.non_retryable {
            return (failure, true);
        }
        match self.read_run(|run| run.should_retry(opened, &failure)) {
            None => (failure, true),
            Some(Ok(should_retry)) => (failure, should_retry),
            Some(Err(panic)) => (panic, false),
        }
    }

    /// Applies the outcome of an awaited instance.
    pub fn awaited_closed(
        &mut self,
        now: Timestamp,
        awaited: EventId,
        output: Option<Payload>,
        failure: Option<Failure>,
    ) {
        if !self.is_closed() && self.awaited.contains_key(&awaited) {
            let kind = EventKind::AwaitedInstanceClosed {
                awaited,
                output,
                failure,
            };
            self.receive(now, kind);
        }
    }

    /// Records that a sent event could not be delivered.
    pub fn undelivered(&mut self, now: Timestamp, sent: EventId, reason: String) {
        if !self.is_closed() {
            self.receive(now, EventKind::EventUndelivered { sent, reason });
        }
    }

    /// Records that a detached child could not start.
    pub fn child_not_started(&mut self, now: Timestamp, created: EventId, failure: Failure) {
        if !self.is_closed() {
            let kind = EventKind::ChildWorkflowInstanceFailed {
                created,
                attempt: 1,
                failure,
                retry_at: None,
            };
            self.receive(now, kind);
        }
    }

    /// Stalls the instance because the workflow of a child is not registered.
    pub fn child_not_registered(&mut self, now: Timestamp, name: &str) {
        let name = name.to_owned();
        self.stall_without_code(now, DivergenceKind::UnregisteredChild { name });
    }

    /// Sends cancel requests to children; the instance keeps waiting for them.
    pub(super) fn request_child_cancels(&mut self, children: Vec<EventId>) {
        for created in children {
            self.request_child_cancel(created);
        }
    }

    fn request_child_cancel(&mut self, created: EventId) {
        let Some(child) = self.children.get(&created) else {
            return;
        };
        let mut reason = format!(
            "cancellation of its parent {:?} was requested",
            self.summary.id
        );
        // Pass on the caller's reason.
        if let Some(why) = self.cancel_requested.as_ref().filter(|why| !why.is_empty()) {
            reason.push_str(": ");
            reason.push_str(why);
        }
        let parent = self.parent_of(created, true);
        let command = InstanceCommand::Cancel { reason };
        self.outbox.push(OutboxMessage::child_command(
            parent,
            &child.instance,
            command,
        ));
    }

    /// Sends a cancel request again to a child that has not received it.
    pub fn resend_cancel(&mut self, created: EventId) {
        if self.pending_cancels.contains(&created) {
            self.request_child_cancel(created);
        }
    }

    /// Whether cancellation was requested.
    pub fn cancel_requested(&self) -> bool {
        self.cancel_requested.is_some()
    }

    /// Drops the messages that would close its children.
    pub fn abandon_children(&mut self) {
        self.outbox
            .retain(|message| matches!(message, OutboxMessage::ChildClosed { .. }));
    }

    /// Retries a child as a new instance.
    pub(super) fn restart_child(&mut self, now: Timestamp, created: EventId) {
        if let Some(child) = self.children.get(&created) {
            let attempt = child.attempt + 1;
            self.new_child(now, created, attempt);
        }
    }

    /// Replaces a child that belongs to the instance from which this one was forked.
    pub fn replace_child(&mut self, now: Timestamp, created: EventId) {
        if let Some(child) = self.children.get(&created) {
            let attempt = child.attempt;
            self.new_child(now, created, attempt);
        }
    }

    fn new_child(&mut self, now: Timestamp, created: EventId, attempt: u32) {
        // The numbers distinguish restarts of different runs and forks.
        let suffix = match self.summary.run {
            1 => format!("/{created}#{attempt}"),
            run => format!("/{run}.{created}#{attempt}"),
        };
        let instance = self.summary.id.with_suffix(&suffix);
        let kind = EventKind::ChildWorkflowInstanceRestarted {
            created,
            attempt,
            instance,
        };
        self.receive(now, kind);
    }

    pub(super) fn restart_message(&mut self, created: EventId, instance: &InstanceId) {
        let parent = self.parent_of(created, true);
        if let Some(child) = self.children.get(&created) {
            self.outbox.push(OutboxMessage::StartChild {
                parent,
                instance: instance.clone(),
                name: child.name.clone(),
                input: child.input.clone(),
                code: self.code_location(),
                version: self.code.remote().and_then(|run| run.version_of(created)),
            });
        }
    }

    /// Starts a child that the history contains and the store does not.
    pub fn start_missing_child(&mut self, created: EventId) {
        if let Some(child) = self.children.get(&created) {
            let instance = child.instance.clone();
            self.restart_message(created, &instance);
        }
    }

    pub(super) fn parent_of(&self, created: EventId, attached: bool) -> Parent {
        Parent {
            instance: self.summary.id.clone(),
            created,
            attached,
            run: self.summary.run,
        }
    }

    pub(super) fn close_children(&mut self, event: &Event) {
        let reason = format!(
            "its parent {:?} has closed: {}",
            self.summary.id,
            event.kind.name()
        );
        for (created, child) in std::mem::take(&mut self.children) {
            let policy = match &event.kind {
                EventKind::ExecutionCanceled { .. } if self.is_remote() => {
                    ParentClosePolicy::RequestCancel
                }
                // Where remote code comes from, children outlive a parent that ends by itself.
                kind if self.is_remote() && kind.is_end_of_code() => ParentClosePolicy::Abandon,
                _ => child.on_close,
            };
            let parent = self.parent_of(created, true);
            self.outbox
                .extend(close_command(parent, &child.instance, policy, &reason));
        }
        self.awaited.clear();
    }

    pub(super) fn notify_parent(&mut self, event: &Event) {
        let Some(parent) = self.summary.parent.as_ref().filter(|p| p.attached) else {
            return;
        };
        let outcome = match (&event.kind, self.summary.status) {
            (EventKind::ExecutionTerminated { reason, .. }, _) => {
                let message = format!("{:?} was terminated: {reason}", self.summary.id);
                ChildOutcome::Failed(Failure::new(Failure::TERMINATED, message).non_retryable())
            }
            _ => match outcome_of(&self.summary) {
                Some(outcome) => outcome,
                None => return,
            },
        };
        let message = OutboxMessage::child_closed(parent, &self.summary.id, outcome);
        self.outbox.push(message);
    }
}

/// The outcome of a closed instance, for its parent.
pub(in crate::engine) fn outcome_of(summary: &InstanceSummary) -> Option<ChildOutcome> {
    match summary.status {
        Status::Completed => summary.output.clone().map(ChildOutcome::Completed),
        Status::Failed | Status::Canceled => summary.failure.clone().map(ChildOutcome::Failed),
        Status::Terminated => {
            let message = format!("{:?} was terminated", summary.id);
            let failure = Failure::new(Failure::TERMINATED, message).non_retryable();
            Some(ChildOutcome::Failed(failure))
        }
        _ => None,
    }
}

/// The command that a child receives when its parent closes or stops waiting.
pub(super) fn close_command(
    parent: Parent,
    child: &InstanceId,
    policy: ParentClosePolicy,
    reason: &str,
) -> Option<OutboxMessage> {
    let reason = reason.to_owned();
    let command = match policy {
        ParentClosePolicy::Abandon => return None,
        ParentClosePolicy::Terminate => InstanceCommand::Terminate {
            reason,
            reach: Reach::Tree,
            output: None,
        },
        ParentClosePolicy::RequestCancel => InstanceCommand::Cancel { reason },
    };
    Some(OutboxMessage::child_command(parent, child, command))
}
