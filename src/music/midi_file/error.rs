//! Errors of MIDI files.

/// Why a MIDI file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MidiFileError {
    /// A file that is too large.
    #[error("the MIDI file is larger than {limit} bytes: split it")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// A missing or invalid header.
    #[error("this is not a Standard MIDI File: {0}")]
    NoHeader(String),
    /// A division of zero.
    #[error("the MIDI file is damaged: its header gives no ticks per beat or frame")]
    NoTicks,
    /// No track at all.
    #[error("the MIDI file is damaged: it has no track")]
    NoTracks,
}
