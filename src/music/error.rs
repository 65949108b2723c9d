//! Errors of this layer.

use std::path::PathBuf;

use super::PortId;

/// Why music could not be made or kept.
#[derive(Debug, thiserror::Error)]
pub enum MusicError {
    /// Text that is no meter.
    #[error("{text:?} is not a meter: write a count and a note value such as 3/4 or 6/8")]
    BadMeter {
        /// The text.
        text: String,
    },
    /// More notes than the player takes in at once.
    #[error(
        "the player already holds {limit} notes and messages that are not over: \
         hand over fewer notes ahead of time"
    )]
    PlayerFull {
        /// How many it holds.
        limit: usize,
    },
    /// The player was shut down, or its thread ended.
    #[error("the player has been shut down: start Fermata again to play on")]
    PlayerGone,
    /// The player's threads could not be started.
    #[error("the player's thread could not be started: {source}")]
    NoThread {
        /// What the system says.
        source: std::io::Error,
    },
    /// No port of that number.
    #[error("there is no port number {}: it was never added or has been removed", port.0)]
    UnknownPort {
        /// The number.
        port: PortId,
    },
    /// Ports are numbered once and for all; the numbers are used up.
    #[error(
        "{limit} ports have been added since the start, which is the most: start Fermata again"
    )]
    TooManyPorts {
        /// How many there may be.
        limit: usize,
    },
    /// A note given as a bare message.
    #[error("notes have owners: hand a note over as a note, not as a message")]
    BareNote,
    /// A message that lights nothing.
    #[error("lamps are lit by a note-on, a note-off or a controller, by no other message")]
    NoLamp,
    /// The place cannot be changed under way.
    #[error("the transport rolls: stop it before moving to another beat or changing the meter")]
    Rolling,
    /// The system has no MIDI, or gives no more of it.
    #[error(
        "this system offers no MIDI ports (on Linux: is the ALSA sequencer loaded? \
         `modprobe snd-seq`), or too many programs use them"
    )]
    NoMidi,
    /// No port matches.
    #[error("no MIDI output has {pattern:?} in its name; there are: {present}")]
    NoSuchOutput {
        /// What was looked for.
        pattern: String,
        /// The names of the outputs, or "none".
        present: String,
    },
    /// No input matches.
    #[error("no MIDI input has {pattern:?} in its name; there are: {present}")]
    NoSuchInput {
        /// What was looked for.
        pattern: String,
        /// The names of the inputs, or "none".
        present: String,
    },
    /// A port could not be opened.
    #[error("the MIDI port {name:?} could not be opened: {reason}")]
    PortUnavailable {
        /// Its name.
        name: String,
        /// What the MIDI system says.
        reason: String,
    },
    /// A file could not be written.
    #[error("{} could not be written: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A WAV file could not be written.
    #[error(transparent)]
    Wav(#[from] super::WavError),
}
