//! What can be wrong with a file.

/// Why a MIDI file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MidiFileError {
    /// Over the bound.
    #[error("the MIDI file is larger than {limit} bytes: take a part of it")]
    TooLarge {
        /// The most bytes.
        limit: usize,
    },
    /// No header, or a broken one.
    #[error("this is not a Standard MIDI File: {0}")]
    NoHeader(String),
    /// Format 2.
    #[error(
        "the MIDI file is of format 2, pieces that do not belong together: save it as format 0 or 1"
    )]
    Sequential,
    /// A division of zero.
    #[error("the header of the MIDI file says that a beat has no ticks: it is damaged")]
    NoTicks,
    /// A chunk goes on behind the end of the file.
    #[error(
        "the MIDI file is cut off: the part that begins at byte {at} should have {expected} bytes, \
         {found} are there"
    )]
    CutOff {
        /// Where the chunk begins.
        at: usize,
        /// How long it claims to be.
        expected: usize,
        /// How long it is.
        found: usize,
    },
    /// There are fewer tracks than the header says.
    #[error("the MIDI file should have {expected} tracks, {found} are there: it is cut off")]
    TracksMissing {
        /// As the header says.
        expected: usize,
        /// As there are.
        found: usize,
    },
    /// A message that is none.
    #[error(
        "track {track} of the MIDI file is damaged at byte {at} of it: no message begins there"
    )]
    Damaged {
        /// Which track, 1 is the first.
        track: usize,
        /// How many of its bytes could be read.
        at: usize,
    },
}
