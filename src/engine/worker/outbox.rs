//! The outbox: messages between instances, in order.

use std::collections::VecDeque;

use crate::engine::{Batch, EventId, InstanceId, OutboxId, Payload, outbox_message::OutboxMessage};

/// Messages between instances, in order. Those that are not delivered in the commit of their cause
/// are stored with it and delivered with the next.
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    next: OutboxId,
    next_ticket: Ticket,
}

struct Entry {
    ticket: Ticket,
    /// Its id, if it is in the store.
    stored: Option<OutboxId>,
    message: OutboxMessage,
    /// It is being delivered.
    is_taken: bool,
}

/// Identifies an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ticket(u64);

impl Outbox {
    /// An outbox with the stored messages.
    pub fn new(stored: Vec<(OutboxId, OutboxMessage)>, next: OutboxId) -> Self {
        let mut outbox = Self {
            entries: VecDeque::new(),
            next,
            next_ticket: Ticket::default(),
        };
        for (id, message) in stored {
            outbox.add(Some(id), message);
        }
        outbox
    }

    /// Whether there is a message that can be delivered now.
    pub fn has_work(&self, is_blocked: impl Fn(&OutboxMessage) -> bool) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| !entry.is_taken && !is_blocked(&entry.message))
    }

    pub fn push(&mut self, message: OutboxMessage) {
        self.add(None, message);
    }

    pub fn extend(&mut self, messages: impl IntoIterator<Item = OutboxMessage>) {
        for message in messages {
            self.push(message);
        }
    }

    /// Adds a message that is already being delivered.
    pub fn push_taken(&mut self, message: OutboxMessage) -> Ticket {
        let ticket = self.add(None, message);
        if let Some(entry) = self.entries.back_mut() {
            entry.is_taken = true;
        }
        ticket
    }

    /// Takes the next message that can be delivered now. It is kept until it is
    /// [`done`](Self::done).
    pub fn take(
        &mut self,
        is_blocked: impl Fn(&OutboxMessage) -> bool,
    ) -> Option<(Ticket, OutboxMessage)> {
        let mut entries = self.entries.iter_mut();
        let entry = entries.find(|entry| !entry.is_taken && !is_blocked(&entry.message))?;
        entry.is_taken = true;
        Some((entry.ticket, entry.message.clone()))
    }

    /// A message was delivered. The batch removes it from the store.
    pub fn done(&mut self, ticket: Ticket, batch: &mut Batch) {
        let place = self.entries.iter().position(|entry| entry.ticket == ticket);
        if let Some(entry) = place.and_then(|place| self.entries.remove(place)) {
            batch.outbox_removed.extend(entry.stored);
        }
    }

    /// Adds the remaining messages to the batch, unless the store has them already.
    pub fn store(&mut self, batch: &mut Batch) {
        for entry in &mut self.entries {
            // Encoding cannot fail: messages consist of payloads, strings and numbers.
            if entry.stored.is_none()
                && let Ok(payload) = Payload::encode(&entry.message)
            {
                batch.outbox_added.push((self.next, payload));
                entry.stored = Some(self.next);
                self.next = OutboxId(self.next.0 + 1);
            }
        }
    }

    /// The remaining messages, in order.
    pub fn into_messages(self) -> impl Iterator<Item = OutboxMessage> {
        self.entries.into_iter().map(|entry| entry.message)
    }

    fn add(&mut self, stored: Option<OutboxId>, message: OutboxMessage) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket = Ticket(ticket.0 + 1);
        self.entries.push_back(Entry {
            ticket,
            stored,
            message,
            is_taken: false,
        });
        ticket
    }

    /// The children of an instance whose start is pending.
    pub fn children_of(&self, id: &InstanceId) -> impl Iterator<Item = (EventId, &InstanceId)> {
        self.entries.iter().filter_map(move |entry| {
            let OutboxMessage::StartChild {
                parent, instance, ..
            } = &entry.message
            else {
                return None;
            };
            (parent.instance == *id).then_some((parent.created, instance))
        })
    }

    /// Removes the pending start of a child.
    pub fn remove_child(&mut self, parent: &InstanceId, created: EventId, child: &InstanceId) {
        self.entries.retain(|entry| match &entry.message {
            OutboxMessage::StartChild {
                parent: of,
                instance,
                ..
            } => !(of.instance == *parent && of.created == created && instance == child),
            _ => true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::outbox_message::InstanceCommand;

    fn cancel(target: &str) -> OutboxMessage {
        let reason = String::new();
        let target = InstanceId::new(target).unwrap();
        OutboxMessage::command(&target, InstanceCommand::Cancel { reason })
    }

    fn target(message: &OutboxMessage) -> &str {
        match message {
            OutboxMessage::Command { target, .. } => target.as_str(),
            _ => "",
        }
    }

    fn deliver_next(outbox: &mut Outbox, batch: &mut Batch) -> OutboxMessage {
        let (ticket, message) = outbox.take(|_| false).unwrap();
        outbox.done(ticket, batch);
        message
    }

    #[test]
    fn an_undelivered_message_is_stored_once_and_removed_after_delivery() {
        let mut outbox = Outbox::new(vec![(OutboxId(3), cancel("a"))], OutboxId(4));
        outbox.extend([cancel("b"), cancel("c")]);
        let mut batch = Batch::default();
        assert_eq!(target(&deliver_next(&mut outbox, &mut batch)), "a");
        assert_eq!(batch.outbox_removed, [OutboxId(3)]);
        outbox.store(&mut batch);
        outbox.store(&mut batch);
        let stored: Vec<_> = batch.outbox_added.iter().map(|(id, _)| *id).collect();
        assert_eq!(stored, [OutboxId(4), OutboxId(5)]);
        let mut next = Batch::default();
        assert_eq!(target(&deliver_next(&mut outbox, &mut next)), "b");
        assert_eq!(target(&deliver_next(&mut outbox, &mut next)), "c");
        assert_eq!(next.outbox_removed, [OutboxId(4), OutboxId(5)]);
        assert!(outbox.entries.is_empty() && outbox.take(|_| false).is_none());
    }

    #[test]
    fn messages_are_stored_until_delivery_and_blocked_ones_are_skipped() {
        let mut outbox = Outbox::new(Vec::new(), OutboxId(1));
        outbox.extend([cancel("a"), cancel("b")]);
        let is_blocked = |message: &OutboxMessage| target(message) == "a";
        let (ticket, taken) = outbox.take(is_blocked).unwrap();
        assert_eq!(target(&taken), "b");
        assert!(outbox.take(is_blocked).is_none() && !outbox.has_work(is_blocked));
        let mut batch = Batch::default();
        outbox.store(&mut batch);
        assert_eq!(batch.outbox_added.len(), 2);
        outbox.done(ticket, &mut batch);
        assert_eq!(batch.outbox_removed, [OutboxId(2)]);
        assert!(outbox.has_work(|_| false) && !outbox.entries.is_empty());
    }
}
