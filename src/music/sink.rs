//! Sinks: where messages go. MIDI ports, the synth and files share one small trait.

use super::{Beat, LaneId, Message, Nanos, PartId, PortId, Transport};

/// A message that is sent, with its context.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sent {
    /// When it is due.
    pub due: Nanos,
    /// When it was sent.
    pub sent: Nanos,
    /// The exact beat in the score, however late the message was sent.
    pub beat: Beat,
    /// The destination.
    pub port: PortId,
    /// The part; `None` for the messages of a panic.
    pub part: Option<PartId>,
    /// The lane that requested it.
    pub lane: Option<LaneId>,
    /// The event of the lane's history that requested it.
    pub source: Option<u64>,
    /// The message.
    pub message: Message,
}

/// A destination of messages.
///
/// Sinks of ports are called on the player's real-time thread: they must not block, lock, allocate
/// or log. Sinks of the [`Journal`](super::Journal) are called on its thread and may take their
/// time.
pub trait Sink: Send {
    /// Sends one message. The player counts errors and continues.
    fn send(&mut self, message: &Sent) -> Result<(), SinkError>;

    /// The transport changed at `now`: tempo, meter, position, start or stop. Called before the
    /// first message, and only for sinks of the journal.
    fn transport(&mut self, _transport: &Transport, _now: Nanos) {}

    /// Writes everything up to `now` to the file, so that it is valid even if the process is
    /// killed. Called at least once a second while music plays, and only for sinks of the journal.
    fn save(&mut self, _now: Nanos) -> Result<(), SinkError> {
        Ok(())
    }

    /// Writes what is still buffered. Called once, at the end, on the journal's thread; nothing is
    /// sent afterwards.
    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// Why a sink did not accept a message.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The connection was lost.
    #[error("the connection was lost")]
    Closed,
    /// There is no room at the moment.
    #[error("the queue is full")]
    Full,
    /// It refuses such a message.
    #[error("the message was refused: {0}")]
    Refused(&'static str),
    /// A file or device could not be written.
    #[error(transparent)]
    Failed(#[from] super::MusicError),
}

/// A sink that discards everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Null;

impl Sink for Null {
    fn send(&mut self, _message: &Sent) -> Result<(), SinkError> {
        Ok(())
    }
}

/// The sink of a port whose device is gone: it accepts nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Closed;

impl Sink for Closed {
    fn send(&mut self, _message: &Sent) -> Result<(), SinkError> {
        Err(SinkError::Closed)
    }
}
