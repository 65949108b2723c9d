//! Reads Standard MIDI Files as notes in exact beats.
//!
//! Files are untrusted, and many break the standard in small ways. What is readable is read; what was
//! skipped is listed as [`MidiFault`]s. Where a file may be ambiguous (keys that are never released, keys
//! that are struck again while they are down), [`MidiNote`] defines the meaning.

mod error;
mod event;
mod fault;
mod layout;
mod lyrics;
mod track;

#[cfg(test)]
mod tests;

use super::{Beats, Channel, Key, Meter, Velocity};
pub use error::MidiFileError;
pub use fault::{FaultKind, MidiFault};

/// The contents of a Standard MIDI File. The sequences of one of format 2 follow one after another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MidiFile {
    /// The title; empty if there is none.
    pub title: String,
    /// Tempo changes in order: microseconds per beat from a beat on, at least 1, without repetitions. The
    /// default of a file without any is 500,000.
    pub tempi: Vec<(Beats, u32)>,
    /// Meter changes in order, without repetitions.
    pub meters: Vec<(Beats, Meter)>,
    /// Whether the key signature has flats.
    pub flats: bool,
    /// Lyrics in order: the syllables of a beat.
    pub lyrics: Vec<(Beats, String)>,
    /// The tracks in order, including empty ones.
    pub tracks: Vec<MidiTrack>,
    /// Format 2: the number of sequences, which follow one after another. Otherwise 0.
    pub sequences: usize,
    /// What a reader of notes does not take.
    pub left_out: LeftOut,
    /// Where the file breaks the standard, and what was skipped for that.
    pub faults: Vec<MidiFault>,
}

/// The number of messages that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// Pressure of single keys.
    pub key_pressure: usize,
    /// System exclusive messages.
    pub system_exclusive: usize,
    /// Meters with more than 64 beats or notes shorter than 64ths.
    pub meters: usize,
    /// Markers and cue points.
    pub markers: usize,
    /// Note-offs with a release velocity.
    pub release_velocities: usize,
    /// SMPTE files: tempi, which have no meaning there.
    pub tempi: usize,
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

/// A channel of a file: sixteen for each of the ports that its tracks name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileChannel {
    /// The port, 0 for files that name none.
    pub port: u8,
    /// The channel of that port.
    pub channel: Channel,
}

/// A note.
///
/// A key that is struck again while it is down starts another note; note-offs end the oldest note
/// first. "All notes off" and "all sound off" end the notes of their channel. A key that is never released is
/// down until the end of its track. A note that ends where it begins lasts one tick.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MidiNote {
    /// The onset.
    pub at: Beats,
    /// The length, greater than zero.
    pub length: Beats,
    /// The channel.
    pub channel: FileChannel,
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
    pub channel: FileChannel,
    /// The new value.
    pub to: ChangeTo,
}

/// The kind of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeTo {
    /// A control change: controller (0 to 127), value (0 to 127).
    Control(u8, u8),
    /// A program change, 0 to 127.
    Program(u8),
    /// Pitch bend, 0 to 16383; 8192 is the center.
    Bend(u16),
    /// Channel pressure, 0 to 127.
    Pressure(u8),
}

impl MidiFile {
    /// The largest file that is read: 16 MiB.
    pub const MAX_BYTES: usize = 16 << 20;

    /// Whether the bytes start like a Standard MIDI File, possibly in a RIFF container or behind the header of
    /// an archive.
    pub fn is_one(bytes: &[u8]) -> bool {
        layout::header_at(bytes).is_some()
    }

    /// Reads what is readable of a file.
    pub fn read(bytes: &[u8]) -> Result<Self, MidiFileError> {
        if bytes.len() > Self::MAX_BYTES {
            let limit = Self::MAX_BYTES;
            return Err(MidiFileError::TooLarge { limit });
        }
        let mut faults = fault::Faults::default();
        let restored = layout::without_carriage_returns(bytes);
        if restored.is_some() {
            faults.add(None, 0, FaultKind::CarriageReturns);
        }
        let bytes = restored.as_deref().unwrap_or(bytes);
        let header = layout::header(bytes, &mut faults)?;
        let tick = Tick::of(header.division)?;
        let mut file = Self::default();
        let mut meta = track::Meta::default();
        let mut bodies = layout::Tracks::after(bytes, header);
        let mut tracks = Vec::new();
        while let Some(body) = bodies.next(&mut faults) {
            let track = event::events(bytes, body, tracks.len() + 1, &mut faults);
            bodies.ended(body, track.after);
            tracks.push(track);
        }
        let (expected, found) = (header.tracks, tracks.len());
        match found {
            0 => return Err(MidiFileError::NoTracks),
            found if found < expected => {
                let at = bytes.len();
                faults.add(None, at, FaultKind::TracksMissing { expected, found });
            }
            _ => {}
        }
        if header.format == 2 {
            file.sequences = found;
            event::one_after_another(&mut tracks);
        }
        if file.sequences == 1 {
            faults.add(None, 0, FaultKind::SinglePattern);
        }
        let silences = track::Silences::of(&tracks);
        for (index, events) in tracks.iter().enumerate() {
            let how = (tick, &silences);
            let track = track::read(index + 1, events, how, &mut meta, &mut faults);
            file.tracks.push(track);
        }
        file.take(meta, tick, header.format);
        file.faults = faults.into_list();
        Ok(file)
    }

    /// Adds what the tracks contain about the whole piece.
    fn take(&mut self, mut meta: track::Meta, tick: Tick, format: u16) {
        meta.tempi.sort_by_key(|(at, _)| *at);
        meta.meters.sort_by_key(|(at, _)| *at);
        for (at, micros) in meta.tempi {
            set(&mut self.tempi, at, micros);
        }
        for (at, meter) in meta.meters {
            set(&mut self.meters, at, meter);
        }
        self.left_out = meta.left_out;
        if tick.is_seconds {
            // Such files count seconds. They are read as if a beat lasted half a second.
            self.left_out.tempi = self.tempi.len();
            self.tempi.clear();
        }
        self.flats = meta.flats;
        let (title, lyrics) = lyrics::of(meta.texts, meta.lyrics);
        self.lyrics = lyrics;
        let first = self.tracks.first();
        // In a file of several tracks, the first one names the piece, unless it has notes.
        let names_piece = first.filter(|track| format != 1 || track.notes.is_empty());
        let named = names_piece.map(|track| track.name.clone());
        self.title = title.or(named).unwrap_or_default();
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
    /// The tick of a header's division: ticks per beat, or frames per second and ticks per frame.
    fn of(division: u16) -> Result<Self, MidiFileError> {
        let [high, low] = division.to_be_bytes();
        if high < 128 {
            return match division {
                0 => Err(MidiFileError::NoTicks),
                ticks => Ok(Self {
                    beats: Beats::new(1, ticks.into()),
                    is_seconds: false,
                }),
            };
        }
        // Two beats per second. The code 29 means 29.97 frames per second: 30 in 1.001 seconds.
        let (frames, seconds) = match high.wrapping_neg() {
            29 => (30_000, 1001),
            frames @ (24 | 25 | 30) => (i64::from(frames), 1),
            _ => return Err(MidiFileError::NoTicks),
        };
        match i64::from(low) {
            0 => Err(MidiFileError::NoTicks),
            parts => Ok(Self {
                beats: Beats::new(2 * seconds, frames * parts),
                is_seconds: true,
            }),
        }
    }

    /// A part of a tick, for what comes between the messages of a tick: at most half of what is left of it after the
    /// parts before, and too short to hear.
    fn part_after(self, parts: Beats) -> Beats {
        let left = self.beats - parts;
        (left * Beats::new(1, 2)).min(Beats::new(1, 960))
    }

    fn beats(self, ticks: u64) -> Beats {
        // The sum of all deltas in 16 MiB stays below this.
        self.beats * i64::try_from(ticks).unwrap_or(i64::MAX)
    }
}
