//! A note-off for every key there is, one key a millisecond: faster than that would overrun a MIDI
//! cable.

use std::time::Duration;

use crate::music::{Channel, Key, Message, Nanos, ledger::Ledger};

#[derive(Debug, Clone, Copy)]
pub(super) struct Sweep {
    number: usize,
    /// When the next step is.
    pub due: Nanos,
    /// The key of the next step.
    key: (Channel, Key),
}

impl Sweep {
    const STEP: Duration = Duration::from_millis(1);

    /// Beginning now.
    pub fn from(due: Nanos) -> Option<Self> {
        Self::at(0, due)
    }

    /// The step after this one, if there is one.
    pub fn next(self) -> Option<Self> {
        Self::at(self.number + 1, self.due + Self::STEP)
    }

    /// What is sent in the next step.
    pub fn message(self) -> Message {
        Message::NoteOff(self.key.0, self.key.1)
    }

    fn at(number: usize, due: Nanos) -> Option<Self> {
        let key = Ledger::key(number)?;
        Some(Self { number, due, key })
    }
}
