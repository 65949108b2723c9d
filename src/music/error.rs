//! Errors of the music layer.

use std::path::PathBuf;

use super::PortId;

/// An error of the music layer.
#[derive(Debug, thiserror::Error)]
pub enum MusicError {
    /// Text that is not a meter.
    #[error("{text:?} is not a meter: write a count and a note value such as 3/4 or 6/8")]
    BadMeter {
        /// The text.
        text: String,
    },
    /// Too many pending notes and messages.
    #[error(
        "the player has {limit} pending notes and messages, the most that it accepts: \
         send fewer notes ahead of time"
    )]
    PlayerFull {
        /// The limit.
        limit: usize,
    },
    /// The player was shut down, or its thread ended.
    #[error("the player has been shut down: start Fermata again to continue")]
    PlayerGone,
    /// The player's thread panicked.
    #[error(
        "the player stopped because of an internal error ({reason}): start Fermata again to \
         continue, and please report this"
    )]
    PlayerPanicked {
        /// The panic message.
        reason: String,
    },
    /// The player's threads could not be started.
    #[error("the player's thread could not be started: {source}")]
    NoThread {
        /// The system's error.
        source: std::io::Error,
    },
    /// A port that does not exist.
    #[error("port {} does not exist: it was never added, or it was removed", port.0)]
    UnknownPort {
        /// The port.
        port: PortId,
    },
    /// All port numbers are used up.
    #[error(
        "{limit} ports were added since the start, the most that there can be: start Fermata again"
    )]
    TooManyPorts {
        /// The limit.
        limit: usize,
    },
    /// A note sent as a bare message.
    #[error("a note-on or note-off must be sent as a note, because notes have owners")]
    BareNote,
    /// A message that cannot light a pad.
    #[error(
        "a pad light is set by a note-on, a note-off or a control change, not by other messages"
    )]
    NotALight,
    /// A change that requires a stopped transport.
    #[error(
        "the transport is rolling: stop it before you move to another beat or change the meter"
    )]
    Rolling,
    /// The system has no MIDI, or its MIDI clients are used up.
    #[error(
        "MIDI is not available: on Linux, load the ALSA sequencer (`modprobe snd-seq`), or close programs \
         that use MIDI"
    )]
    NoMidi,
    /// No port matches.
    #[error("no MIDI output matches {pattern:?}; available outputs: {present}")]
    NoSuchOutput {
        /// The pattern.
        pattern: String,
        /// The names of the outputs, or "none".
        present: String,
    },
    /// No input matches.
    #[error("no MIDI input matches {pattern:?}; available inputs: {present}")]
    NoSuchInput {
        /// The pattern.
        pattern: String,
        /// The names of the inputs, or "none".
        present: String,
    },
    /// A port could not be opened.
    #[error("the MIDI port {name:?} could not be opened: {reason}")]
    PortUnavailable {
        /// The name of the port.
        name: String,
        /// The error of the MIDI system.
        reason: String,
    },
    /// A file could not be written.
    #[error("{} could not be written: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A patch or a SoundFont cannot be played.
    #[error(transparent)]
    Sound(#[from] super::SoundError),
    /// A WAV file could not be written.
    #[error(transparent)]
    Wav(#[from] super::WavError),
}
