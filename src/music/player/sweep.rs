//! A sweep: note-offs for all keys, one per millisecond, because a MIDI cable cannot take them faster.

use std::time::Duration;

use crate::music::{Channel, Key, Message, Nanos, ledger::Ledger};

#[derive(Debug, Clone, Copy)]
pub(super) struct Sweep {
    number: usize,
    /// When the next step is due.
    pub due: Nanos,
    /// The key of the next step.
    key: (Channel, Key),
}

impl Sweep {
    const STEP: Duration = Duration::from_millis(1);

    /// A sweep that starts at `due`.
    pub fn from(due: Nanos) -> Option<Self> {
        Self::at(0, due)
    }

    /// The next step, if there is one.
    pub fn next(self) -> Option<Self> {
        Self::at(self.number + 1, self.due + Self::STEP)
    }

    /// The message of this step.
    pub fn message(self) -> Message {
        Message::NoteOff(self.key.0, self.key.1)
    }

    fn at(number: usize, due: Nanos) -> Option<Self> {
        let key = Ledger::key(number).filter(|(channel, _)| channel.group() == 0)?;
        Some(Self { number, due, key })
    }
}
