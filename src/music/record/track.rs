//! A track: what one part played, and how much of it is in the file.

use std::collections::{HashMap, HashSet};

use super::encode::{Entry, events};
use super::growing::Bytes;
use crate::music::{Beat, Channel, Key, Message, PartId};

pub(super) struct Track {
    pub part: PartId,
    events: Vec<Event>,
    /// Channels with a program.
    programs: HashSet<Channel>,
    /// Keys that are down, with the number of their notes.
    down: HashMap<(Channel, Key), u32>,
    /// The number of events that are in the file.
    kept: usize,
    /// The group of its channels.
    group: u8,
}

#[derive(Clone, Copy)]
struct Event {
    beat: Beat,
    message: Message,
    /// The first program of its channel: written at the start of the track.
    first: bool,
}

/// The order of events on the same tick.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Off,
    Sound,
    /// Also the note-off of a note that began on the same tick.
    On,
}

impl Track {
    pub fn new(part: PartId) -> Self {
        Self {
            part,
            events: Vec::new(),
            programs: HashSet::new(),
            down: HashMap::new(),
            kept: 0,
            group: 0,
        }
    }

    /// Adds an event. Returns true if it belongs at the start of the track instead of its end. The
    /// end of a note that began before the recording is left out.
    pub fn add(&mut self, beat: Beat, message: Message) -> bool {
        if !self.follow(message) {
            return false;
        }
        let group = message.channel().map_or(self.group, Channel::group);
        let moves = group != self.group;
        self.group = group;
        let first =
            matches!(message, Message::Program(channel, _) if self.programs.insert(channel));
        self.events.push(Event {
            beat,
            message,
            first,
        });
        first || moves
    }

    /// Tracks the keys that are down. Returns false for a note-off without a note-on.
    fn follow(&mut self, message: Message) -> bool {
        match message {
            Message::NoteOn(channel, key, _) => {
                *self.down.entry((channel, key)).or_default() += 1;
            }
            Message::NoteOff(channel, key) => match self.down.get_mut(&(channel, key)) {
                None | Some(0) => return false,
                Some(times) => *times -= 1,
            },
            _ => {}
        }
        true
    }

    /// Releases all keys at the end, so that no note hangs.
    pub fn release_all(&mut self, beat: Beat) {
        let mut down: Vec<_> = self.down.drain().collect();
        down.sort_unstable_by_key(|(place, _)| *place);
        for ((channel, key), times) in down {
            let event = Event {
                beat,
                message: Message::NoteOff(channel, key),
                first: false,
            };
            self.events.extend((0..times).map(|_| event));
        }
    }

    pub fn is_kept(&self) -> bool {
        self.kept == self.events.len()
    }

    pub fn keep(&mut self) {
        self.kept = self.events.len();
    }

    /// The whole track.
    pub fn whole(&self, name: &str, grid: Grid) -> Bytes {
        let placed = placed(&self.events, grid);
        let last = placed.last().map_or(0, |(tick, _)| *tick);
        let port = (self.group > 0).then_some((0, Entry::Port(self.group)));
        let head = std::iter::once((0, Entry::Name(name))).chain(port);
        Bytes {
            events: events(0, head.chain(placed)),
            last,
        }
    }

    /// What is not in the file yet. Events that belong before its last event come right after that;
    /// the next rewrite moves them to their place.
    pub fn rest(&self, after: u32, grid: Grid) -> Bytes {
        let placed = placed(self.events.get(self.kept..).unwrap_or_default(), grid);
        let last = placed.last().map_or(after, |(tick, _)| *tick);
        Bytes {
            events: events(after, placed),
            last: last.max(after),
        }
    }
}

/// The events at their ticks, in order.
fn placed(events: &[Event], grid: Grid) -> Vec<(u32, Entry<'static>)> {
    let mut began: HashMap<(Channel, Key), u32> = HashMap::new();
    let place = |event: &Event| {
        let tick = match event.first {
            true => 0,
            false => grid.tick(event.beat),
        };
        let rank = match event.message {
            Message::NoteOn(channel, key, _) => {
                began.insert((channel, key), tick);
                Rank::On
            }
            Message::NoteOff(channel, key) => match began.get(&(channel, key)) {
                Some(began) if *began == tick => Rank::On,
                _ => Rank::Off,
            },
            _ => Rank::Sound,
        };
        (tick, rank, event.message)
    };
    let mut placed: Vec<_> = events.iter().map(place).collect();
    placed.sort_by_key(|(tick, rank, _)| (*tick, *rank));
    let entry = |(tick, _, message)| (tick, Entry::Message(message));
    placed.into_iter().map(entry).collect()
}

/// The number of ticks per beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grid(pub u16);

impl Grid {
    /// Files have no time before their start.
    pub fn tick(self, beat: Beat) -> u32 {
        let tick = beat.0.to_ticks(self.0.into()).max(0);
        u32::try_from(tick).unwrap_or(u32::MAX)
    }
}
