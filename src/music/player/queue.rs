//! The event queue of the piece, ordered by beat: a change of tempo moves everything in it.

use std::{cmp, collections::BinaryHeap};

use super::event::Event;
use crate::music::Beat;

/// An event at a beat.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub beat: Beat,
    sequence: u64,
    pub event: Event,
}

/// A heap with a fixed capacity.
pub(super) struct EventQueue {
    heap: BinaryHeap<Pending>,
    sequence: u64,
}

impl EventQueue {
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            heap: BinaryHeap::with_capacity(capacity),
            sequence: 0,
        }
    }

    /// Adds an event. `false` if there is no room.
    pub fn push(&mut self, beat: Beat, event: Event) -> bool {
        if self.is_full() {
            return false;
        }
        self.sequence += 1;
        self.heap.push(Pending {
            beat,
            sequence: self.sequence,
            event,
        });
        true
    }

    pub fn is_full(&self) -> bool {
        self.heap.len() >= self.heap.capacity()
    }

    /// The beat of the next event.
    pub fn next(&self) -> Option<Beat> {
        self.heap.peek().map(|pending| pending.beat)
    }

    pub fn pop(&mut self) -> Option<Pending> {
        self.heap.pop()
    }

    /// Keeps the events for which `keep` returns true. It may change them. Does not allocate.
    pub fn retain_mut(&mut self, keep: impl FnMut(&mut Pending) -> bool) {
        let mut all = std::mem::take(&mut self.heap).into_vec();
        all.retain_mut(keep);
        self.heap = all.into();
    }
}

impl Ord for Pending {
    /// The greatest comes first.
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        let order = |p: &Self| (p.beat, p.event.rank(), p.sequence);
        order(other).cmp(&order(self))
    }
}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Pending {}
