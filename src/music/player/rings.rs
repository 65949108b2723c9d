//! The queues between the handles, the player's thread and the journal.

use rtrb::{Consumer, Producer, RingBuffer};

use super::{
    command::TimedCommand,
    limits::{COMMANDS, JOURNAL_ENTRIES, MAX_PORTS},
    port::Port,
};
use crate::music::{Nanos, Sent, Transport};

/// An entry for the journal.
pub(super) enum JournalEntry {
    Sent(Sent),
    Transport(Transport, Nanos),
}

/// The ends on the player's thread.
pub(super) struct PlayerRings {
    pub commands: Consumer<TimedCommand>,
    pub journal: Producer<JournalEntry>,
    /// Returns ports, so that they are freed on another thread.
    pub returned: Producer<Box<Port>>,
}

/// The ends on the journal's thread.
pub(super) struct JournalRings {
    pub entries: Consumer<JournalEntry>,
    pub returned: Consumer<Box<Port>>,
}

/// All queues of a player. The first is the end of the handles.
pub(super) fn rings() -> (Producer<TimedCommand>, PlayerRings, JournalRings) {
    let (handles, commands) = RingBuffer::new(COMMANDS);
    let (journal, entries) = RingBuffer::new(JOURNAL_ENTRIES);
    let (to_journal, returned) = RingBuffer::new(2 * MAX_PORTS);
    let player = PlayerRings {
        commands,
        journal,
        returned: to_journal,
    };
    (handles, player, JournalRings { entries, returned })
}
