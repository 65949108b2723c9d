//! What can be wrong with a SoundFont.

/// Why the contents of a SoundFont cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FontFault {
    /// Something that is not a file, or a very large one.
    #[error("it is not a file of up to 1 GiB")]
    TooLarge,
    /// Another format.
    #[error("it is not a SoundFont 2 file")]
    Format,
    /// The file could not be read to its end.
    #[error("it ends early, or cannot be read: {reason}")]
    Read {
        /// What the system says.
        reason: String,
    },
    /// A chunk that claims more than there is.
    #[error("its chunk {chunk:?} is longer than the file")]
    Truncated {
        /// The name of the chunk.
        chunk: String,
    },
    /// A chunk that the format requires is not there.
    #[error("its chunk {chunk:?} is missing or out of place")]
    Missing {
        /// The name of the chunk.
        chunk: String,
    },
    /// A list whose size does not fit its entries.
    #[error("its list of {list} is damaged")]
    Damaged {
        /// What is listed.
        list: &'static str,
    },
    /// No preset at all.
    #[error("it has no presets")]
    NoPreset,
    /// Presets, but nothing in them.
    #[error("none of its presets has a sample")]
    Silent,
    /// A preset or an instrument without zones.
    #[error("{whole} has no zones, or they lie outside of the list of zones")]
    NoZones {
        /// The preset or instrument.
        whole: String,
    },
    /// A zone that names neither an instrument nor a sample.
    #[error("{zone} is empty, or lies outside of the list of generators")]
    EmptyZone {
        /// The zone.
        zone: String,
    },
    /// A zone that cannot be played.
    #[error("{zone} {fault}")]
    Zone {
        /// The zone, with its preset or instrument.
        zone: String,
        /// What is wrong with it.
        fault: ZoneFault,
    },
    /// Whatever else the SoundFont library refuses.
    #[error("{reason}")]
    Library {
        /// What the library says.
        reason: String,
    },
}

/// Why a zone of a SoundFont cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZoneFault {
    /// An instrument that is not in the list.
    #[error("names an instrument that does not exist")]
    NoInstrument,
    /// A sample that is not in the list.
    #[error("names a sample that does not exist")]
    NoSample,
    /// A sample that is not in the file.
    #[error("plays the sample {0:?}, which lies in the ROM of a sound card")]
    Rom(String),
    /// A sample rate of zero or beyond all reason.
    #[error("plays the sample {sample:?} with a sample rate of {rate} Hz")]
    SampleRate {
        /// The name of the sample.
        sample: String,
        /// Frames per second.
        rate: u32,
    },
    /// A sample outside of the sample data.
    #[error("plays the sample {0:?} from or to a frame outside of the sample data")]
    OutOfRange(String),
    /// A loop outside of the sample data.
    #[error("loops the sample {0:?} outside of the sample data")]
    LoopOutOfRange(String),
    /// A loop that the highest key skips.
    #[error("is tuned so high that its loop cannot be played")]
    TooHighToLoop,
    /// A pitch beyond all hearing.
    #[error("is tuned so high that its pitch cannot be computed")]
    TooHigh,
}

impl FontFault {
    pub(super) fn read(source: std::io::Error) -> Self {
        let reason = source.to_string();
        Self::Read { reason }
    }

    pub(super) fn damaged(list: &'static str) -> Self {
        Self::Damaged { list }
    }

    pub(super) fn missing(chunk: &[u8; 4]) -> Self {
        let chunk = String::from_utf8_lossy(chunk).into_owned();
        Self::Missing { chunk }
    }
}
