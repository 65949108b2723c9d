//! What the handle tells the player's thread.

use std::time::Duration;

use super::{LatePolicy, PortOptions, port::Port};
use crate::music::{
    Beat, Beats, Channel, Key, LaneId, Message, Nanos, PartId, PortId, Transport, Velocity,
};

/// A note to be played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Note {
    /// Who asks for it.
    pub lane: LaneId,
    /// The event of the lane's history that asks for it.
    pub source: Option<u64>,
    /// Where it goes.
    pub port: PortId,
    /// Which part it belongs to.
    pub part: PartId,
    /// On which channel.
    pub channel: Channel,
    /// Which key.
    pub key: Key,
    /// How hard.
    pub velocity: Velocity,
    /// When. A beat that is past means: at once.
    pub at: Beat,
    /// How long the key stays down; it is up by `at + length`. Zero or less still makes a short
    /// sound.
    pub length: Beats,
}

/// A key that somebody holds down: nobody knows yet for how long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Press {
    /// Who holds it.
    pub lane: LaneId,
    /// Where it goes.
    pub port: PortId,
    /// Which part it belongs to.
    pub part: PartId,
    /// On which channel.
    pub channel: Channel,
    /// Which key.
    pub key: Key,
    /// How hard.
    pub velocity: Velocity,
}

/// When a message goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At once, also while the transport stands.
    Now,
    /// At a beat; at once if that is past.
    Beat(Beat),
}

/// A message that is no timed note.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Single {
    pub port: PortId,
    /// `None`: the port was told it, as by a panic; nobody handed it over.
    pub part: Option<PartId>,
    pub message: Message,
    pub when: When,
    pub lane: Option<LaneId>,
    pub source: Option<u64>,
}

/// A command and when it was given.
pub(super) struct Stamped {
    pub at: Nanos,
    pub command: Command,
}

/// All but `Port` are plain values: the thread frees nothing.
pub(super) enum Command {
    Note(Note),
    Single(Single),
    Press(Press),
    /// The key of a press comes up.
    Lift(Press),
    Lamp(PortId, Message),
    /// Roll, new tempo, new meter.
    Transport(Transport),
    /// Lets go of what sounds.
    Stand(Transport),
    /// Forgets what is pending in the piece.
    Locate(Transport),
    Hold(LaneId, Duration),
    Release(LaneId),
    Late(LatePolicy),
    Panic,
    /// A panic that trusts no ledger.
    EveryNoteOff,
    Port(PortId, Box<Port>),
    PortOptions(PortId, PortOptions),
    RemovePort(PortId),
    Tell(PortId, Message),
}

impl Command {
    /// The transport that it brings.
    pub fn transport(&self) -> Option<Transport> {
        match self {
            Self::Transport(transport) | Self::Stand(transport) | Self::Locate(transport) => {
                Some(*transport)
            }
            _ => None,
        }
    }
}
