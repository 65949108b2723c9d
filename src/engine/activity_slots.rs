//! Concurrency limits for activities: one for all of them, and one for each activity that has its
//! own. Slots are assigned in order of arrival.

use std::collections::{BTreeMap, HashMap};

use super::{EventId, InstanceKey};

/// An activity that waits for a slot.
type Waiting = (InstanceKey, EventId);

/// The slots of concurrent activities.
pub(super) struct ActivitySlots {
    free: u32,
    /// Activities with a limit of their own.
    named: HashMap<String, Named>,
    /// Activities that wait only for the common limit.
    waiting: Queue,
    next_position: u64,
    /// No more slots are assigned.
    closed: bool,
}

struct Named {
    free: u32,
    waiting: Queue,
}

/// Waiting activities in order of arrival.
type Queue = BTreeMap<u64, Waiting>;

impl ActivitySlots {
    pub fn new(total: u32, named: impl Iterator<Item = (impl Into<String>, u32)>) -> Self {
        let named = named.map(|(name, free)| {
            let waiting = Queue::new();
            (name.into(), Named { free, waiting })
        });
        Self {
            free: total,
            named: named.collect(),
            waiting: Queue::new(),
            next_position: 0,
            closed: false,
        }
    }

    /// Slots without a limit.
    pub fn unlimited() -> Self {
        Self::new(u32::MAX, std::iter::empty::<(String, u32)>())
    }

    /// Acquires a slot; if there is none, queues the activity and returns false.
    pub fn acquire(&mut self, name: &str, task: Waiting) -> bool {
        let named = self.named.get_mut(name);
        let full = named.as_ref().is_some_and(|named| named.free == 0);
        if full || self.free == 0 || self.closed {
            let queue = named.map_or(&mut self.waiting, |named| &mut named.waiting);
            queue.insert(self.next_position, task);
            self.next_position += 1;
            return false;
        }
        if let Some(named) = named {
            named.free -= 1;
        }
        self.free -= 1;
        true
    }

    /// Releases a slot.
    pub fn release(&mut self, name: &str) {
        self.free = self.free.saturating_add(1);
        if let Some(named) = self.named.get_mut(name) {
            named.free += 1;
        }
    }

    /// Takes the next queued activity for which there is a slot; it still has to acquire it.
    pub fn next(&mut self) -> Option<Waiting> {
        if self.free == 0 || self.closed {
            return None;
        }
        let named = self.named.values_mut().filter(|named| named.free > 0);
        let queues = named.map(|named| &mut named.waiting);
        let queues = queues.chain(std::iter::once(&mut self.waiting));
        let first = queues.filter_map(|queue| queue.first_entry());
        first
            .min_by_key(|first| *first.key())
            .map(|first| first.remove())
    }

    /// Stops assigning slots.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The number of queued activities.
    pub fn waiting(&self) -> usize {
        let named = self.named.values().map(|named| named.waiting.len());
        self.waiting.len() + named.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(n: u64) -> Waiting {
        (InstanceKey(n), EventId(n))
    }

    #[test]
    fn slots_are_assigned_in_order_within_both_limits() {
        let mut slots = ActivitySlots::new(3, [("drum", 1)].into_iter());
        assert!(slots.acquire("drum", task(1)));
        assert!(!slots.acquire("drum", task(2)));
        assert!(slots.acquire("bass", task(3)));
        assert!(slots.acquire("bass", task(4)));
        assert!(!slots.acquire("bass", task(5)));
        assert_eq!((slots.next(), slots.waiting()), (None, 2));
        slots.release("bass");
        assert_eq!(slots.next(), Some(task(5)));
        assert!(slots.acquire("bass", task(5)));
        slots.release("drum");
        assert_eq!(slots.next(), Some(task(2)));
        assert!(slots.acquire("drum", task(2)));
        assert_eq!(slots.next(), None);
    }

    #[test]
    fn a_name_with_its_own_limit_does_not_overtake_others() {
        let mut slots = ActivitySlots::new(1, [("drum", 5), ("horn", 5)].into_iter());
        assert!(slots.acquire("drum", task(0)));
        for (n, name) in (1..).zip(["bass", "horn", "drum", "bass", "drum", "horn"]) {
            assert!(!slots.acquire(name, task(n)));
        }
        slots.release("drum");
        let order: Vec<_> = std::iter::from_fn(|| slots.next()).collect();
        assert_eq!(order, (1..=6).map(task).collect::<Vec<_>>());
    }

    #[test]
    fn after_shutdown_nothing_starts() {
        let mut slots = ActivitySlots::unlimited();
        slots.close();
        assert!(!slots.acquire("x", task(1)));
        assert_eq!(slots.next(), None);
    }
}
