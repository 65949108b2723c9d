//! The queues of a port: events that are due soon, and events that wait because the port cannot take
//! them yet.
//!
//! Waiting events are sent by importance: note-offs first, then changes of the sound, then drums,
//! then other notes from the lowest to the highest.

use std::{cmp, collections::BinaryHeap};

use super::{event::Event, options::Offset};
use crate::music::{Beat, Nanos};

/// An event on its way out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Lower ranks go first; upupcoming events all have the same rank.
    rank: u16,
    /// Its time by the transport.
    pub nominal: Nanos,
    /// When it should be sent; known once it waits.
    pub due: Nanos,
    sequence: u64,
    /// When it entered the queue.
    pub entered: Nanos,
    pub beat: Beat,
    pub event: Event,
}

/// Two heaps with a fixed capacity.
pub(super) struct Outgoing {
    upcoming: BinaryHeap<Item>,
    waiting: BinaryHeap<Item>,
    sequence: u64,
}

impl Outgoing {
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            upcoming: BinaryHeap::with_capacity(capacity),
            waiting: BinaryHeap::with_capacity(capacity),
            sequence: 0,
        }
    }

    /// Adds an event whose time by the transport is `nominal`. `false` if there is no room.
    pub fn push(&mut self, beat: Beat, event: Event, nominal: Nanos, entered: Nanos) -> bool {
        let room = self.upcoming.len() < self.upcoming.capacity();
        if room {
            let item = self.item(beat, event, nominal, entered);
            self.upcoming.push(item);
        }
        room
    }

    /// Adds an event that is sent as soon as the port takes it. `false` if there is no room.
    pub fn push_now(&mut self, beat: Beat, event: Event, at: Nanos) -> bool {
        let item = self.item(beat, event, at, at);
        self.put_back(item)
    }

    /// Returns an event that could not be sent. `false` if there is no room.
    pub fn put_back(&mut self, item: Item) -> bool {
        let rank = rank(&item.event);
        let room = self.waiting.len() < self.waiting.capacity();
        if room {
            self.waiting.push(Item { rank, ..item });
        }
        room
    }

    fn item(&mut self, beat: Beat, event: Event, nominal: Nanos, entered: Nanos) -> Item {
        self.sequence += 1;
        Item {
            rank: 0,
            nominal,
            due: nominal,
            sequence: self.sequence,
            entered,
            beat,
            event,
        }
    }

    /// The time by the transport of the next upcoming event.
    pub fn next(&self) -> Option<Nanos> {
        self.upcoming.peek().map(|item| item.nominal)
    }

    /// The number of waiting events.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Removes the most important event of those that are due by `at`.
    pub fn pop(&mut self, at: Nanos, offset: Offset) -> Option<Item> {
        while let Some(next) = self.upcoming.peek()
            && offset.applied(next.nominal) <= at
            && self.waiting.len() < self.waiting.capacity()
        {
            let item = self.upcoming.pop()?;
            let due = offset.applied(item.nominal);
            self.put_back(Item { due, ..item });
        }
        self.waiting.pop()
    }

    /// Changes the times of upcoming events. Does not allocate.
    pub fn retime(&mut self, instant: impl Fn(&Item) -> Nanos) {
        let mut all = std::mem::take(&mut self.upcoming).into_vec();
        for item in &mut all {
            item.nominal = instant(item);
        }
        self.upcoming = all.into();
    }

    /// Drops the upcoming events; waiting ones remain.
    pub fn clear_upcoming(&mut self) {
        self.upcoming.clear();
    }

    /// Keeps the events for which `keep` returns true. It may change all but their times. Does not
    /// allocate.
    pub fn retain_mut(&mut self, mut keep: impl FnMut(Beat, &mut Event) -> bool) {
        for heap in [&mut self.upcoming, &mut self.waiting] {
            let mut all = std::mem::take(heap).into_vec();
            all.retain_mut(|item| keep(item.beat, &mut item.event));
            *heap = all.into();
        }
    }
}

fn rank(event: &Event) -> u16 {
    match event {
        Event::NoteOff(_) => 0,
        Event::Message(_) => 1,
        Event::NoteOn(on) => {
            let drums = on.note.channel.is_drums();
            let base = if drums { 256 } else { 512 };
            base + u16::from(on.note.key.number())
        }
    }
}

impl Ord for Item {
    /// The greatest goes first.
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        let order = |item: &Self| (item.rank, item.nominal, item.sequence);
        order(other).cmp(&order(self))
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Item {}
