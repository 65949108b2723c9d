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
    /// Format 2.
    #[error(
        "the MIDI file has format 2, a collection of separate patterns: save it as format 0 or 1"
    )]
    Sequential,
    /// A division of zero.
    #[error("the MIDI file is damaged: its header gives zero ticks per beat")]
    NoTicks,
    /// A chunk that ends after the end of the file.
    #[error("the MIDI file is truncated: the chunk at byte {at} has {found} of {expected} bytes")]
    CutOff {
        /// The offset of the chunk.
        at: usize,
        /// The length in its header.
        expected: usize,
        /// The number of bytes that are there.
        found: usize,
    },
    /// Fewer tracks than the header says.
    #[error("the MIDI file is truncated: it has {found} of {expected} tracks")]
    TracksMissing {
        /// The number in the header.
        expected: usize,
        /// The number of tracks that are there.
        found: usize,
    },
    /// Invalid bytes instead of a message.
    #[error("track {track} of the MIDI file is damaged: there is no message at its byte {at}")]
    Damaged {
        /// The number of the track; the first is 1.
        track: usize,
        /// The number of its bytes that could be read.
        at: usize,
    },
}
