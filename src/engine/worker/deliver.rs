//! Delivers outbox messages.

use std::collections::HashSet;

use super::{
    blocked::has_to_wait,
    start::NewRun,
    state::{MAX_PER_COMMIT, Worker},
};
use crate::engine::{
    EngineError, EventId, Failure, InstanceId, Parent, Payload, Status, Timestamp,
    instance::outcome_of,
    outbox_message::{
        ChildOutcome, InstanceCommand, NextRun, OutboxMessage, PinnedVersion, Waiter,
    },
    request::IdReuse,
};

impl Worker {
    /// Delivers the messages of the outbox. Those beyond the limit of one commit stay in the stored
    /// outbox for the next.
    pub(super) fn deliver(&mut self) {
        let now = self.now();
        for _ in 0..MAX_PER_COMMIT {
            let has_to_wait =
                |message: &OutboxMessage| has_to_wait(&self.blocked, &self.unrecovered, message);
            let Some((ticket, message)) = self.outbox.take(has_to_wait) else {
                return;
            };
            tracing::debug!(kind = message.name(), "delivering a message");
            match message {
                OutboxMessage::StartChild {
                    parent,
                    instance,
                    name,
                    input,
                    code,
                    version,
                } => {
                    let version = version.map(|version| PinnedVersion(Some(version)));
                    let new = NewRun {
                        parent: Some(parent.clone()),
                        code,
                        version,
                        ..NewRun::new(instance, 1, name, input)
                    };
                    self.deliver_child(now, parent, new);
                }
                OutboxMessage::ChildClosed {
                    parent,
                    child,
                    outcome,
                } => {
                    self.child_closed(now, &parent, &child, outcome);
                }
                OutboxMessage::Command {
                    target,
                    command,
                    parent,
                } => self.deliver_command(now, &target, command, parent.as_ref()),
                OutboxMessage::AwaitInstance { target, waiter } => {
                    self.deliver_wait(now, &target, waiter)
                }
                OutboxMessage::AwaitedClosed {
                    waiter,
                    output,
                    failure,
                } => self.awaited_closed(now, &waiter, output, failure),
                OutboxMessage::StartNextRun(next) => self.start_stored_next_run(now, *next),
            }
            self.delivered(ticket);
            if self.is_detached() {
                return;
            }
        }
    }

    fn deliver_child(&mut self, now: Timestamp, parent: Parent, new: NewRun) {
        if !self.can_start(&new.workflow, new.code) && parent.attached {
            if let Some(key) = self.parent_key(&parent) {
                self.turn(key, |instance| {
                    instance.child_not_registered(now, &new.workflow);
                });
            }
            return;
        }
        let id = new.id.clone();
        if let Err(error) = self.start_child(now, &parent, new) {
            let failure = Failure::new(Failure::NOT_STARTED, error.to_string()).non_retryable();
            match (parent.attached, self.parent_key(&parent)) {
                (true, _) => self.child_closed(now, &parent, &id, ChildOutcome::Failed(failure)),
                (false, Some(key)) => {
                    let created = parent.created;
                    self.turn(key, |instance| {
                        instance.child_not_started(now, created, failure);
                    });
                }
                (false, None) => {}
            }
        }
    }

    fn start_child(
        &mut self,
        now: Timestamp,
        parent: &Parent,
        mut new: NewRun,
    ) -> Result<(), EngineError> {
        if !self.can_start(&new.workflow, new.code) {
            return Err(EngineError::UnknownWorkflow(new.workflow));
        }
        new.run = self.next_run(&new.id, IdReuse::OnceClosed)?;
        let of = self.ids.get(&parent.instance).copied();
        let key = self.new_key();
        self.batch.relations.extend(of.map(|of| (of, key)));
        self.begin_run(now, key, new);
        self.mark_dirty(key);
        Ok(())
    }

    /// The open run of a parent.
    fn parent_key(&self, parent: &Parent) -> Option<crate::engine::InstanceKey> {
        let key = *self.ids.get(&parent.instance)?;
        let run = self.instances.get(&key)?.summary.run;
        (parent.run == Parent::ANY_RUN || parent.run == run).then_some(key)
    }

    fn child_closed(
        &mut self,
        now: Timestamp,
        parent: &Parent,
        child: &InstanceId,
        outcome: ChildOutcome,
    ) {
        if let Some(key) = self.parent_key(parent) {
            let created = parent.created;
            self.turn(key, |instance| {
                instance.child_closed(now, created, child, outcome)
            });
        }
    }

    /// Delivers a command. If an event cannot be delivered, that is recorded with its sender.
    fn deliver_command(
        &mut self,
        now: Timestamp,
        target: &InstanceId,
        command: InstanceCommand,
        parent: Option<&Parent>,
    ) {
        let sender = match &command {
            InstanceCommand::Raise {
                from: Some(from),
                sent: Some(sent),
                ..
            } => Some((from.clone(), *sent)),
            _ => None,
        };
        let Err(error) = self.command(now, target, command, parent) else {
            return;
        };
        let Some((from, sent)) = sender else {
            return;
        };
        let open = self.ids.get(&from).and_then(|key| self.instances.get(key));
        if let Some(key) = open.filter(|i| i.summary.run == sent.run).map(|i| i.key) {
            let reason = error.to_string();
            self.turn(key, |instance| {
                instance.undelivered(now, sent.event, reason);
            });
        }
    }

    /// Registers a wait for another instance.
    fn deliver_wait(&mut self, now: Timestamp, target: &InstanceId, waiter: Waiter) {
        if self.ids.contains_key(target) || self.quarantined.contains_key(target) {
            let waiters = self.waiters.entry(target.clone()).or_default();
            waiters.push(waiter);
            return;
        }
        let (output, failure) = match self.stored(target) {
            Ok(Some(summary)) if summary.status.is_closed() => result_of(&summary),
            Ok(_) => {
                let message = format!("there is no instance {target:?}");
                (None, Some(Failure::new(Failure::UNKNOWN, message)))
            }
            Err(error) => {
                let failure = Failure::new(Failure::UNKNOWN, error.to_string());
                (None, Some(failure))
            }
        };
        self.awaited_closed(now, &waiter, output, failure);
    }

    /// Notifies the instances that wait for a closed instance, with the next commit.
    pub(super) fn notify_waiters(&mut self, summary: &crate::engine::InstanceSummary) {
        let waiters = self.waiters.remove(&summary.id);
        for waiter in waiters.into_iter().flatten() {
            let (output, failure) = result_of(summary);
            self.outbox.push(OutboxMessage::AwaitedClosed {
                waiter,
                output,
                failure,
            });
        }
    }

    fn awaited_closed(
        &mut self,
        now: Timestamp,
        waiter: &Waiter,
        output: Option<Payload>,
        failure: Option<Failure>,
    ) {
        let Some(key) = self.ids.get(&waiter.instance).copied() else {
            return;
        };
        let run = self.instances.get(&key).map(|i| i.summary.run);
        if run == Some(waiter.run) {
            let awaited = waiter.awaited;
            self.turn(key, |instance| {
                instance.awaited_closed(now, awaited, output, failure);
            });
        }
    }

    /// Starts the next run of an instance in a store of an earlier version, which did not start it
    /// in the same commit.
    fn start_stored_next_run(&mut self, now: Timestamp, next: NextRun) {
        let is_open = self.ids.contains_key(&next.instance);
        let stored = self.stored(&next.instance);
        let is_next = matches!(
            stored,
            Ok(Some(summary)) if summary.status == Status::ContinuedAsNew && summary.run + 1 == next.run
        );
        if !is_open && is_next {
            let key = self.start_next_run(now, next);
            self.mark_dirty(key);
        }
    }

    /// Starts children that a history contains but that do not exist or belong to another instance;
    /// delivers the outcomes of closed ones; registers waits for other instances again.
    pub(super) fn restore_relations(
        &mut self,
        now: Timestamp,
        key: crate::engine::InstanceKey,
    ) -> Result<(), EngineError> {
        let Some(instance) = self.instances.get(&key) else {
            return Ok(());
        };
        let id = instance.summary.id.clone();
        let children = instance.running_children();
        let waits = instance.wait_messages();
        for message in waits {
            self.outbox.push(message);
        }
        let starting: HashSet<_> = self
            .outbox
            .children_of(&id)
            .map(|(created, child)| (created, child.clone()))
            .collect();
        for child in children {
            let is_starting = starting.contains(&child);
            self.restore_child(now, key, &id, child, is_starting)?;
        }
        self.mark_dirty(key);
        Ok(())
    }

    fn restore_child(
        &mut self,
        now: Timestamp,
        key: crate::engine::InstanceKey,
        id: &InstanceId,
        (created, child): (EventId, InstanceId),
        is_starting: bool,
    ) -> Result<(), EngineError> {
        let child = &child;
        let open = self.ids.get(child).and_then(|key| self.instances.get(key));
        let is_cancel_requested = open.is_some_and(|open| open.cancel_requested());
        let found = match open {
            Some(open) => Some(open.summary.clone()),
            None => self.stored(child)?,
        };
        let is_ours = |parent: &Parent| parent.instance == *id && parent.created == created;
        let Some(instance) = self.instances.get_mut(&key) else {
            return Ok(());
        };
        match found {
            None if is_starting => {}
            None => {
                instance.start_missing_child(created);
                instance.resend_cancel(created);
            }
            Some(summary) if !summary.parent.as_ref().is_some_and(is_ours) => {
                self.outbox.remove_child(id, created, child);
                instance.replace_child(now, created);
            }
            Some(summary) => match outcome_of(&summary) {
                Some(outcome) => instance.child_closed(now, created, child, outcome),
                None if !is_cancel_requested => instance.resend_cancel(created),
                None => {}
            },
        }
        Ok(())
    }
}

/// The outcome of a closed instance, for the instances that wait for it.
fn result_of(summary: &crate::engine::InstanceSummary) -> (Option<Payload>, Option<Failure>) {
    match outcome_of(summary) {
        Some(ChildOutcome::Completed(output)) => (Some(output), None),
        Some(ChildOutcome::Failed(failure)) => (None, Some(failure)),
        None => (None, None),
    }
}
