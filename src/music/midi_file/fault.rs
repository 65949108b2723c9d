//! What a reader of a damaged file skipped or repaired, and where.

use std::fmt;

/// The most faults that are listed one by one.
const MAX_LISTED: usize = 20;

/// A place where a file breaks the standard, and what the reader did about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MidiFault {
    /// The offset in the file.
    pub at: usize,
    /// The number of the track, from 1; `None` outside of all tracks.
    pub track: Option<usize>,
    /// What is there, and how it was read.
    pub what: FaultKind,
}

/// The kind of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// Bytes before the header, as MacBinary has them.
    LeadingBytes,
    /// A carriage return before each line feed, as text has on some systems.
    CarriageReturns,
    /// The header is shorter than 6 bytes.
    ShortHeader,
    /// Format 2 with a single track.
    SinglePattern,
    /// The header promises more tracks than there are.
    TracksMissing {
        /// The number in the header.
        expected: usize,
        /// The number of tracks that are there.
        found: usize,
    },
    /// Bytes between tracks that are no chunk.
    NoChunk,
    /// A track with another length than its header says.
    WrongLength {
        /// The length in its header.
        expected: usize,
        /// The number of its bytes.
        found: usize,
    },
    /// A track without its end.
    NoEnd,
    /// The track ends within a message.
    CutOff,
    /// Running status goes on after a meta event or a system exclusive message.
    RunningStatus,
    /// A data byte without a status byte before it.
    NoStatus(u8),
    /// A status byte that has no place in a file.
    Status(u8),
    /// A data byte above 127.
    Data(u8),
    /// A number of more than four bytes.
    LongNumber,
    /// A meta event that is too short for its kind.
    ShortMeta {
        /// Its kind.
        kind: u8,
        /// Its length.
        length: usize,
    },
    /// A tempo of zero microseconds per beat.
    NoTempo,
    /// More faults, not listed one by one.
    More(usize),
}

impl fmt::Display for MidiFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let FaultKind::More(count) = self.what {
            return write!(f, "{count} more faults");
        }
        if let Some(track) = self.track {
            write!(f, "track {track}, ")?;
        }
        write!(f, "byte {}: ", self.at)?;
        match &self.what {
            FaultKind::LeadingBytes => write!(f, "bytes before the header, skipped"),
            FaultKind::CarriageReturns => write!(
                f,
                "a byte 13 was added before each byte 10, as if the file were text; removed"
            ),
            FaultKind::ShortHeader => write!(f, "a header that is too short"),
            FaultKind::SinglePattern => write!(f, "format 2 with one track, read as format 0"),
            FaultKind::TracksMissing { expected, found } => {
                write!(
                    f,
                    "the header promises {expected} tracks, there are {found}"
                )
            }
            FaultKind::NoChunk => write!(f, "no track begins here, skipped up to the next one"),
            FaultKind::WrongLength { expected, found } => {
                write!(f, "the track has {found} bytes, its header says {expected}")
            }
            FaultKind::NoEnd => write!(f, "the end of the track is missing"),
            FaultKind::CutOff => write!(f, "the track ends within a message, which was skipped"),
            FaultKind::RunningStatus => {
                write!(
                    f,
                    "a running status goes on after a meta event, read as meant"
                )
            }
            FaultKind::NoStatus(byte) => {
                write!(
                    f,
                    "a data byte {byte} without a message, skipped up to the next one"
                )
            }
            FaultKind::Status(byte) => {
                write!(f, "a message 0x{byte:02X}, which no file may have, skipped")
            }
            FaultKind::Data(byte) => write!(f, "a value {byte} above 127, limited or skipped"),
            FaultKind::LongNumber => write!(f, "a number of more than four bytes"),
            FaultKind::ShortMeta { kind, length } => {
                write!(
                    f,
                    "a meta event 0x{kind:02X} of only {length} bytes, skipped"
                )
            }
            FaultKind::NoTempo => {
                write!(f, "a tempo of 0 microseconds per beat, read as 1")
            }
            FaultKind::More(_) => Ok(()),
        }
    }
}

/// The faults of a file in the order in which they were found.
#[derive(Debug, Default)]
pub(super) struct Faults {
    listed: Vec<MidiFault>,
    more: usize,
}

impl Faults {
    pub fn add(&mut self, track: Option<usize>, at: usize, what: FaultKind) {
        if self.listed.len() < MAX_LISTED {
            self.listed.push(MidiFault { at, track, what });
        } else {
            self.more += 1;
        }
    }

    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    pub fn into_list(mut self) -> Vec<MidiFault> {
        if self.more > 0 {
            let at = self.listed.last().map_or(0, |last| last.at);
            self.listed.push(MidiFault {
                at,
                track: None,
                what: FaultKind::More(self.more),
            });
        }
        self.listed
    }
}
