//! What instances bring about in others, in order, until it is done.

use std::collections::VecDeque;

use crate::engine::{Batch, EventId, InstanceId, Payload, PostId, delivery::Delivery};

/// What instances bring about in others, in order. What a commit has no room for is written to the
/// store with it and done with the next.
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    next: PostId,
    next_ticket: Ticket,
}

struct Entry {
    ticket: Ticket,
    /// Its number, if it is in the store.
    posted: Option<PostId>,
    delivery: Delivery,
    /// It is being done.
    is_taken: bool,
}

/// Says which delivery is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ticket(u64);

impl Outbox {
    /// With what the store has.
    pub fn new(posted: Vec<(PostId, Delivery)>, next: PostId) -> Self {
        let mut outbox = Self {
            entries: VecDeque::new(),
            next,
            next_ticket: Ticket::default(),
        };
        for (id, delivery) in posted {
            outbox.add(Some(id), delivery);
        }
        outbox
    }

    /// Whether there is something to do that does not have to wait.
    pub fn has_work(&self, waits: impl Fn(&Delivery) -> bool) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| !entry.is_taken && !waits(&entry.delivery))
    }

    pub fn push(&mut self, delivery: Delivery) {
        self.add(None, delivery);
    }

    pub fn extend(&mut self, deliveries: impl IntoIterator<Item = Delivery>) {
        for delivery in deliveries {
            self.push(delivery);
        }
    }

    /// Keeps what is being done already, until it is done.
    pub fn hold(&mut self, delivery: Delivery) -> Ticket {
        let ticket = self.add(None, delivery);
        if let Some(entry) = self.entries.back_mut() {
            entry.is_taken = true;
        }
        ticket
    }

    /// Takes the next to be done that does not have to wait. It is kept until it is [`done`](Self::done).
    pub fn take(&mut self, waits: impl Fn(&Delivery) -> bool) -> Option<(Ticket, Delivery)> {
        let mut entries = self.entries.iter_mut();
        let entry = entries.find(|entry| !entry.is_taken && !waits(&entry.delivery))?;
        entry.is_taken = true;
        Some((entry.ticket, entry.delivery.clone()))
    }

    /// What was taken is done. The batch removes it from the store.
    pub fn done(&mut self, ticket: Ticket, batch: &mut Batch) {
        let place = self.entries.iter().position(|entry| entry.ticket == ticket);
        if let Some(entry) = place.and_then(|place| self.entries.remove(place)) {
            batch.delivered.extend(entry.posted);
        }
    }

    /// What is left goes into the batch, unless the store has it already.
    pub fn post(&mut self, batch: &mut Batch) {
        for entry in &mut self.entries {
            // What cannot be encoded cannot be made: its parts were payloads, names and numbers.
            if entry.posted.is_none()
                && let Ok(payload) = Payload::encode(&entry.delivery)
            {
                batch.posted.push((self.next, payload));
                entry.posted = Some(self.next);
                self.next = PostId(self.next.0 + 1);
            }
        }
    }

    /// What is left, in order.
    pub fn into_deliveries(self) -> impl Iterator<Item = Delivery> {
        self.entries.into_iter().map(|entry| entry.delivery)
    }

    fn add(&mut self, posted: Option<PostId>, delivery: Delivery) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket = Ticket(ticket.0 + 1);
        self.entries.push_back(Entry {
            ticket,
            posted,
            delivery,
            is_taken: false,
        });
        ticket
    }

    /// The children of an instance whose start is still to be done.
    pub fn children_of(&self, id: &InstanceId) -> impl Iterator<Item = (EventId, &InstanceId)> {
        self.entries.iter().filter_map(move |entry| {
            let Delivery::StartChild {
                parent, instance, ..
            } = &entry.delivery
            else {
                return None;
            };
            (parent.instance == *id).then_some((parent.created, instance))
        })
    }

    /// Leaves out the start of a child.
    pub fn forget_child(&mut self, parent: &InstanceId, created: EventId, child: &InstanceId) {
        self.entries.retain(|entry| match &entry.delivery {
            Delivery::StartChild {
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
    use crate::engine::delivery::InstanceCommand;

    fn cancel(target: &str) -> Delivery {
        let reason = String::new();
        let target = InstanceId::new(target).unwrap();
        Delivery::tell(&target, InstanceCommand::Cancel { reason })
    }

    fn target(delivery: &Delivery) -> &str {
        match delivery {
            Delivery::Tell { target, .. } => target.as_str(),
            _ => "",
        }
    }

    fn take_and_do(outbox: &mut Outbox, batch: &mut Batch) -> Delivery {
        let (ticket, delivery) = outbox.take(|_| false).unwrap();
        outbox.done(ticket, batch);
        delivery
    }

    #[test]
    fn what_is_left_is_posted_once_and_removed_when_it_is_done() {
        let mut outbox = Outbox::new(vec![(PostId(3), cancel("a"))], PostId(4));
        outbox.extend([cancel("b"), cancel("c")]);
        let mut batch = Batch::default();
        assert_eq!(target(&take_and_do(&mut outbox, &mut batch)), "a");
        assert_eq!(batch.delivered, [PostId(3)]);
        outbox.post(&mut batch);
        outbox.post(&mut batch);
        let posted: Vec<_> = batch.posted.iter().map(|(id, _)| *id).collect();
        assert_eq!(posted, [PostId(4), PostId(5)]);
        let mut next = Batch::default();
        assert_eq!(target(&take_and_do(&mut outbox, &mut next)), "b");
        assert_eq!(target(&take_and_do(&mut outbox, &mut next)), "c");
        assert_eq!(next.delivered, [PostId(4), PostId(5)]);
        assert!(outbox.entries.is_empty() && outbox.take(|_| false).is_none());
    }

    #[test]
    fn what_is_being_done_is_posted_until_it_is_done_and_what_waits_is_passed_over() {
        let mut outbox = Outbox::new(Vec::new(), PostId(1));
        outbox.extend([cancel("a"), cancel("b")]);
        let waits = |delivery: &Delivery| target(delivery) == "a";
        let (ticket, taken) = outbox.take(waits).unwrap();
        assert_eq!(target(&taken), "b");
        assert!(outbox.take(waits).is_none() && !outbox.has_work(waits));
        let mut batch = Batch::default();
        outbox.post(&mut batch);
        assert_eq!(batch.posted.len(), 2);
        outbox.done(ticket, &mut batch);
        assert_eq!(batch.delivered, [PostId(2)]);
        assert!(outbox.has_work(|_| false) && !outbox.entries.is_empty());
    }
}
