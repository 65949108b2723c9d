//! What is on its way out of one port: what is to come soon, and what waits because the port cannot
//! take it yet.
//!
//! Of what waits the most important goes first: keys that come up, then changes of sound, then the
//! drums, then the other keys from the lowest to the highest.

use std::{cmp, collections::BinaryHeap};

use super::{Offset, queue::What};
use crate::music::{Beat, Channel, Nanos};

/// Something on its way out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Smaller goes first; of what is to come all have the same.
    rank: u16,
    /// When the transport has it.
    pub nominal: Nanos,
    /// When it should leave; known once it waits.
    pub due: Nanos,
    sequence: u64,
    /// From when on it has been here.
    pub entered: Nanos,
    pub beat: Beat,
    pub what: What,
}

/// Two heaps with room from the start.
pub(super) struct Outgoing {
    coming: BinaryHeap<Item>,
    waiting: BinaryHeap<Item>,
    sequence: u64,
}

impl Outgoing {
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            coming: BinaryHeap::with_capacity(capacity),
            waiting: BinaryHeap::with_capacity(capacity),
            sequence: 0,
        }
    }

    /// Something that the transport has at `nominal`. Gives whether there was room.
    pub fn push(&mut self, beat: Beat, what: What, nominal: Nanos, entered: Nanos) -> bool {
        let room = self.coming.len() < self.coming.capacity();
        if room {
            let item = self.item(beat, what, nominal, entered);
            self.coming.push(item);
        }
        room
    }

    /// Something that goes as soon as the port takes it. Gives whether there was room.
    pub fn push_now(&mut self, beat: Beat, what: What, at: Nanos) -> bool {
        let item = self.item(beat, what, at, at);
        self.put_back(item)
    }

    /// What could not go after all. Gives whether there was room.
    pub fn put_back(&mut self, item: Item) -> bool {
        let rank = rank(&item.what);
        let room = self.waiting.len() < self.waiting.capacity();
        if room {
            self.waiting.push(Item { rank, ..item });
        }
        room
    }

    fn item(&mut self, beat: Beat, what: What, nominal: Nanos, entered: Nanos) -> Item {
        self.sequence += 1;
        Item {
            rank: 0,
            nominal,
            due: nominal,
            sequence: self.sequence,
            entered,
            beat,
            what,
        }
    }

    /// When the transport has the next of what is to come.
    pub fn next(&self) -> Option<Nanos> {
        self.coming.peek().map(|item| item.nominal)
    }

    /// How much waits.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Takes what goes first of what is due by `at`.
    pub fn pop(&mut self, at: Nanos, offset: Offset) -> Option<Item> {
        while let Some(next) = self.coming.peek()
            && offset.applied(next.nominal) <= at
            && self.waiting.len() < self.waiting.capacity()
        {
            let item = self.coming.pop()?;
            let due = offset.applied(item.nominal);
            self.put_back(Item { due, ..item });
        }
        self.waiting.pop()
    }

    /// The transport has what is to come at other instants. Takes no memory.
    pub fn retime(&mut self, instant: impl Fn(&Item) -> Nanos) {
        let mut all = std::mem::take(&mut self.coming).into_vec();
        for item in &mut all {
            item.nominal = instant(item);
        }
        self.coming = all.into();
    }

    /// Drops all that is to come; what waits stays.
    pub fn forget_coming(&mut self) {
        self.coming.clear();
    }

    /// Keeps what `keep` says, changed as `keep` likes but for its place. Takes no memory.
    pub fn retain_mut(&mut self, mut keep: impl FnMut(Beat, &mut What) -> bool) {
        for heap in [&mut self.coming, &mut self.waiting] {
            let mut all = std::mem::take(heap).into_vec();
            all.retain_mut(|item| keep(item.beat, &mut item.what));
            *heap = all.into();
        }
    }
}

fn rank(what: &What) -> u16 {
    match what {
        What::Off(_) => 0,
        What::Single(_) => 1,
        What::On(on) => {
            let drums = on.note.channel == Channel::DRUMS;
            let base = if drums { 256 } else { 512 };
            base + u16::from(on.note.key.number())
        }
    }
}

impl Ord for Item {
    /// Greatest is what goes first.
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        let place = |item: &Self| (item.rank, item.nominal, item.sequence);
        place(other).cmp(&place(self))
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
