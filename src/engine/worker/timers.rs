//! Deadlines of open instances.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::engine::{EventId, InstanceKey, Timestamp};

/// Deadlines of open instances, soonest first. A deadline that was shifted or canceled stays until
/// it is due; the instance then ignores it.
#[derive(Default)]
pub(super) struct Timers {
    due: BinaryHeap<Reverse<(Timestamp, InstanceKey, EventId)>>,
}

impl Timers {
    pub fn arm(
        &mut self,
        key: InstanceKey,
        moments: impl IntoIterator<Item = (Timestamp, EventId)>,
    ) {
        let moments = moments.into_iter();
        self.due
            .extend(moments.map(|(due, id)| Reverse((due, key, id))));
    }

    /// The soonest deadline.
    pub fn next(&self) -> Option<Timestamp> {
        self.due.peek().map(|Reverse((due, ..))| *due)
    }

    /// Takes the next deadline that is due at `now`.
    pub fn pop(&mut self, now: Timestamp) -> Option<(Timestamp, InstanceKey, EventId)> {
        if self.next()? > now {
            return None;
        }
        self.due.pop().map(|Reverse(due)| due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_fire_in_order_and_not_early() {
        let mut timers = Timers::default();
        timers.arm(InstanceKey(1), [(Timestamp(30), EventId(1))]);
        let deferred = [(Timestamp(10), EventId(7)), (Timestamp(40), EventId(8))];
        timers.arm(InstanceKey(2), deferred);
        assert_eq!(timers.next(), Some(Timestamp(10)));
        let due: Vec<_> = std::iter::from_fn(|| timers.pop(Timestamp(30))).collect();
        let ids: Vec<_> = due.iter().map(|(_, key, id)| (key.0, id.0)).collect();
        assert_eq!(ids, [(2, 7), (1, 1)]);
        assert_eq!(timers.next(), Some(Timestamp(40)));
    }
}
