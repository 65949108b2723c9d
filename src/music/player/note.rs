//! Notes and key presses, as callers give them.

use crate::music::{Beat, Beats, Channel, Key, LaneId, PartId, PortId, Velocity};

/// A note to be played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// The lane that requests it.
    pub lane: LaneId,
    /// The event of the lane's history that requests it.
    pub source: Option<u64>,
    /// The destination.
    pub port: PortId,
    /// The part.
    pub part: PartId,
    /// The MIDI channel.
    pub channel: Channel,
    /// The key.
    pub key: Key,
    /// The velocity.
    pub velocity: Velocity,
    /// When it begins. A beat in the past means at once.
    pub at: Beat,
    /// Its duration: the key is released by `at + length`. Zero or less still makes a short sound.
    pub length: Beats,
}

/// A key that is held by a performer, for an unknown time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyPress {
    /// The lane that holds it.
    pub lane: LaneId,
    /// The destination.
    pub port: PortId,
    /// The part.
    pub part: PartId,
    /// The MIDI channel.
    pub channel: Channel,
    /// The key.
    pub key: Key,
    /// The velocity.
    pub velocity: Velocity,
}

impl KeyPress {
    /// The note that begins at a beat. Its length is unknown.
    pub(super) fn note(self, at: Beat) -> Note {
        Note {
            lane: self.lane,
            source: None,
            port: self.port,
            part: self.part,
            channel: self.channel,
            key: self.key,
            velocity: self.velocity,
            at,
            length: Beats::ZERO,
        }
    }
}

/// When a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At once, even while the transport is stopped.
    Now,
    /// At a beat; at once if that is in the past.
    Beat(Beat),
}
