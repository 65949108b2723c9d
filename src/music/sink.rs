//! Where messages go: MIDI ports, the synth, files. All behind one small trait.

use super::{Beat, LaneId, Message, Nanos, PartId, PortId, Transport};

/// A message on its way out, with all that is known of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sent {
    /// When it should go out.
    pub due: Nanos,
    /// When it did.
    pub sent: Nanos,
    /// Its beat as the score has it: exact, however late it went out.
    pub beat: Beat,
    /// The port that it goes to.
    pub port: PortId,
    /// The part that it belongs to; `None` for the messages of a panic.
    pub part: Option<PartId>,
    /// The lane that asked for it.
    pub lane: Option<LaneId>,
    /// The event of the lane's history that asked for it.
    pub source: Option<u64>,
    /// The message itself.
    pub message: Message,
}

/// Takes what the player sends.
///
/// Sinks of ports are called on the player's real-time thread: they must not block, lock, allocate
/// or log. Sinks of the [`Journal`](super::Journal) are called on its thread and may take their time.
pub trait Sink: Send {
    /// Takes one message. The player counts errors and goes on.
    fn send(&mut self, message: &Sent) -> Result<(), SinkError>;

    /// Learns of a new tempo, meter, place, start or stop, effective at `now`. The first one comes
    /// before any message. Only sinks of the journal are told.
    fn transport(&mut self, _transport: &Transport, _now: Nanos) {}

    /// Brings to its file what came by `now`, so that the file is whole whatever happens to the
    /// process. Called at least once a second while there is music. Only sinks of the journal are
    /// asked.
    fn save(&mut self, _now: Nanos) -> Result<(), SinkError> {
        Ok(())
    }

    /// Writes down what it still holds. Called once, at the end; nothing is sent after it. Ports are
    /// finished on the journal's thread too.
    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Why a sink did not take a message.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The connection is gone.
    #[error("the connection is gone")]
    Closed,
    /// It has no room for more at the moment.
    #[error("it takes no more messages at the moment")]
    Full,
    /// It refuses such a message.
    #[error("it refuses the message: {0}")]
    Refused(&'static str),
    /// A file or device could not be written.
    #[error(transparent)]
    Failed(#[from] super::MusicError),
}

/// Takes everything and keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Null;

impl Sink for Null {
    fn send(&mut self, _message: &Sent) -> Result<(), SinkError> {
        Ok(())
    }
}

/// What stands behind a port whose device is gone: takes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Closed;

impl Sink for Closed {
    fn send(&mut self, _message: &Sent) -> Result<(), SinkError> {
        Err(SinkError::Closed)
    }
}
