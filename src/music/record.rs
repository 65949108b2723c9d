//! The performance as a Standard MIDI File.
//!
//! Written from beats, not from wall time: two performances of the same notes give the same bytes,
//! however late a busy machine sent them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use midly::{
    Format, Header, MetaMessage, MidiMessage, PitchBend, Smf, Timing, TrackEvent, TrackEventKind,
    num::{u4, u7, u15, u24, u28},
};

use super::{
    Beat, Channel, Message, Meter, MusicError, Names, Nanos, PartId, Sent, Sink, SinkError, Tempo,
    Transport,
};

/// Keeps all that parts play and writes it as a file of format 1: a track with tempi and meters,
/// then a track for each part. The messages of a panic belong to no part and are left out.
///
/// The file is complete from the beginning, whenever the transport stops, and at the end.
pub struct Recorder {
    path: PathBuf,
    names: Names,
    title: String,
    tempi: Vec<(u32, Tempo)>,
    meters: Vec<(u32, Meter)>,
    tracks: Vec<Track>,
    unwritten: bool,
}

struct Track {
    part: PartId,
    events: Vec<Event>,
}

#[derive(Clone, Copy)]
struct Event {
    tick: u32,
    rank: Rank,
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
    /// Ticks in a beat.
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

    fn add(&mut self, part: PartId, tick: u32, message: Message) {
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
            track.add(tick, message);
        }
        self.unwritten = true;
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
        let timing = Timing::Metrical(u15::new(Self::TICKS));
        let mut file = Smf::new(Header::new(Format::Parallel, timing));
        file.tracks.push(self.tempo_track());
        for (track, name) in self.tracks.iter().zip(&names) {
            file.tracks.push(track.written(name));
        }
        let mut bytes = Vec::new();
        file.write_std(&mut bytes)?;
        Ok(bytes)
    }

    fn tempo_track(&self) -> Vec<TrackEvent<'_>> {
        let name = MetaMessage::TrackName(self.title.as_bytes());
        let meters = self.meters.iter().map(|&(tick, meter)| {
            let unit = meter.unit().trailing_zeros() as u8;
            let clicks = 96 / meter.unit().min(96);
            (
                tick,
                MetaMessage::TimeSignature(meter.beats(), unit, clicks, 8),
            )
        });
        let tempi = self.tempi.iter().map(|&(tick, tempo)| {
            let micros = (tempo.beat_nanos() / 1000.0).round() as u32;
            (tick, MetaMessage::Tempo(u24::new(micros)))
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
    fn add(&mut self, tick: u32, message: Message) {
        let rank = match message {
            Message::NoteOn(..) => Rank::On,
            Message::NoteOff(channel, key) => {
                let began = self.events.iter().rev().find(|event| {
                    matches!(event.message, Message::NoteOn(c, k, _) if (c, k) == (channel, key))
                });
                match began {
                    Some(began) if began.tick == tick => Rank::On,
                    _ => Rank::Off,
                }
            }
            _ => Rank::Sound,
        };
        let tick = match message {
            Message::Program(channel, _) if self.is_first_program(channel) => 0,
            _ => tick,
        };
        self.events.push(Event {
            tick,
            rank,
            message,
        });
    }

    fn is_first_program(&self, channel: Channel) -> bool {
        !self
            .events
            .iter()
            .any(|event| matches!(event.message, Message::Program(c, _) if c == channel))
    }

    fn written<'a>(&self, name: &'a str) -> Vec<TrackEvent<'a>> {
        let mut events = self.events.clone();
        events.sort_by_key(|event| (event.tick, event.rank));
        let name = TrackEventKind::Meta(MetaMessage::TrackName(name.as_bytes()));
        let events = events
            .into_iter()
            .map(|event| (event.tick, midi(event.message)));
        with_deltas(std::iter::once((0, name)).chain(events))
    }
}

impl Sink for Recorder {
    fn send(&mut self, message: &Sent) -> Result<(), SinkError> {
        if let Some(part) = message.part {
            self.add(part, tick(message.beat), message.message);
        }
        Ok(())
    }

    fn transport(&mut self, transport: &Transport, now: Nanos) {
        let place = match self.tempi.is_empty() {
            true => 0,
            false => tick(transport.position(now)),
        };
        set(&mut self.tempi, place, transport.tempo());
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

/// From `tick` on it is `value`.
fn set<T: PartialEq>(map: &mut Vec<(u32, T)>, tick: u32, value: T) {
    if map.last().is_some_and(|(at, _)| *at == tick) {
        map.pop();
    }
    if map.last().is_none_or(|(_, last)| *last != value) {
        map.push((tick, value));
    }
}

/// Files have no time before the beginning.
fn tick(beat: Beat) -> u32 {
    let tick = beat.0.to_ticks(Recorder::TICKS.into()).max(0);
    u32::try_from(tick).unwrap_or(u32::MAX)
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
        Message::Bend(_, bend) => MidiMessage::PitchBend {
            bend: PitchBend(midly::num::u14::new(bend.min(16_383))),
        },
    };
    TrackEventKind::Midi { channel, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Beats, Key, PortId, Velocity};

    fn beat(n: i64, d: i64) -> Beat {
        Beat(Beats::new(n, d))
    }

    struct Session {
        recorder: Recorder,
        names: Names,
        folder: tempfile::TempDir,
    }

    impl Session {
        fn begin() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let names = Names::default();
            let path = folder.path().join("take.mid");
            let recorder = Recorder::create(&path, "Take", names.clone()).unwrap();
            Self {
                recorder,
                names,
                folder,
            }
        }

        fn send(&mut self, part: &str, beat: Beat, message: Message) {
            let sent = Sent {
                due: Nanos(0),
                sent: Nanos(0),
                beat,
                port: PortId(0),
                part: Some(self.names.part(part)),
                lane: None,
                source: None,
                message,
            };
            self.recorder.send(&sent).unwrap();
        }

        /// The events of each track, with their ticks, as written.
        fn read(&self) -> Vec<Vec<(u32, String)>> {
            let bytes = fs::read(self.folder.path().join("take.mid")).unwrap();
            let file = Smf::parse(&bytes).unwrap();
            let track = |track: &Vec<TrackEvent<'_>>| {
                let mut now = 0;
                let event = |event: &TrackEvent<'_>| {
                    now += event.delta.as_int();
                    (now, told(&event.kind))
                };
                track.iter().map(event).collect()
            };
            file.tracks.iter().map(track).collect()
        }
    }

    fn told(kind: &TrackEventKind<'_>) -> String {
        match kind {
            TrackEventKind::Midi { channel, message } => match message {
                MidiMessage::NoteOn { key, .. } => format!("on {channel} {key}"),
                MidiMessage::NoteOff { key, .. } => format!("off {channel} {key}"),
                MidiMessage::ProgramChange { program } => format!("program {channel} {program}"),
                other => format!("{other:?}"),
            },
            TrackEventKind::Meta(MetaMessage::TrackName(name)) => {
                format!("name {}", String::from_utf8_lossy(name))
            }
            TrackEventKind::Meta(MetaMessage::Tempo(micros)) => format!("tempo {micros}"),
            TrackEventKind::Meta(MetaMessage::TimeSignature(n, d, ..)) => {
                format!("meter {n}/{}", 1 << d)
            }
            TrackEventKind::Meta(MetaMessage::EndOfTrack) => "end".into(),
            other => format!("{other:?}"),
        }
    }

    fn on(key: u8) -> Message {
        let channel = Channel::from_number(1).unwrap();
        Message::NoteOn(channel, Key::new(key).unwrap(), Velocity::default())
    }

    fn off(key: u8) -> Message {
        Message::NoteOff(Channel::from_number(1).unwrap(), Key::new(key).unwrap())
    }

    fn track(events: &[(u32, &str)]) -> Vec<(u32, String)> {
        let owned = events
            .iter()
            .map(|(tick, event)| (*tick, (*event).to_owned()));
        owned.collect()
    }

    #[test]
    fn each_part_is_a_track_with_its_sound_at_the_head() {
        let mut session = Session::begin();
        session.recorder.transport(&Transport::default(), Nanos(0));
        session.send("lead", beat(1, 3), on(60));
        session.send("lead", beat(2, 3), off(60));
        session.send("lead", beat(2, 3), on(62));
        session.send("bass", beat(1, 1), on(36));
        session.send("bass", beat(2, 1), off(36));
        session.send("lead", beat(1, 1), off(62));
        let program = Message::Program(Channel::from_number(1).unwrap(), 33);
        session.send("bass", beat(1, 2), program);
        session.recorder.finish().unwrap();
        assert_eq!(
            session.read(),
            [
                track(&[
                    (0, "name Take"),
                    (0, "meter 4/4"),
                    (0, "tempo 500000"),
                    (0, "end")
                ]),
                track(&[
                    (0, "name lead"),
                    (320, "on 0 60"),
                    (640, "off 0 60"),
                    (640, "on 0 62"),
                    (960, "off 0 62"),
                    (960, "end"),
                ]),
                track(&[
                    (0, "name bass"),
                    (0, "program 0 33"),
                    (960, "on 0 36"),
                    (1920, "off 0 36"),
                    (1920, "end"),
                ]),
            ]
        );
    }

    #[test]
    fn a_note_that_was_cut_where_it_began_does_not_hang() {
        let mut session = Session::begin();
        session.send("lead", beat(1, 1), on(60));
        session.send("lead", beat(1, 1), off(60));
        session.send("lead", beat(1, 1), on(60));
        session.send("lead", beat(2, 1), off(60));
        session.recorder.finish().unwrap();
        let events = session.read().remove(1);
        let ticks_and_names = track(&[
            (0, "name lead"),
            (960, "on 0 60"),
            (960, "off 0 60"),
            (960, "on 0 60"),
            (1920, "off 0 60"),
            (1920, "end"),
        ]);
        assert_eq!(events, ticks_and_names);
    }

    #[test]
    fn tempi_stand_at_their_beats() {
        let mut session = Session::begin();
        let tempo = |bpm| Tempo::new(bpm).unwrap();
        let start = Transport::new(tempo(120.0), "6/8".parse().unwrap());
        session.recorder.transport(&start, Nanos(0));
        let rolling = start.rolled(Nanos(0));
        session.recorder.transport(&rolling, Nanos(0));
        let second = Nanos(1_000_000_000);
        session
            .recorder
            .transport(&rolling.with_tempo(second, tempo(60.0)), second);
        session.recorder.finish().unwrap();
        assert_eq!(
            session.read().remove(0),
            track(&[
                (0, "name Take"),
                (0, "meter 6/8"),
                (0, "tempo 500000"),
                (1920, "tempo 1000000"),
                (1920, "end"),
            ])
        );
    }

    #[test]
    fn there_is_a_whole_file_at_all_times() {
        let mut session = Session::begin();
        assert_eq!(session.read().len(), 1, "from the beginning");
        session.send("lead", beat(0, 1), on(60));
        session.send("lead", beat(1, 1), off(60));
        session.recorder.transport(&Transport::default(), Nanos(0));
        assert_eq!(session.read().len(), 2, "when the transport stands");
        session.send("bass", beat(1, 1), on(60));
        session.send("bass", beat(2, 1), off(60));
        let Session {
            recorder,
            names,
            folder,
        } = session;
        drop(recorder);
        let bytes = fs::read(folder.path().join("take.mid")).unwrap();
        assert_eq!(
            Smf::parse(&bytes).unwrap().tracks.len(),
            3,
            "when it is dropped"
        );
        drop(names);
    }
}
