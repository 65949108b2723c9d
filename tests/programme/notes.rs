//! The notes of a recording.

use std::{collections::HashMap, fmt::Write};

use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

/// A note of a recording.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// Its onset, in ticks of 1/960 beat.
    pub tick: u64,
    pub instrument: String,
    pub key: u8,
    pub velocity: u8,
    /// In ticks.
    pub length: u64,
}

/// The notes of a recording, in order.
#[derive(Debug, PartialEq, Eq)]
pub struct Notes(pub Vec<Note>);

impl Notes {
    /// Reads a Standard MIDI File. Each note must end.
    pub fn read(bytes: &[u8]) -> Self {
        let file = Smf::parse(bytes).unwrap();
        assert!(matches!(file.header.timing, Timing::Metrical(ticks) if ticks.as_int() == 960));
        let mut notes = Vec::new();
        for track in &file.tracks {
            let (mut tick, mut instrument) = (0, String::new());
            let mut sounding: HashMap<(u8, u8), Vec<(u64, u8)>> = HashMap::new();
            for event in track {
                tick += u64::from(event.delta.as_int());
                match event.kind {
                    TrackEventKind::Meta(MetaMessage::TrackName(name)) => {
                        instrument = String::from_utf8(name.to_vec()).unwrap();
                    }
                    TrackEventKind::Midi { channel, message } => match message {
                        MidiMessage::NoteOn { key, vel } if vel > 0 => {
                            let of_key = sounding.entry((channel.as_int(), key.as_int()));
                            of_key.or_default().push((tick, vel.as_int()));
                        }
                        MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => {
                            let of_key = sounding.entry((channel.as_int(), key.as_int()));
                            let of_key = of_key.or_default();
                            if of_key.is_empty() {
                                continue;
                            }
                            let (begun, velocity) = of_key.remove(0);
                            notes.push(Note {
                                tick: begun,
                                instrument: instrument.clone(),
                                key: key.as_int(),
                                velocity,
                                length: tick - begun,
                            });
                        }
                        _ => {}
                    },
                    _ => {}
                }
            }
            sounding.retain(|_, notes| !notes.is_empty());
            assert!(
                sounding.is_empty(),
                "{instrument} leaves notes: {sounding:?}"
            );
        }
        notes.sort();
        Self(notes)
    }

    /// One line for each: tick, instrument, key, velocity and length.
    pub fn text(&self) -> String {
        let mut text =
            String::from("# tick instrument key velocity length; 960 ticks are a beat\n");
        for note in &self.0 {
            let Note {
                tick,
                instrument,
                key,
                velocity,
                length,
            } = note;
            writeln!(text, "{tick} {instrument} {key} {velocity} {length}").expect("it is a text");
        }
        text
    }

    /// The share of notes that are not on the sixteenths and their triplets.
    pub fn off_grid(&self) -> f64 {
        let is_off =
            |note: &&Note| !note.tick.is_multiple_of(240) && !note.tick.is_multiple_of(160);
        let off = self.0.iter().filter(is_off).count();
        off as f64 / self.0.len().max(1) as f64
    }
}
