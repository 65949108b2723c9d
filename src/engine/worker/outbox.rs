//! What instances bring about in others, in order, until it is done.

use std::collections::VecDeque;

use crate::engine::{Batch, EventId, InstanceId, Payload, PostId, delivery::Delivery};

/// What instances bring about in others, in order. What a commit has no room for is written to the
/// store with it and done with the next.
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    next: PostId,
}

struct Entry {
    /// Its number, if it is in the store.
    posted: Option<PostId>,
    delivery: Delivery,
}

impl Outbox {
    /// With what the store has.
    pub fn new(posted: Vec<(PostId, Delivery)>, next: PostId) -> Self {
        let entries = posted.into_iter().map(|(id, delivery)| Entry {
            posted: Some(id),
            delivery,
        });
        Self {
            entries: entries.collect(),
            next,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn push(&mut self, delivery: Delivery) {
        let posted = None;
        self.entries.push_back(Entry { posted, delivery });
    }

    pub fn extend(&mut self, deliveries: impl IntoIterator<Item = Delivery>) {
        for delivery in deliveries {
            self.push(delivery);
        }
    }

    /// Takes the next to be done. The batch removes it from the store.
    pub fn pop(&mut self, batch: &mut Batch) -> Option<Delivery> {
        let entry = self.entries.pop_front()?;
        batch.delivered.extend(entry.posted);
        Some(entry.delivery)
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

    #[test]
    fn what_is_left_is_posted_once_and_removed_when_it_is_done() {
        let mut outbox = Outbox::new(vec![(PostId(3), cancel("a"))], PostId(4));
        outbox.extend([cancel("b"), cancel("c")]);
        let mut batch = Batch::default();
        assert_eq!(target(&outbox.pop(&mut batch).unwrap()), "a");
        assert_eq!(batch.delivered, [PostId(3)]);
        outbox.post(&mut batch);
        outbox.post(&mut batch);
        let posted: Vec<_> = batch.posted.iter().map(|(id, _)| *id).collect();
        assert_eq!(posted, [PostId(4), PostId(5)]);
        let mut next = Batch::default();
        assert_eq!(target(&outbox.pop(&mut next).unwrap()), "b");
        assert_eq!(target(&outbox.pop(&mut next).unwrap()), "c");
        assert_eq!(next.delivered, [PostId(4), PostId(5)]);
        assert!(outbox.is_empty() && outbox.pop(&mut next).is_none());
    }
}
