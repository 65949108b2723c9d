//! Sub-rows: operations of one instance that are open at the same time never share a row.

use super::{lane::LaneModel, timeline_entry::TimelineEntry};
use crate::engine::{EventId, Timestamp};

/// The sub-row of an operation, counted from 0 at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Slot(pub u32);

impl LaneModel {
    /// Number of activities, children, waits and retries that are open.
    pub fn open_operations(&self) -> u32 {
        self.slots.open()
    }

    /// The most sub-rows that its operations needed at once so far.
    pub fn sub_rows(&self) -> u32 {
        self.slots.most()
    }
}

/// The sub-rows of the operations that are open. A copy is cheap.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    /// A bit for each sub-row: whether it is taken.
    taken: Vec<u64>,
    open: u32,
    most: u32,
}

impl Slots {
    /// Takes a certain sub-row if it is free, else the highest that is.
    pub fn take_if_free(&mut self, slot: Slot) -> Slot {
        let bit = 1 << (slot.0 % 64);
        match self.taken.get_mut((slot.0 / 64) as usize) {
            Some(word) if *word & bit == 0 => {
                *word |= bit;
                self.open += 1;
                slot
            }
            _ => self.take(),
        }
    }

    /// Takes the highest sub-row that is free.
    pub fn take(&mut self) -> Slot {
        self.open += 1;
        let free = self.taken.iter().position(|word| *word != u64::MAX);
        let place = free.unwrap_or_else(|| {
            self.taken.push(0);
            self.taken.len() - 1
        });
        let mut slot = 0;
        if let Some(word) = self.taken.get_mut(place) {
            let bit = word.trailing_ones();
            *word |= 1 << bit;
            slot = u32::try_from(place).unwrap_or(u32::MAX / 64 - 1) * 64 + bit;
        }
        self.most = self.most.max(slot + 1);
        Slot(slot)
    }

    /// Frees a sub-row.
    pub fn free(&mut self, slot: Slot) {
        if let Some(word) = self.taken.get_mut((slot.0 / 64) as usize) {
            let bit = 1 << (slot.0 % 64);
            self.open -= u32::from(*word & bit != 0);
            *word &= !bit;
        }
    }

    /// Number of operations that are open.
    pub fn open(&self) -> u32 {
        self.open
    }

    /// The most sub-rows that were needed so far.
    pub fn most(&self) -> u32 {
        self.most
    }
}

/// Finds forks: several operations that begin in one turn of the workflow, while no other is open.
#[derive(Debug, Clone, Default)]
pub(super) struct Forks {
    /// When the first operation of this turn was scheduled, and the last command of the turn so far.
    turn: Option<(Timestamp, EventId)>,
    /// The timeline entry of the fork that is open.
    pub open: Option<usize>,
    /// The entry of a fork that has joined, unless a retry follows.
    pub joined: Option<usize>,
    /// The event that ended an operation which may be retried at once, or its delay, and its sub-row.
    pub retried: Option<(EventId, Slot)>,
}

impl Forks {
    /// An operation was scheduled; `open` are open now. Returns when the fork began, if it begins with
    /// this operation.
    pub fn scheduled(&mut self, event: EventId, at: Timestamp, open: u32) -> Option<Timestamp> {
        let same_turn = self.turn.filter(|(_, last)| last.next() == event);
        self.turn = match same_turn {
            Some((first, _)) => Some((first, event)),
            None => (open == 1).then_some((at, event)),
        };
        let (first, _) = self.turn?;
        (self.open.is_none() && open > 1).then_some(first)
    }

    /// The sub-row of an operation that was retried because of the event before this one.
    pub fn row_of_retry(&self, event: EventId) -> Option<Slot> {
        let (before, slot) = self.retried?;
        (before.next() == event).then_some(slot)
    }

    /// Another command of the workflow's turn: the next one may belong to the same fork.
    pub fn pass(&mut self, event: EventId) {
        if let Some((_, last)) = &mut self.turn
            && last.next() == event
        {
            *last = event;
        }
    }
}

/// The sub-rows of a lane that are shown: all, or as many as fit. In the last of them are then all
/// operations that have no row of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownRows {
    needed: u32,
    shown: u32,
}

impl ShownRows {
    /// `needed` sub-rows, of which `fits` fit.
    pub fn new(needed: u32, fits: u32) -> Self {
        let needed = needed.max(1);
        let shown = needed.min(fits.max(1));
        Self { needed, shown }
    }

    /// Number of sub-rows on screen.
    pub fn count(self) -> u32 {
        self.shown
    }

    /// Whether an entry shares the last sub-row with others.
    pub fn is_crowded(self, entry: &TimelineEntry) -> bool {
        self.needed > self.shown && entry.slot.0 + 1 >= self.shown
    }

    /// The sub-row of a slot on screen.
    pub fn of(self, slot: Slot) -> u32 {
        slot.0.min(self.shown - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_free_sub_row_is_taken() {
        let mut slots = Slots::default();
        let taken: Vec<_> = (0..130).map(|_| slots.take().0).collect();
        assert_eq!(taken, (0..130).collect::<Vec<_>>());
        slots.free(Slot(70));
        slots.free(Slot(3));
        slots.free(Slot(3));
        assert_eq!((slots.open(), slots.most()), (128, 130));
        let again = [slots.take(), slots.take(), slots.take()];
        assert_eq!(again, [Slot(3), Slot(70), Slot(130)]);
        slots.free(Slot(9));
        slots.free(Slot(5));
        assert_eq!(slots.take_if_free(Slot(9)), Slot(9));
        assert_eq!(slots.take_if_free(Slot(9)), Slot(5));
        assert_eq!(slots.open(), 131);
    }
}
