//! How a port is played to, and what becomes of notes that are late.

use std::time::Duration;

use crate::music::Nanos;

/// How a port is played to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PortOptions {
    /// Everything goes out so much earlier or later than it is due.
    pub offset: Offset,
    /// Whether the port is told the time.
    pub clock: ClockOut,
    /// How fast the port can take messages.
    pub pace: Pace,
}

/// A time before or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offset {
    /// So much before.
    Earlier(Duration),
    /// So much after.
    Later(Duration),
}

/// Whether a port gets MIDI clock: 24 ticks a quarter note, start, stop, continue and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockOut {
    /// It does not.
    #[default]
    Off,
    /// It does.
    On,
}

/// How fast a port can take messages without losing any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// As fast as they come: the synth, files.
    Unlimited,
    /// What a program behind the system's sequencer takes: 96 messages at once, then 3,000 a second.
    #[default]
    Sequencer,
    /// A cable with DIN plugs: 3,125 bytes a second.
    Din,
}

/// What becomes of a note that cannot begin in time. Note-offs and all that is no note are sent
/// however late they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LatePolicy {
    /// It is played all the same.
    Send,
    /// It is left out, and counted, if it is later than this.
    DropAfter(Duration),
}

impl Default for LatePolicy {
    /// A second. Up to there a listener hears a stumble; after it, a note from another bar.
    fn default() -> Self {
        Self::DropAfter(Duration::from_secs(1))
    }
}

impl Default for Offset {
    fn default() -> Self {
        Self::Later(Duration::ZERO)
    }
}

impl Offset {
    /// The most that a port can be ahead; more counts as this. Notes are handed over not much
    /// earlier than they are due.
    pub const MAX_EARLIER: Duration = Duration::from_millis(40);
    /// The most that a port can be behind; more counts as this.
    pub const MAX_LATER: Duration = Duration::from_millis(500);

    /// How much a port is ahead.
    pub(super) fn ahead(self) -> Duration {
        match self {
            Self::Earlier(by) => by.min(Self::MAX_EARLIER),
            Self::Later(_) => Duration::ZERO,
        }
    }

    fn behind(self) -> Duration {
        match self {
            Self::Earlier(_) => Duration::ZERO,
            Self::Later(by) => by.min(Self::MAX_LATER),
        }
    }

    /// When a port is to be sent what the transport has at `nominal`.
    pub(super) fn applied(self, nominal: Nanos) -> Nanos {
        nominal + self.behind() - self.ahead()
    }

    /// What the transport has at the instant that goes out at `due`.
    pub(super) fn undone(self, due: Nanos) -> Nanos {
        due + self.ahead() - self.behind()
    }
}
