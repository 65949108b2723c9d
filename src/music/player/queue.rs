//! What is pending, ordered by beat: a change of tempo moves all of it.

use std::{cmp, collections::BinaryHeap};

use super::command::{Note, Single, When};
use crate::music::{Beat, Channel, Key, LaneId, PortId};

/// Something that happens at a beat.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pending {
    pub beat: Beat,
    sequence: u64,
    pub what: What,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    Off(Off),
    Single(Single),
    On(On),
}

/// Presses a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct On {
    pub note: Note,
    /// After this place it may not begin any more.
    pub last: Option<Beat>,
    pub ends: Ends,
}

impl On {
    /// A note with its place and length in the piece.
    pub fn in_time(note: Note) -> Self {
        Self {
            note,
            last: None,
            ends: Ends::InTime,
        }
    }
}

/// When a key that goes down comes up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// At the end of its note.
    InTime,
    /// When somebody lifts it.
    ByHand,
    /// It was lifted before it could go down: at once.
    AtOnce,
}

/// Lets a key go, if it still belongs to the note.
#[derive(Debug, Clone, Copy)]
pub(super) struct Off {
    pub port: PortId,
    pub channel: Channel,
    pub key: Key,
    pub note: u64,
    pub lane: LaneId,
    /// The beat that the score has for it; it may go out later.
    pub score: Beat,
}

impl What {
    /// Of things on one beat, keys come up first, then sounds change, then keys go down.
    fn rank(&self) -> u8 {
        match self {
            Self::Off(_) => 0,
            Self::Single(_) => 1,
            Self::On(_) => 2,
        }
    }

    pub fn lane(&self) -> Option<LaneId> {
        match self {
            Self::Off(off) => Some(off.lane),
            Self::Single(single) => single.lane,
            Self::On(on) => Some(on.note.lane),
        }
    }

    pub fn port(&self) -> PortId {
        match self {
            Self::Off(off) => off.port,
            Self::Single(single) => single.port,
            Self::On(on) => on.note.port,
        }
    }

    /// Whether it has no place in the piece but goes as soon as it can.
    pub fn is_at_once(&self) -> bool {
        match self {
            Self::Off(_) => false,
            Self::Single(single) => single.when == When::Now,
            Self::On(on) => on.ends != Ends::InTime,
        }
    }

    /// Note-offs follow from notes.
    pub fn is_off(&self) -> bool {
        matches!(self, Self::Off(_))
    }

    /// Whether it was handed over: note-offs and what a port was told were not.
    pub fn is_handed_over(&self) -> bool {
        match self {
            Self::Off(_) => false,
            Self::Single(single) => single.part.is_some(),
            Self::On(_) => true,
        }
    }
}

/// A heap with room from the start.
pub(super) struct Queue {
    heap: BinaryHeap<Pending>,
    sequence: u64,
}

impl Queue {
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            heap: BinaryHeap::with_capacity(capacity),
            sequence: 0,
        }
    }

    /// Whether there was room.
    pub fn push(&mut self, beat: Beat, what: What) -> bool {
        if self.is_full() {
            return false;
        }
        self.sequence += 1;
        self.heap.push(Pending {
            beat,
            sequence: self.sequence,
            what,
        });
        true
    }

    pub fn is_full(&self) -> bool {
        self.heap.len() >= self.heap.capacity()
    }

    /// The beat of what comes next.
    pub fn next(&self) -> Option<Beat> {
        self.heap.peek().map(|pending| pending.beat)
    }

    pub fn pop(&mut self) -> Option<Pending> {
        self.heap.pop()
    }

    /// Keeps what `keep` says, changed as `keep` likes. Takes no memory.
    pub fn retain_mut(&mut self, keep: impl FnMut(&mut Pending) -> bool) {
        let mut all = std::mem::take(&mut self.heap).into_vec();
        all.retain_mut(keep);
        self.heap = all.into();
    }
}

impl Ord for Pending {
    /// Greatest is what comes first.
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        let place = |p: &Self| (p.beat, p.what.rank(), p.sequence);
        place(other).cmp(&place(self))
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
