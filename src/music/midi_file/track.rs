//! The messages of a track as notes and changes.

use std::collections::{HashMap, VecDeque};

use super::{
    ChangeTo, FileChannel, LeftOut, MidiChange, MidiNote, MidiTrack, Tick,
    event::{Event, TrackEvents},
    fault::{FaultKind, Faults},
};
use crate::music::{Beats, Channel, Key, Message, Meter, Velocity};

/// The pedals that sustain notes.
const SUSTAIN: u8 = Message::SUSTAIN;
const SOSTENUTO: u8 = 66;
/// The meta event that names a port.
const PORT: u8 = 0x21;

/// What tracks contain about the whole piece.
#[derive(Default)]
pub(super) struct Meta {
    pub tempi: Vec<(Beats, u32)>,
    pub meters: Vec<(Beats, Meter)>,
    pub flats: bool,
    pub texts: Vec<(Beats, String)>,
    pub lyrics: Vec<(Beats, String)>,
    pub left_out: LeftOut,
}

/// A track that is being read.
struct Reading<'s> {
    tick: Tick,
    now: u64,
    track: MidiTrack,
    spans: Vec<Span>,
    /// The open notes of each key of each channel, oldest first.
    down: HashMap<(FileChannel, Key), VecDeque<usize>>,
    port: u8,
    silences: &'s Silences,
    /// The channels whose pedal was pressed last, with the tick and the place of the first pedal change of that tick.
    pressed: HashMap<FileChannel, (u64, usize)>,
    /// The first pedal change of a tick on each channel: its tick and place.
    pedals: HashMap<FileChannel, (u64, usize)>,
    /// The tick of the last note-on of each channel since its last program.
    struck: HashMap<FileChannel, u64>,
    /// The tick of the last program that came after a note-on of its tick, on each channel, and by how much it and what
    /// follows on that tick are later.
    delays: HashMap<FileChannel, (u64, Beats)>,
}

/// The begin and end of a note in ticks; `None` while it is open.
#[derive(Clone, Copy)]
struct Span {
    begin: u64,
    end: Option<u64>,
    channel: FileChannel,
}

/// The ticks at which "all notes off" ends the notes of a channel, whichever track has it.
#[derive(Default)]
pub(super) struct Silences(HashMap<FileChannel, Vec<u64>>);

impl Silences {
    pub fn of(tracks: &[TrackEvents<'_>]) -> Self {
        let mut all: HashMap<FileChannel, Vec<u64>> = HashMap::new();
        for track in tracks {
            let mut port = first_port(track);
            for event in &track.events {
                match event.event {
                    Event::Meta(PORT, [given, ..]) => port = *given,
                    Event::Channel(0xB, channel, [number, _]) if ends_notes(number) => {
                        if let Some(channel) = Channel::from_number(channel + 1) {
                            let channel = FileChannel { port, channel };
                            all.entry(channel).or_default().push(event.now);
                        }
                    }
                    _ => {}
                }
            }
        }
        all.values_mut().for_each(|ticks| ticks.sort_unstable());
        Self(all)
    }

    /// The first one after a note has begun. A note on the same tick begins after it.
    fn after(&self, channel: FileChannel, begin: u64) -> Option<u64> {
        let ticks = self.0.get(&channel)?;
        let next = ticks.partition_point(|at| *at <= begin);
        ticks.get(next).copied()
    }
}

/// The port of a track from its start: the first one that it names before its first note. Some programs name it
/// after the programs and controllers that are meant for it.
fn first_port(track: &TrackEvents<'_>) -> u8 {
    let mut all = track.events.iter().map(|placed| placed.event);
    let first = all.find_map(|event| match event {
        Event::Meta(PORT, [port, ..]) => Some(*port),
        Event::Channel(0x9, ..) => Some(0),
        _ => None,
    });
    first.unwrap_or(0)
}

/// Whether a controller ends the notes of its channel.
fn ends_notes(controller: u8) -> bool {
    matches!(
        controller,
        Message::ALL_SOUND_OFF | Message::ALL_NOTES_OFF..
    )
}

pub(super) fn read(
    number: usize,
    events: &TrackEvents<'_>,
    (tick, silences): (Tick, &Silences),
    meta: &mut Meta,
    faults: &mut Faults,
) -> MidiTrack {
    let mut reading = Reading {
        tick,
        now: 0,
        track: MidiTrack::default(),
        spans: Vec::new(),
        down: HashMap::new(),
        port: first_port(events),
        silences,
        pressed: HashMap::new(),
        pedals: HashMap::new(),
        struck: HashMap::new(),
        delays: HashMap::new(),
    };
    for event in &events.events {
        reading.now = event.now;
        match event.event {
            Event::Channel(kind, channel, data) => {
                reading.message(kind, channel, data, &mut meta.left_out);
            }
            Event::SystemExclusive => meta.left_out.system_exclusive += 1,
            Event::Meta(kind, bytes) => {
                if let Some(fault) = reading.meta(kind, bytes, meta) {
                    faults.add(Some(number), event.at, fault);
                }
            }
        }
    }
    reading.now = events.end;
    reading.end()
}

impl Reading<'_> {
    fn message(&mut self, kind: u8, channel: u8, [first, second]: [u8; 2], out: &mut LeftOut) {
        let (Some(channel), Some(key)) = (Channel::from_number(channel + 1), Key::new(first))
        else {
            return;
        };
        let channel = FileChannel {
            port: self.port,
            channel,
        };
        match kind {
            0x9 => match Velocity::new(second) {
                Some(velocity) => self.on(channel, key, velocity),
                None => self.off(channel, key),
            },
            0x8 => {
                out.release_velocities += usize::from(!matches!(second, 0 | 64 | 127));
                self.off(channel, key);
            }
            0xA => out.key_pressure += 1,
            0xB => {
                if matches!(first, SUSTAIN | SOSTENUTO) {
                    self.pedal(channel, second);
                }
                self.change(channel, ChangeTo::Control(first, second));
            }
            0xC => self.program(channel, first),
            0xD => self.change(channel, ChangeTo::Pressure(first)),
            _ => {
                let bend = u16::from(first) | u16::from(second) << 7;
                self.change(channel, ChangeTo::Bend(bend));
            }
        }
    }

    /// A pedal moves.
    fn pedal(&mut self, channel: FileChannel, value: u8) {
        let here = (self.now, self.track.changes.len());
        let first = self.pedals.entry(channel).or_insert(here);
        if first.0 != self.now {
            *first = here;
        }
        match value >= 64 {
            true => self.pressed.insert(channel, *first),
            false => self.pressed.remove(&channel),
        };
    }

    /// A program. After a note-on of the same tick it is for the notes that follow: it and they are a part of a tick
    /// later.
    fn program(&mut self, channel: FileChannel, program: u8) {
        if self.struck.remove(&channel) == Some(self.now) {
            let delay = self.delay(channel);
            let longer = delay + self.tick.part_after(delay);
            self.delays.insert(channel, (self.now, longer));
        }
        self.change(channel, ChangeTo::Program(program));
    }

    /// By how much the messages of this tick on a channel are later.
    fn delay(&self, channel: FileChannel) -> Beats {
        match self.delays.get(&channel) {
            Some((now, delay)) if *now == self.now => *delay,
            _ => Beats::ZERO,
        }
    }

    fn on(&mut self, channel: FileChannel, key: Key, velocity: Velocity) {
        self.struck.insert(channel, self.now);
        let number = self.track.notes.len();
        self.track.notes.push(MidiNote {
            at: self.tick.beats(self.now) + self.delay(channel),
            length: Beats::ZERO,
            channel,
            key,
            velocity,
        });
        self.spans.push(Span {
            begin: self.now,
            end: None,
            channel,
        });
        self.down
            .entry((channel, key))
            .or_default()
            .push_back(number);
    }

    fn off(&mut self, channel: FileChannel, key: Key) {
        // A pedal that was pressed right before on the same tick sustains the note: a part of a tick earlier, with what
        // the pedal did before on that tick.
        let pressed = self.pressed.remove(&channel);
        if let Some((_, first)) = pressed.filter(|(at, _)| *at == self.now && *at > 0) {
            let (now, part) = (self.tick.beats(self.now), self.tick.part_after(Beats::ZERO));
            let later = self.track.changes.iter_mut().skip(first);
            for change in later.filter(|one| one.channel == channel && one.at == now) {
                if matches!(change.to, ChangeTo::Control(SUSTAIN | SOSTENUTO, _)) {
                    change.at = change.at - part;
                }
            }
        }
        while let Some(number) = self
            .down
            .get_mut(&(channel, key))
            .and_then(VecDeque::pop_front)
        {
            let Some(span) = self.spans.get_mut(number) else {
                return;
            };
            let silence = self.silences.after(channel, span.begin);
            span.end = Some(silence.map_or(self.now, |at| at.min(self.now)));
            // Not a note that was ended before.
            if silence.is_none_or(|at| at >= self.now) {
                return;
            }
        }
    }

    fn change(&mut self, channel: FileChannel, to: ChangeTo) {
        let at = self.tick.beats(self.now) + self.delay(channel);
        self.track.changes.push(MidiChange { at, channel, to });
    }

    /// A meta event. Returns what is wrong with it.
    fn meta(&mut self, kind: u8, bytes: &[u8], meta: &mut Meta) -> Option<FaultKind> {
        let at = self.tick.beats(self.now);
        let length = bytes.len();
        match (kind, bytes) {
            (0x01, bytes) => meta.texts.push((at, sung(bytes))),
            (0x03, bytes) if self.track.name.is_empty() => self.track.name = text(bytes),
            (0x05, bytes) => meta.lyrics.push((at, sung(bytes))),
            (0x06 | 0x07, _) => meta.left_out.markers += 1,
            (PORT, [port, ..]) => self.port = *port,
            (0x51, [a, b, c, ..]) => {
                let micros = u32::from_be_bytes([0, *a, *b, *c]);
                meta.tempi.push((at, micros.max(1)));
                return (micros == 0).then_some(FaultKind::NoTempo);
            }
            (0x58, [beats, unit, ..]) => {
                let unit = 1_u8.checked_shl(u32::from(*unit)).unwrap_or(0);
                match Meter::new(*beats, unit) {
                    Some(meter) => meta.meters.push((at, meter)),
                    None => meta.left_out.meters += 1,
                }
            }
            (0x59, [signs, ..]) => meta.flats = *signs > 127,
            (PORT | 0x51 | 0x58 | 0x59, _) => return Some(FaultKind::ShortMeta { kind, length }),
            _ => {}
        }
        None
    }

    /// The whole track. What is still down ends with it.
    fn end(mut self) -> MidiTrack {
        for (note, span) in self.track.notes.iter_mut().zip(&self.spans) {
            let silence = || self.silences.after(span.channel, span.begin);
            let end = span.end.or_else(silence).unwrap_or(self.now);
            let end = self.tick.beats(end.max(span.begin + 1));
            note.length = end - note.at;
        }
        self.track
    }
}

/// The text of a file without space around it.
fn text(bytes: &[u8]) -> String {
    decoded(bytes)
        .trim_matches(|c: char| c.is_whitespace() || c.is_control())
        .to_owned()
}

/// The text of lyrics, in which spaces separate words.
fn sung(bytes: &[u8]) -> String {
    let text = decoded(bytes);
    text.trim_matches(|c: char| c.is_control()).to_owned()
}

/// The text of a file: UTF-8 or, in old files, Latin-1.
fn decoded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}
