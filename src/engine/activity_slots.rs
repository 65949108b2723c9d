//! ActivitySlots for activities that are under way: so many in all, so many of one name.
//! Whoever came first is served first, as far as there is a place for it.

use std::collections::{BTreeMap, HashMap};

use super::{EventId, InstanceKey};

/// A task that waits for a place.
type Waiting = (InstanceKey, EventId);

/// ActivitySlots for activities that are under way.
pub(super) struct ActivitySlots {
    free: u32,
    /// Of the names that have places of their own.
    named: HashMap<String, Named>,
    /// Those that wait only for a place in all.
    waiting: Queue,
    came: u64,
    /// No more are given.
    shut: bool,
}

struct Named {
    free: u32,
    waiting: Queue,
}

/// Those that wait, in the order in which they came.
type Queue = BTreeMap<u64, Waiting>;

impl ActivitySlots {
    pub fn new(in_all: u32, named: impl Iterator<Item = (impl Into<String>, u32)>) -> Self {
        let named = named.map(|(name, free)| {
            let waiting = Queue::new();
            (name.into(), Named { free, waiting })
        });
        Self {
            free: in_all,
            named: named.collect(),
            waiting: Queue::new(),
            came: 0,
            shut: false,
        }
    }

    /// As many as anybody wants.
    pub fn without_end() -> Self {
        Self::new(u32::MAX, std::iter::empty::<(String, u32)>())
    }

    /// Takes a place; without one the task waits in order.
    pub fn take(&mut self, name: &str, task: Waiting) -> bool {
        let named = self.named.get_mut(name);
        let full = named.as_ref().is_some_and(|named| named.free == 0);
        if full || self.free == 0 || self.shut {
            let queue = named.map_or(&mut self.waiting, |named| &mut named.waiting);
            queue.insert(self.came, task);
            self.came += 1;
            return false;
        }
        if let Some(named) = named {
            named.free -= 1;
        }
        self.free -= 1;
        true
    }

    /// Gives a place back.
    pub fn leave(&mut self, name: &str) {
        self.free = self.free.saturating_add(1);
        if let Some(named) = self.named.get_mut(name) {
            named.free += 1;
        }
    }

    /// The next task that there is a place for; it still has to take it.
    pub fn next(&mut self) -> Option<Waiting> {
        if self.free == 0 || self.shut {
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

    /// From now on nothing starts.
    pub fn shut(&mut self) {
        self.shut = true;
    }

    /// How many wait.
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
    fn places_of_a_name_and_in_all_are_given_in_order() {
        let mut places = ActivitySlots::new(3, [("drum", 1)].into_iter());
        assert!(places.take("drum", task(1)));
        assert!(!places.take("drum", task(2)));
        assert!(places.take("bass", task(3)));
        assert!(places.take("bass", task(4)));
        assert!(!places.take("bass", task(5)));
        assert_eq!((places.next(), places.waiting()), (None, 2));
        places.leave("bass");
        assert_eq!(places.next(), Some(task(5)));
        assert!(places.take("bass", task(5)));
        places.leave("drum");
        assert_eq!(places.next(), Some(task(2)));
        assert!(places.take("drum", task(2)));
        assert_eq!(places.next(), None);
    }

    #[test]
    fn nobody_is_passed_over_for_a_name_with_places_of_its_own() {
        let mut places = ActivitySlots::new(1, [("drum", 5), ("horn", 5)].into_iter());
        assert!(places.take("drum", task(0)));
        for (n, name) in (1..).zip(["bass", "horn", "drum", "bass", "drum", "horn"]) {
            assert!(!places.take(name, task(n)));
        }
        places.leave("drum");
        let order: Vec<_> = std::iter::from_fn(|| places.next()).collect();
        assert_eq!(order, (1..=6).map(task).collect::<Vec<_>>());
    }

    #[test]
    fn once_shut_nothing_starts() {
        let mut places = ActivitySlots::without_end();
        places.shut();
        assert!(!places.take("x", task(1)));
        assert_eq!(places.next(), None);
    }
}
