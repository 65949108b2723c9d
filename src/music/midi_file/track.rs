//! The messages of a track as notes and changes.

use std::collections::VecDeque;

use midly::{EventIter, MetaMessage, MidiMessage, TrackEventKind, num::u4};

use super::{ChangeTo, MidiChange, MidiFileError, MidiNote, MidiTrack, Tick};
use crate::music::{Beats, Channel, Key, Meter, Velocity};

/// What tracks contain about the whole piece.
#[derive(Default)]
pub(super) struct Meta {
    pub tempi: Vec<(Beats, u32)>,
    pub meters: Vec<(Beats, Meter)>,
    pub flats: bool,
    pub left_out: usize,
}

/// A track that is being read.
struct Reading<'m> {
    tick: Tick,
    now: u64,
    track: MidiTrack,
    /// The ends of the notes in ticks; `None` while a note is open.
    ends: Vec<Option<u64>>,
    begins: Vec<u64>,
    /// The open notes of each key of each channel, oldest first.
    down: Vec<VecDeque<usize>>,
    programs: [u8; 16],
    meta: &'m mut Meta,
}

pub(super) fn read(
    index: usize,
    bytes: &[u8],
    tick: Tick,
    meta: &mut Meta,
) -> Result<MidiTrack, MidiFileError> {
    let mut reading = Reading {
        tick,
        now: 0,
        track: MidiTrack::default(),
        ends: Vec::new(),
        begins: Vec::new(),
        down: vec![VecDeque::new(); 16 * 128],
        programs: [0; 16],
        meta,
    };
    let mut events = EventIter::new(bytes);
    loop {
        let unread = events.unread().len();
        match events.next() {
            Some(Ok(event)) => {
                reading.now += u64::from(event.delta.as_int());
                if event.kind == TrackEventKind::Meta(MetaMessage::EndOfTrack) {
                    break;
                }
                reading.event(event.kind);
            }
            None if unread == 0 => break,
            Some(Err(_)) | None => {
                return Err(MidiFileError::Damaged {
                    track: index + 1,
                    at: bytes.len() - unread,
                });
            }
        }
    }
    Ok(reading.end())
}

impl Reading<'_> {
    fn event(&mut self, kind: TrackEventKind<'_>) {
        match kind {
            TrackEventKind::Midi { channel, message } => self.message(channel, message),
            TrackEventKind::Meta(message) => self.meta(message),
            TrackEventKind::SysEx(_) | TrackEventKind::Escape(_) => self.meta.left_out += 1,
        }
    }

    fn message(&mut self, channel: u4, message: MidiMessage) {
        let index = usize::from(channel.as_int());
        let Some(channel) = Channel::from_number(channel.as_int() + 1) else {
            return;
        };
        match message {
            MidiMessage::NoteOn { key, vel } => {
                match (Key::new(key.as_int()), Velocity::new(vel.as_int())) {
                    (Some(key), Some(velocity)) => self.on(channel, key, velocity),
                    (Some(key), None) => self.off(channel, key),
                    (None, _) => {}
                }
            }
            MidiMessage::NoteOff { key, .. } => {
                if let Some(key) = Key::new(key.as_int()) {
                    self.off(channel, key);
                }
            }
            MidiMessage::ProgramChange { program } => {
                if let Some(place) = self.programs.get_mut(index) {
                    *place = program.as_int();
                }
            }
            MidiMessage::Controller { controller, value } => {
                let to = ChangeTo::Control(controller.as_int(), value.as_int());
                self.change(channel, to);
            }
            MidiMessage::PitchBend { bend } => {
                self.change(channel, ChangeTo::Bend(bend.0.as_int()));
            }
            MidiMessage::ChannelAftertouch { vel } => {
                self.change(channel, ChangeTo::Pressure(vel.as_int()));
            }
            MidiMessage::Aftertouch { .. } => self.meta.left_out += 1,
        }
    }

    fn on(&mut self, channel: Channel, key: Key, velocity: Velocity) {
        let number = self.track.notes.len();
        self.track.notes.push(MidiNote {
            at: self.tick.beats(self.now),
            length: Beats::ZERO,
            channel,
            program: self.programs.get(channel.index()).copied().unwrap_or(0),
            key,
            velocity,
        });
        self.begins.push(self.now);
        self.ends.push(None);
        if let Some(down) = self.down_at(channel, key) {
            down.push_back(number);
        }
    }

    fn off(&mut self, channel: Channel, key: Key) {
        let first = self.down_at(channel, key).and_then(VecDeque::pop_front);
        let now = self.now;
        if let Some(end) = first.and_then(|number| self.ends.get_mut(number)) {
            *end = Some(now);
        }
    }

    fn down_at(&mut self, channel: Channel, key: Key) -> Option<&mut VecDeque<usize>> {
        let place = channel.index() * 128 + usize::from(key.number());
        self.down.get_mut(place)
    }

    fn change(&mut self, channel: Channel, to: ChangeTo) {
        let at = self.tick.beats(self.now);
        self.track.changes.push(MidiChange { at, channel, to });
    }

    fn meta(&mut self, message: MetaMessage<'_>) {
        let at = self.tick.beats(self.now);
        match message {
            MetaMessage::TrackName(name) if self.track.name.is_empty() => {
                self.track.name = text(name);
            }
            MetaMessage::Tempo(micros) => self.meta.tempi.push((at, micros.as_int())),
            MetaMessage::TimeSignature(beats, unit, ..) => {
                let unit = 1_u8.checked_shl(u32::from(unit)).unwrap_or(0);
                match Meter::new(beats, unit) {
                    Some(meter) => self.meta.meters.push((at, meter)),
                    None => self.meta.left_out += 1,
                }
            }
            MetaMessage::KeySignature(signs, _) => self.meta.flats = signs < 0,
            _ => {}
        }
    }

    fn end(mut self) -> MidiTrack {
        let spans = self.begins.iter().zip(&self.ends);
        for (note, (begin, end)) in self.track.notes.iter_mut().zip(spans) {
            let end = end.unwrap_or(self.now);
            let ticks = end.saturating_sub(*begin).max(1);
            note.length = self.tick.beats(ticks);
        }
        self.track
    }
}

/// The text of a file: UTF-8 or, in old files, Latin-1.
fn text(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    text.trim_matches(|c: char| c.is_whitespace() || c.is_control())
        .to_owned()
}
