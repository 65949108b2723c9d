//! Reads Standard MIDI Files as notes in exact beats.
//!
//! Files are untrusted. Broken ones are refused with the offset of the error. Where a file may be
//! ambiguous (keys that are never released, keys that are struck again while they are down),
//! [`MidiNote`] defines the meaning.

mod chunks;
mod error;
mod track;

#[cfg(test)]
mod tests;

use midly::{Format, Timing};

use super::{Beats, Channel, Key, Meter, Velocity};
pub use error::MidiFileError;

/// The contents of a Standard MIDI File of format 0 or 1.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MidiFile {
    /// The title; empty if there is none.
    pub title: String,
    /// Tempo changes in order: microseconds per beat from a beat on, without repetitions. The
    /// default of a file without any is 500,000.
    pub tempi: Vec<(Beats, u32)>,
    /// Meter changes in order, without repetitions.
    pub meters: Vec<(Beats, Meter)>,
    /// Whether the key signature has flats.
    pub flats: bool,
    /// The tracks in order, including empty ones.
    pub tracks: Vec<MidiTrack>,
    /// The number of messages that were left out: key pressure, system exclusive, invalid meters.
    pub left_out: usize,
}

/// A track.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MidiTrack {
    /// The name; empty if there is none.
    pub name: String,
    /// The notes in the order of their onset.
    pub notes: Vec<MidiNote>,
    /// The other messages in the order of their beat.
    pub changes: Vec<MidiChange>,
}

/// A note.
///
/// A key that is struck again while it is down starts another note; note-offs end the oldest note
/// first. A key that is never released is down until the end of its track. A note that ends where
/// it begins lasts one tick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MidiNote {
    /// The onset.
    pub at: Beats,
    /// The length, greater than zero.
    pub length: Beats,
    /// The channel.
    pub channel: Channel,
    /// The program of the channel at the onset, 0 to 127.
    pub program: u8,
    /// The key.
    pub key: Key,
    /// The velocity.
    pub velocity: Velocity,
}

/// A change of a channel's sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MidiChange {
    /// The beat.
    pub at: Beats,
    /// The channel.
    pub channel: Channel,
    /// The new value.
    pub to: ChangeTo,
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeTo {
    /// A control change: controller (0 to 127), value (0 to 127).
    Control(u8, u8),
    /// Pitch bend, 0 to 16383; 8192 is the center.
    Bend(u16),
    /// Channel pressure, 0 to 127.
    Pressure(u8),
}

impl MidiFile {
    /// The largest file that is read: 16 MiB.
    pub const MAX_BYTES: usize = 16 << 20;

    /// Whether the bytes start like a Standard MIDI File, possibly in a RIFF container.
    pub fn is_one(bytes: &[u8]) -> bool {
        let wrapped = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"RMID");
        bytes.starts_with(b"MThd") || wrapped
    }

    /// Parses a file.
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

    /// Adds what the tracks contain about the whole piece.
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
            // Such files count seconds. They are read as if a beat lasted half a second.
            self.tempi.clear();
        }
        self.flats = meta.flats;
        self.left_out = meta.left_out;
        let first = self.tracks.first();
        // In a file of several tracks, the first one names the piece, unless it has notes.
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

/// Sets the value from a beat on.
fn set<T: PartialEq>(map: &mut Vec<(Beats, T)>, at: Beats, value: T) {
    if map.last().is_some_and(|(before, _)| *before == at) {
        map.pop();
    }
    if map.last().is_none_or(|(_, last)| *last != value) {
        map.push((at, value));
    }
}

/// The duration of a tick.
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
                // Two beats per second. 29 stands for 30 frames in 1.001 seconds.
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
        // The sum of all deltas in 16 MiB stays below this.
        self.beats * i64::try_from(ticks).unwrap_or(i64::MAX)
    }
}
