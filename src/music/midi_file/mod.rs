//! Standard MIDI Files, read: who plays what, in exact beats.
//!
//! Files come from strangers. What is broken is refused with the byte where it breaks; what a file
//! may leave open (keys that are never let go, keys struck again while they are down) has one
//! meaning, told at [`MidiNote`].

mod chunks;
mod error;
mod track;

#[cfg(test)]
mod tests;

use midly::{Format, Timing};

use super::{Beats, Channel, Key, Meter, Velocity};
pub use error::MidiFileError;

/// What a Standard MIDI File of format 0 or 1 says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MidiFile {
    /// What the piece is called; empty if the file does not say.
    pub title: String,
    /// Microseconds that a beat lasts from this beat on, in their order, each another one than
    /// before. A file that says nothing means 500,000.
    pub tempi: Vec<(Beats, u32)>,
    /// Meters from this beat on, in their order, each another one than before.
    pub meters: Vec<(Beats, Meter)>,
    /// Whether the key signature has flats.
    pub flats: bool,
    /// What each track plays, in their order; those that play nothing are among them.
    pub tracks: Vec<MidiTrack>,
    /// How many messages were left out that have no place here: key pressure, system exclusive,
    /// meters that nobody can count.
    pub left_out: usize,
}

/// What a track plays.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MidiTrack {
    /// Its name; empty if it has none.
    pub name: String,
    /// Its notes by their onset.
    pub notes: Vec<MidiNote>,
    /// Its other messages by their beat.
    pub changes: Vec<MidiChange>,
}

/// A note.
///
/// A key that is struck again while it is down is another note; the first to be struck is the first
/// to be let go. A key that is never let go is down until the end of its track. A note that ends
/// where it begins is one tick long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MidiNote {
    /// When.
    pub at: Beats,
    /// How long, greater than zero.
    pub length: Beats,
    /// Its channel.
    pub channel: Channel,
    /// The channel's program then: 0 to 127.
    pub program: u8,
    /// Its key.
    pub key: Key,
    /// How hard.
    pub velocity: Velocity,
}

/// A change of a channel's sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MidiChange {
    /// When.
    pub at: Beats,
    /// On which channel.
    pub channel: Channel,
    /// To what.
    pub to: ChangeTo,
}

/// What changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeTo {
    /// A controller (0 to 127) takes a value (0 to 127).
    Control(u8, u8),
    /// Pitch bend, 0 to 16383; 8192 is the centre.
    Bend(u16),
    /// Pressure on the whole channel, 0 to 127.
    Pressure(u8),
}

impl MidiFile {
    /// The largest file that is read: 16 MiB.
    pub const MAX_BYTES: usize = 16 << 20;

    /// Whether these bytes claim to be a Standard MIDI File (perhaps in a RIFF wrapper).
    pub fn is_one(bytes: &[u8]) -> bool {
        let wrapped = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"RMID");
        bytes.starts_with(b"MThd") || wrapped
    }

    /// Reads a file.
    pub fn read(bytes: &[u8]) -> Result<Self, MidiFileError> {
        if bytes.len() > Self::MAX_BYTES {
            let limit = Self::MAX_BYTES;
            return Err(MidiFileError::TooLarge { limit });
        }
        if chunks::has_frames_without_number(bytes) {
            return Err(MidiFileError::NoTicks);
        }
        let (header, rest) = midly::parse(bytes)
            .map(|(header, tracks)| (header, tracks.unread()))
            .map_err(|error| MidiFileError::NoHeader(error.to_string()))?;
        if header.format == Format::Sequential {
            return Err(MidiFileError::Sequential);
        }
        let tick = Tick::of(header.timing)?;
        let chunks = chunks::tracks(bytes, rest)?;
        let mut file = Self::default();
        let mut meta = track::Meta::default();
        for (index, chunk) in chunks.iter().enumerate() {
            let track = track::read(index, chunk, tick, &mut meta)?;
            file.tracks.push(track);
        }
        file.take(meta, tick, header.format);
        Ok(file)
    }

    /// Takes over what the tracks say about the whole piece.
    fn take(&mut self, mut meta: track::Meta, tick: Tick, format: Format) {
        meta.tempi.sort_by_key(|(at, _)| *at);
        meta.meters.sort_by_key(|(at, _)| *at);
        for (at, micros) in meta.tempi {
            set(&mut self.tempi, at, micros);
        }
        for (at, meter) in meta.meters {
            set(&mut self.meters, at, meter);
        }
        if tick.is_seconds {
            // Such files count seconds. They are read as if a beat lasted half of one.
            self.tempi.clear();
        }
        self.flats = meta.flats;
        self.left_out = meta.left_out;
        let first = self.tracks.first();
        // The first track of several names the piece, unless it plays itself.
        let names_piece = |track: &&MidiTrack| format == Format::Parallel && track.notes.is_empty();
        self.title = match first.filter(names_piece) {
            Some(track) => track.name.clone(),
            None if format == Format::SingleTrack => {
                first.map_or(String::new(), |track| track.name.clone())
            }
            None => String::new(),
        };
    }
}

/// From a beat on it is `value`.
fn set<T: PartialEq>(map: &mut Vec<(Beats, T)>, at: Beats, value: T) {
    if map.last().is_some_and(|(before, _)| *before == at) {
        map.pop();
    }
    if map.last().is_none_or(|(_, last)| *last != value) {
        map.push((at, value));
    }
}

/// How long a tick is.
#[derive(Debug, Clone, Copy)]
struct Tick {
    beats: Beats,
    /// Whether ticks count seconds, whatever the tempo.
    is_seconds: bool,
}

impl Tick {
    fn of(timing: Timing) -> Result<Self, MidiFileError> {
        match timing {
            Timing::Metrical(ticks) if ticks.as_int() > 0 => Ok(Self {
                beats: Beats::new(1, i64::from(ticks.as_int())),
                is_seconds: false,
            }),
            Timing::Timecode(frames, parts) if parts > 0 => {
                // Two beats a second. 29 stands for 30 frames that last 1.001 seconds.
                let (frames, seconds) = match frames.as_int() {
                    29 => (30_000, 1001),
                    frames => (i64::from(frames), 1),
                };
                Ok(Self {
                    beats: Beats::new(2 * seconds, frames * i64::from(parts)),
                    is_seconds: true,
                })
            }
            _ => Err(MidiFileError::NoTicks),
        }
    }

    fn beats(self, ticks: u64) -> Beats {
        // The sum of all deltas of 16 MiB stays below this.
        self.beats * i64::try_from(ticks).unwrap_or(i64::MAX)
    }
}
