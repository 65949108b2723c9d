//! What a service remembers: a bounded map that forgets the oldest.

use std::collections::{HashMap, VecDeque};

/// How much a service remembers of each kind.
const MAX_RECORDS: usize = 10_000;

/// Values by their ids, in the order in which they came.
#[derive(Debug)]
pub(super) struct Records<T> {
    values: HashMap<String, T>,
    order: VecDeque<String>,
    /// How many have been numbered.
    numbered: u64,
}

impl<T> Default for Records<T> {
    fn default() -> Self {
        Self {
            values: HashMap::new(),
            order: VecDeque::new(),
            numbered: 0,
        }
    }
}

impl<T> Records<T> {
    /// A new id: `NAME-1`, `NAME-2` and so on.
    pub fn next_id(&mut self, name: &str) -> String {
        self.numbered += 1;
        format!("{name}-{}", self.numbered)
    }

    /// Keeps a value, in place of the one with the same id.
    pub fn keep(&mut self, id: &str, value: T) {
        if self.values.insert(id.to_owned(), value).is_none() {
            self.order.push_back(id.to_owned());
        }
        if self.order.len() > MAX_RECORDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
    }

    /// The value with an id.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.values.get(id)
    }

    /// The value with an id, to be changed.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.values.get_mut(id)
    }

    /// Removes a value.
    pub fn remove(&mut self, id: &str) -> Option<T> {
        self.order.retain(|one| one != id);
        self.values.remove(id)
    }

    /// All values, the oldest first.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.order.iter().filter_map(|id| self.values.get(id))
    }
}
