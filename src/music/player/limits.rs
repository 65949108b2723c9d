//! Capacities of the player. All memory is allocated at the start.

/// The most ports that can be added.
pub(super) const MAX_PORTS: usize = 256;
/// The most pending notes and messages.
pub(super) const MAX_OUTSTANDING: usize = 32_768;
/// The capacity of the queue from the handles to the player's thread, in commands.
pub(super) const COMMANDS: usize = 16_384;
/// The part of it that notes leave to panics, pauses and the like.
pub(super) const RESERVED_COMMANDS: usize = 64;
/// The capacity of the queue from the player's thread to the journal, in entries.
pub(super) const JOURNAL_ENTRIES: usize = 65_536;
/// The capacity of each queue of a port: everything that can be pending, and note-offs and the
/// messages of a panic.
pub(super) const PORT_EVENTS: usize = MAX_OUTSTANDING + 8_192;
