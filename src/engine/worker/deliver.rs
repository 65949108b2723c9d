//! What instances bring about in others.

use std::collections::HashSet;

use super::{MAX_PER_COMMIT, Worker, blocked::has_to_wait, start::Beginning};
use crate::engine::{
    EngineError, EventId, Failure, InstanceId, Parent, Payload, Status, Timestamp,
    delivery::{Awaiting, ChildEnd, Delivery, InstanceCommand, NextRun},
    instance::end_of,
    request::IdReuse,
};

impl Worker {
    /// Does what instances bring about in others. What is too much for one commit waits in the store
    /// for the next.
    pub(super) fn deliver(&mut self) {
        let now = self.now();
        for _ in 0..MAX_PER_COMMIT {
            let waits = |delivery: &Delivery| has_to_wait(&self.blocked, &self.absent, delivery);
            let Some((ticket, delivery)) = self.outbox.take(waits) else {
                return;
            };
            match delivery {
                Delivery::StartChild {
                    parent,
                    instance,
                    name,
                    input,
                } => self.deliver_child(now, parent, instance, name, input),
                Delivery::ChildEnded { parent, child, end } => {
                    self.child_ended(now, &parent, &child, end);
                }
                Delivery::Tell {
                    target,
                    what,
                    parent,
                } => self.deliver_command(now, &target, what, parent.as_ref()),
                Delivery::Await { target, waiting } => self.deliver_wait(now, &target, waiting),
                Delivery::Closed {
                    waiting,
                    output,
                    failure,
                } => self.awaited_closed(now, &waiting, output, failure),
                Delivery::Continue(next) => self.continue_interrupted(now, *next),
            }
            self.delivered(ticket);
            if self.is_detached() {
                return;
            }
        }
    }

    fn deliver_child(
        &mut self,
        now: Timestamp,
        parent: Parent,
        id: InstanceId,
        name: String,
        input: Payload,
    ) {
        if self.registry.newest_workflow(&name).is_none() && parent.attached {
            if let Some(key) = self.parent_key(&parent) {
                self.turn(key, |instance| instance.child_has_no_code(now, &name));
            }
            return;
        }
        if let Err(error) = self.start_child(now, &parent, &id, name, input) {
            let failure = Failure::new(Failure::NOT_STARTED, error.to_string()).non_retryable();
            match (parent.attached, self.parent_key(&parent)) {
                (true, _) => self.child_ended(now, &parent, &id, ChildEnd::Failed(failure)),
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
        id: &InstanceId,
        name: String,
        input: Payload,
    ) -> Result<(), EngineError> {
        if self.registry.newest_workflow(&name).is_none() {
            return Err(EngineError::UnknownWorkflow(name));
        }
        let run = self.next_run(id, IdReuse::OnceClosed)?;
        let of = self.ids.get(&parent.instance).copied();
        let key = self.new_key();
        self.batch.relations.extend(of.map(|of| (of, key)));
        self.begin(
            now,
            key,
            Beginning {
                parent: Some(parent.clone()),
                ..Beginning::new(id.clone(), run, name, input)
            },
        );
        self.touch(key);
        Ok(())
    }

    /// The open run that asked for a child.
    fn parent_key(&self, parent: &Parent) -> Option<crate::engine::InstanceKey> {
        let key = *self.ids.get(&parent.instance)?;
        let run = self.instances.get(&key)?.summary.run;
        // Histories of before the run was recorded have 0.
        (parent.run == 0 || parent.run == run).then_some(key)
    }

    fn child_ended(&mut self, now: Timestamp, parent: &Parent, child: &InstanceId, end: ChildEnd) {
        if let Some(key) = self.parent_key(parent) {
            let created = parent.created;
            self.turn(key, |instance| {
                instance.child_ended(now, created, child, end)
            });
        }
    }

    /// A command that one instance gives to another. An event that cannot be delivered is recorded
    /// with its sender.
    fn deliver_command(
        &mut self,
        now: Timestamp,
        target: &InstanceId,
        what: InstanceCommand,
        parent: Option<&Parent>,
    ) {
        let sender = match &what {
            InstanceCommand::Raise {
                from: Some(from),
                sent: Some(sent),
                ..
            } => Some((from.clone(), *sent)),
            _ => None,
        };
        let Err(error) = self.command(now, target, what, parent) else {
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

    /// An instance waits for the end of another one.
    fn deliver_wait(&mut self, now: Timestamp, target: &InstanceId, waiting: Awaiting) {
        if self.ids.contains_key(target) || self.quarantined.contains_key(target) {
            let waiting_for = self.awaiting.entry(target.clone()).or_default();
            waiting_for.push(waiting);
            return;
        }
        let (output, failure) = match self.stored(target) {
            Ok(Some(summary)) if summary.status.is_closed() => outcome(&summary),
            Ok(_) => {
                let message = format!("there is no instance {target:?}");
                (None, Some(Failure::new(Failure::UNKNOWN, message)))
            }
            Err(error) => {
                let failure = Failure::new(Failure::UNKNOWN, error.to_string());
                (None, Some(failure))
            }
        };
        self.awaited_closed(now, &waiting, output, failure);
    }

    /// An instance has ended: those that wait for it hear of it with the next commit.
    pub(super) fn tell_awaiting(&mut self, summary: &crate::engine::InstanceSummary) {
        let waiting = self.awaiting.remove(&summary.id);
        for waiting in waiting.into_iter().flatten() {
            let (output, failure) = outcome(summary);
            self.outbox.push(Delivery::Closed {
                waiting,
                output,
                failure,
            });
        }
    }

    fn awaited_closed(
        &mut self,
        now: Timestamp,
        waiting: &Awaiting,
        output: Option<Payload>,
        failure: Option<Failure>,
    ) {
        let Some(key) = self.ids.get(&waiting.instance).copied() else {
            return;
        };
        let run = self.instances.get(&key).map(|i| i.summary.run);
        if run == Some(waiting.run) {
            let awaited = waiting.awaited;
            self.turn(key, |instance| {
                instance.awaited_closed(now, awaited, output, failure);
            });
        }
    }

    /// The next run of an instance in a store that was written when it did not begin in the same
    /// commit.
    fn continue_interrupted(&mut self, now: Timestamp, next: NextRun) {
        let is_open = self.ids.contains_key(&next.instance);
        let stored = self.stored(&next.instance);
        let is_next = matches!(
            stored,
            Ok(Some(summary)) if summary.status == Status::ContinuedAsNew && summary.run + 1 == next.run
        );
        if !is_open && is_next {
            let key = self.begin_next_run(now, next);
            self.touch(key);
        }
    }

    /// Children that a history mentions and that are not there, or are another's, begin; the ends of
    /// those that have ended are delivered. Waits for other instances are registered again.
    pub(super) fn restore_family(
        &mut self,
        now: Timestamp,
        key: crate::engine::InstanceKey,
    ) -> Result<(), EngineError> {
        let Some(instance) = self.instances.get(&key) else {
            return Ok(());
        };
        let id = instance.summary.id.clone();
        let children = instance.children_at_work();
        let waits = instance.waits();
        for delivery in waits {
            self.outbox.push(delivery);
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
        self.touch(key);
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
        let is_asked = open.is_some_and(|open| open.cancel_requested());
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
                instance.ask_again(created);
            }
            Some(summary) if !summary.parent.as_ref().is_some_and(is_ours) => {
                self.outbox.forget_child(id, created, child);
                instance.replace_child(now, created);
            }
            Some(summary) => match end_of(&summary) {
                Some(end) => instance.child_ended(now, created, child, end),
                None if !is_asked => instance.ask_again(created),
                None => {}
            },
        }
        Ok(())
    }
}

/// How an instance has ended, for those that wait for it.
fn outcome(summary: &crate::engine::InstanceSummary) -> (Option<Payload>, Option<Failure>) {
    match end_of(summary) {
        Some(ChildEnd::Completed(output)) => (Some(output), None),
        Some(ChildEnd::Failed(failure)) => (None, Some(failure)),
        None => (None, None),
    }
}
