//! Pending events: notes, note-offs and other messages on their way to a port.

use super::note::{Note, When};
use crate::music::{Beat, Beats, Channel, Key, LaneId, Message, PartId, PortId};

/// The shortest note, as a fraction of a beat.
const SHORTEST: (i64, i64) = (1, 960);

/// A pending event.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    NoteOff(NoteOff),
    Message(OtherMessage),
    NoteOn(NoteOn),
}

/// The start of a note.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoteOn {
    pub note: Note,
    /// The latest beat at which it may begin.
    pub latest: Option<Beat>,
    pub end: NoteEnd,
}

/// When the key of a note is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoteEnd {
    /// At the end of the note.
    InTime,
    /// When the performer releases it.
    OnKeyUp,
    /// Right after the note-on: the performer released the key before the port took it.
    AtOnce,
}

/// The end of a note. It has no effect if another note owns the key by then.
#[derive(Debug, Clone, Copy)]
pub(super) struct NoteOff {
    pub port: PortId,
    pub channel: Channel,
    pub key: Key,
    /// The number of the note.
    pub note: u64,
    pub lane: LaneId,
    /// The beat in the score. The message may be sent later.
    pub beat: Beat,
}

/// A message that is not a timed note.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct OtherMessage {
    pub port: PortId,
    /// `None` for messages of the player itself, such as those of a panic.
    pub part: Option<PartId>,
    pub message: Message,
    pub when: When,
    pub lane: Option<LaneId>,
    pub source: Option<u64>,
}

impl NoteOn {
    /// A note with a position and length in the piece.
    pub fn in_time(note: Note) -> Self {
        Self {
            note,
            latest: None,
            end: NoteEnd::InTime,
        }
    }
}

impl NoteOff {
    /// The end of a note that began at `now` by the transport, and the beat at which it is sent. A note
    /// that begins after its end still sounds for the shortest time.
    pub fn of(note: Note, number: u64, now: Beat) -> (Beat, Self) {
        let shortest = Beats::new(SHORTEST.0, SHORTEST.1);
        let end = note.at + note.length.max(shortest);
        let beat = if end > now { end } else { now + shortest };
        let off = Self {
            port: note.port,
            channel: note.channel,
            key: note.key,
            note: number,
            lane: note.lane,
            beat: end,
        };
        (beat, off)
    }
}

impl OtherMessage {
    /// A message of the player itself.
    pub fn own(port: PortId, message: Message) -> Self {
        Self {
            port,
            part: None,
            message,
            when: When::Now,
            lane: None,
            source: None,
        }
    }
}

impl Event {
    /// The order on the same beat: note-offs, then changes of the sound, then notes.
    pub fn rank(&self) -> u8 {
        match self {
            Self::NoteOff(_) => 0,
            Self::Message(_) => 1,
            Self::NoteOn(_) => 2,
        }
    }

    pub fn lane(&self) -> Option<LaneId> {
        match self {
            Self::NoteOff(off) => Some(off.lane),
            Self::Message(message) => message.lane,
            Self::NoteOn(on) => Some(on.note.lane),
        }
    }

    pub fn port(&self) -> PortId {
        match self {
            Self::NoteOff(off) => off.port,
            Self::Message(message) => message.port,
            Self::NoteOn(on) => on.note.port,
        }
    }

    /// Whether it is sent as soon as possible and has no position in the piece.
    pub fn is_immediate(&self) -> bool {
        match self {
            Self::NoteOff(_) => false,
            Self::Message(message) => message.when == When::Now,
            Self::NoteOn(on) => on.end != NoteEnd::InTime,
        }
    }

    pub fn is_note_off(&self) -> bool {
        matches!(self, Self::NoteOff(_))
    }

    /// Whether it counts as outstanding: note-offs follow from notes, and the player's own messages
    /// come from nobody.
    pub fn is_outstanding(&self) -> bool {
        match self {
            Self::NoteOff(_) => false,
            Self::Message(message) => message.part.is_some(),
            Self::NoteOn(_) => true,
        }
    }

    /// Ends the event at the beat `end`, if it is at `beat`. `false` if it does not begin before.
    pub fn cut(&mut self, beat: &mut Beat, end: Beat) -> bool {
        match self {
            Self::NoteOff(off) if *beat > end => {
                *beat = end;
                off.beat = end;
                true
            }
            Self::NoteOff(_) => true,
            Self::NoteOn(on) if *beat < end => {
                on.note.length = on.note.length.min(end - on.note.at);
                on.latest = Some(end);
                true
            }
            Self::NoteOn(_) | Self::Message(_) => *beat < end,
        }
    }
}
