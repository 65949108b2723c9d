//! The performance as a Standard MIDI File.
//!
//! Written from beats, not from wall time: two performances of the same notes give the same bytes,
//! however late a busy machine sent them. A beat has as many ticks as are needed for every place to
//! be exact, if a file can have so many, and [`Recorder::TICKS`] if not.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use midly::{
    Format, Header, MetaMessage, MidiMessage, PitchBend, Smf, Timing, TrackEvent, TrackEventKind,
    num::{u4, u7, u15, u24, u28},
};

use super::{
    Beat, Beats, Channel, Key, Message, Meter, MusicError, Names, Nanos, PartId, Sent, Sink,
    SinkError, Tempo, Transport,
};

/// Keeps all that parts play and writes it as a file of format 1: a track with tempi and meters,
/// then a track for each part. The messages of a panic belong to no part and are left out.
///
/// The file is complete from the beginning, whenever the transport stops, and at the end.
pub struct Recorder {
    path: PathBuf,
    names: Names,
    title: String,
    tempi: Vec<(Beat, Tempo)>,
    meters: Vec<(Beat, Meter)>,
    tracks: Vec<Track>,
    unwritten: bool,
}

struct Track {
    part: PartId,
    events: Vec<Event>,
}

#[derive(Clone, Copy)]
struct Event {
    beat: Beat,
    message: Message,
}

/// The order of what falls on one tick.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Off,
    Sound,
    /// Also the note-off of a note that began on the same tick.
    On,
}

impl Recorder {
    /// Ticks in a beat; some multiple of it if that makes every place exact.
    pub const TICKS: u16 = 960;

    /// Begins a new file; one of that name is written over. The title is its name inside.
    pub fn create(path: &Path, title: &str, names: Names) -> Result<Self, MusicError> {
        let mut recorder = Self {
            path: path.to_owned(),
            names,
            title: title.to_owned(),
            tempi: Vec::new(),
            meters: Vec::new(),
            tracks: Vec::new(),
            unwritten: true,
        };
        recorder.write()?;
        Ok(recorder)
    }

    fn add(&mut self, part: PartId, beat: Beat, message: Message) {
        let track = match self.tracks.iter().position(|track| track.part == part) {
            Some(place) => self.tracks.get_mut(place),
            None => {
                self.tracks.push(Track {
                    part,
                    events: Vec::new(),
                });
                self.tracks.last_mut()
            }
        };
        if let Some(track) = track {
            track.events.push(Event { beat, message });
        }
        self.unwritten = true;
    }

    /// The smallest multiple of [`Self::TICKS`] that makes the place of every note exact; just that
    /// if a file cannot have so many ticks.
    fn ticks(&self) -> Grid {
        let most = u64::from(u15::max_value().as_int());
        let mut ticks = u64::from(Self::TICKS);
        for event in self.tracks.iter().flat_map(|track| &track.events) {
            let (_, parts) = event.beat.0.fraction();
            let parts = parts.unsigned_abs();
            if !ticks.is_multiple_of(parts) {
                ticks = ticks.saturating_mul(parts / common(ticks, parts).max(1));
            }
            if ticks > most {
                return Grid(Self::TICKS);
            }
        }
        Grid(u16::try_from(ticks).unwrap_or(Self::TICKS))
    }

    /// Writes beside the file and then puts it in its place, so that there always is a whole one.
    fn write(&mut self) -> Result<(), MusicError> {
        let mut beside = self.path.clone().into_os_string();
        beside.push(".part");
        self.bytes()
            .and_then(|bytes| fs::write(&beside, bytes))
            .and_then(|()| fs::rename(&beside, &self.path))
            .map_err(|source| MusicError::File {
                path: self.path.clone(),
                source,
            })?;
        self.unwritten = false;
        Ok(())
    }

    fn bytes(&self) -> io::Result<Vec<u8>> {
        let names: Vec<String> = self
            .tracks
            .iter()
            .map(|track| self.names.part_name(track.part))
            .collect();
        let grid = self.ticks();
        let timing = Timing::Metrical(u15::new(grid.0));
        let mut file = Smf::new(Header::new(Format::Parallel, timing));
        file.tracks.push(self.tempo_track(grid));
        for (track, name) in self.tracks.iter().zip(&names) {
            file.tracks.push(track.written(name, grid));
        }
        let mut bytes = Vec::new();
        file.write_std(&mut bytes)?;
        Ok(bytes)
    }

    fn tempo_track(&self, grid: Grid) -> Vec<TrackEvent<'_>> {
        let name = MetaMessage::TrackName(self.title.as_bytes());
        let meters = self.meters.iter().map(|&(beat, meter)| {
            let unit = meter.unit().trailing_zeros() as u8;
            let clicks = 96 / meter.unit().min(96);
            (
                grid.tick(beat),
                MetaMessage::TimeSignature(meter.beats(), unit, clicks, 8),
            )
        });
        let tempi = self.tempi.iter().map(|&(beat, tempo)| {
            let micros = (tempo.beat_nanos() / 1000.0).round() as u32;
            (grid.tick(beat), MetaMessage::Tempo(u24::new(micros)))
        });
        let mut events: Vec<_> = std::iter::once((0, name))
            .chain(meters)
            .chain(tempi)
            .collect();
        events.sort_by_key(|&(tick, _)| tick);
        with_deltas(
            events
                .into_iter()
                .map(|(tick, meta)| (tick, TrackEventKind::Meta(meta))),
        )
    }
}

impl Track {
    fn written<'a>(&self, name: &'a str, grid: Grid) -> Vec<TrackEvent<'a>> {
        let mut events = self.placed(grid);
        events.sort_by_key(|(tick, rank, _)| (*tick, *rank));
        let name = TrackEventKind::Meta(MetaMessage::TrackName(name.as_bytes()));
        let events = events
            .into_iter()
            .map(|(tick, _, message)| (tick, midi(message)));
        with_deltas(std::iter::once((0, name)).chain(events))
    }

    fn placed(&self, grid: Grid) -> Vec<(u32, Rank, Message)> {
        let mut began: HashMap<(Channel, Key), u32> = HashMap::new();
        let mut programs: HashSet<Channel> = HashSet::new();
        let place = |event: &Event| {
            let tick = grid.tick(event.beat);
            let (tick, rank) = match event.message {
                Message::NoteOn(channel, key, _) => {
                    began.insert((channel, key), tick);
                    (tick, Rank::On)
                }
                Message::NoteOff(channel, key) => match began.get(&(channel, key)) {
                    Some(began) if *began == tick => (tick, Rank::On),
                    _ => (tick, Rank::Off),
                },
                // The first sound of a channel is there from the beginning.
                Message::Program(channel, _) if programs.insert(channel) => (0, Rank::Sound),
                _ => (tick, Rank::Sound),
            };
            (tick, rank, event.message)
        };
        self.events.iter().map(place).collect()
    }
}

/// How many ticks a beat has.
#[derive(Clone, Copy)]
struct Grid(u16);

impl Grid {
    /// Files have no time before the beginning.
    fn tick(self, beat: Beat) -> u32 {
        let tick = beat.0.to_ticks(self.0.into()).max(0);
        u32::try_from(tick).unwrap_or(u32::MAX)
    }
}

/// The nearest place that has a tick in every file: a moment is never exactly a beat, and files have
/// no time before the beginning.
fn on_tick(beat: Beat) -> Beat {
    let ticks = beat.0.to_ticks(Recorder::TICKS.into()).max(0);
    Beat(Beats::new(ticks, Recorder::TICKS.into()))
}

/// The greatest common divisor.
fn common(a: u64, b: u64) -> u64 {
    match b {
        0 => a,
        _ => common(b, a % b),
    }
}

impl Sink for Recorder {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        if let Some(part) = message.part {
            self.add(part, message.beat, message.message);
        }
        Ok(())
    }

    fn transport(&mut self, transport: &Transport, now: Nanos) {
        let place = match self.tempi.is_empty() {
            true => Beat::ZERO,
            false => on_tick(transport.position(now)),
        };
        // What was told to be ahead has come, or will not.
        self.tempi.retain(|(at, _)| *at <= place);
        set(&mut self.tempi, place, transport.tempo(now));
        for (beat, tempo) in transport.changes().filter(|(beat, _)| *beat >= place) {
            set(&mut self.tempi, beat, tempo);
        }
        set(&mut self.meters, place, transport.meter());
        if !transport.is_rolling() && self.unwritten {
            // It is written again at the end, which also tells of what went wrong.
            let _ = self.write();
        }
    }

    fn finish(&mut self) -> Result<(), SinkError> {
        Ok(self.write()?)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.unwritten {
            // Nobody is left to be told.
            let _ = self.write();
        }
    }
}

/// From `beat` on it is `value`.
fn set<T: PartialEq>(map: &mut Vec<(Beat, T)>, beat: Beat, value: T) {
    if map.last().is_some_and(|(at, _)| *at == beat) {
        map.pop();
    }
    if map.last().is_none_or(|(_, last)| *last != value) {
        map.push((beat, value));
    }
}

fn with_deltas<'a>(events: impl Iterator<Item = (u32, TrackEventKind<'a>)>) -> Vec<TrackEvent<'a>> {
    let mut now = 0;
    let end = TrackEvent {
        delta: u28::new(0),
        kind: TrackEventKind::Meta(MetaMessage::EndOfTrack),
    };
    events
        .map(|(tick, kind)| {
            let delta = tick.saturating_sub(now).min(u28::max_value().as_int());
            now = tick;
            TrackEvent {
                delta: u28::new(delta),
                kind,
            }
        })
        .chain(std::iter::once(end))
        .collect()
}

fn midi(message: Message) -> TrackEventKind<'static> {
    let seven = |value: u8| u7::new(value & 127);
    let channel = u4::new(message.channel().number() - 1);
    let message = match message {
        Message::NoteOn(_, key, velocity) => MidiMessage::NoteOn {
            key: seven(key.number()),
            vel: seven(velocity.number()),
        },
        Message::NoteOff(_, key) => MidiMessage::NoteOff {
            key: seven(key.number()),
            vel: seven(64),
        },
        Message::Control(_, controller, value) => MidiMessage::Controller {
            controller: seven(controller),
            value: seven(value),
        },
        Message::Program(_, program) => MidiMessage::ProgramChange {
            program: seven(program),
        },
        Message::Pressure(_, pressure) => MidiMessage::ChannelAftertouch {
            vel: seven(pressure),
        },
        Message::Bend(_, bend) => MidiMessage::PitchBend {
            bend: PitchBend(midly::num::u14::new(bend.min(16_383))),
        },
    };
    TrackEventKind::Midi { channel, message }
}
