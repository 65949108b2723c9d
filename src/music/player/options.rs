//! Options of ports, and the policy for late notes.

use std::time::Duration;

use crate::music::Nanos;

/// Options of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PortOptions {
    /// The time by which everything is sent earlier or later.
    pub offset: Offset,
    /// Whether the port gets MIDI clock.
    pub clock: ClockOut,
    /// The rate limit of the port.
    pub pace: Pace,
}

/// A shift in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offset {
    /// That much earlier.
    Earlier(Duration),
    /// That much later.
    Later(Duration),
}

/// Whether a port gets MIDI clock: 24 ticks per quarter note, start, stop, continue and song position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockOut {
    /// No clock.
    #[default]
    Off,
    /// Clock.
    On,
}

/// The rate at which a port can take messages without losing any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// No limit: the synth, files.
    Unlimited,
    /// The rate of a program behind the system's sequencer: bursts of 96 messages, then 3,000 per second.
    #[default]
    Sequencer,
    /// The rate of a DIN cable: 3,125 bytes per second.
    Din,
}

/// The policy for notes that cannot begin in time. Note-offs and other messages are always sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LatePolicy {
    /// Play them.
    Send,
    /// Drop and count those that are later than this.
    DropAfter(Duration),
}

impl Default for LatePolicy {
    /// Drop notes after a second. Until then a late note sounds like a stumble; later, like a note of
    /// another bar.
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
    /// The largest shift to earlier; larger ones count as this. Notes reach the player only shortly
    /// before they are due.
    pub const MAX_EARLIER: Duration = Duration::from_millis(40);
    /// The largest shift to later; larger ones count as this.
    pub const MAX_LATER: Duration = Duration::from_millis(500);

    /// The shift to earlier.
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

    /// When an event is sent whose time by the transport is `nominal`.
    pub(super) fn applied(self, nominal: Nanos) -> Nanos {
        nominal + self.behind() - self.ahead()
    }

    /// The time by the transport of an event that is sent at `due`.
    pub(super) fn undone(self, due: Nanos) -> Nanos {
        due + self.ahead() - self.behind()
    }
}
