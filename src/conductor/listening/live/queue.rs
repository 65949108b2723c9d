//! Keys that go down and up, by moment.

use std::collections::BTreeMap;

use super::moment;
use crate::engine::{InstanceId, Timestamp};

/// A key of a lane goes down or up: that of its note of a number.
pub(super) enum Due {
    Up(InstanceId, u64),
    Down(InstanceId, u64),
}

/// What is due later. At the same moment, keys go up before others go down.
#[derive(Default)]
pub(super) struct Queue {
    due: BTreeMap<(u64, u8, u64), Due>,
    next: u64,
}

impl Queue {
    pub fn add(&mut self, at: u64, due: Due) {
        let order = match due {
            Due::Up(..) => 0,
            Due::Down(..) => 1,
        };
        self.next += 1;
        self.due.insert((at, order, self.next), due);
    }

    /// When the next one is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|((at, ..), _)| moment(*at))
    }

    /// The next one that is due by now.
    pub fn pop(&mut self, now: Timestamp) -> Option<Due> {
        let first = self.due.first_entry()?;
        (first.key().0 <= now.0).then(|| first.remove())
    }
}
