//! Commands from the handles to the player's thread.

use std::time::Duration;

use super::{
    event::OtherMessage,
    note::{KeyPress, Note},
    options::{LatePolicy, PortOptions},
    port::Port,
};
use crate::music::{LaneId, Message, Nanos, PortId, Transport};

/// A command and its time.
pub(super) struct TimedCommand {
    pub at: Nanos,
    pub command: Command,
}

/// A command. All but `BindPort` are plain values: the player's thread frees nothing.
pub(super) enum Command {
    Note(Note),
    Message(OtherMessage),
    KeyDown(KeyPress),
    KeyUp(KeyPress),
    Light(PortId, Message),
    /// Start, tempo or meter.
    Transport(Transport),
    /// Stops and releases what sounds.
    Stop(Transport),
    /// Moves and drops the pending events of the piece.
    Locate(Transport),
    /// Pauses a lane after a time.
    PauseLane(LaneId, Duration),
    ReleaseLane(LaneId),
    Late(LatePolicy),
    Panic,
    /// A panic that also sends note-offs for keys that seem to be up.
    SweepingPanic,
    BindPort(Box<Port>),
    PortOptions(PortId, PortOptions),
    RemovePort(PortId),
    Configure(PortId, Message),
}

impl Command {
    /// The transport after the command, if it changes it.
    pub fn transport(&self) -> Option<Transport> {
        match self {
            Self::Transport(transport) | Self::Stop(transport) | Self::Locate(transport) => {
                Some(*transport)
            }
            _ => None,
        }
    }
}
