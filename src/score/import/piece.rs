//! A piece of music to be written as a score.

use crate::{
    music::{Beats, Channel, MeterMap},
    score::pattern::Chord,
};

/// The nodes of a note: four keys, their values, and the map of them. The keys of a chord are a list.
const NODES_OF_NOTE: usize = 9;
/// The nodes of a controller change.
pub(super) const NODES_OF_POINT: usize = 7;
/// The nodes of a change of tempo or a syllable, with the rest before it.
const NODES_OF_TASK: usize = 20;
/// The nodes of a voice without its notes, of an automation, of a meter, of the head.
pub(super) const NODES_OF_PART: usize = 50;

/// A piece of music.
pub(super) struct Piece {
    /// The name of the file.
    pub file: String,
    pub name: String,
    pub title: String,
    /// Beats per minute at the start.
    pub tempo: String,
    pub meters: MeterMap,
    /// Whether keys are named with flats.
    pub flats: bool,
    pub voices: Vec<Voice>,
    /// Changes of tempo, in beats per minute.
    pub tempi: Vec<(Beats, String)>,
    pub automations: Vec<Automation>,
    /// Syllables, each with its beat.
    pub lyrics: Vec<(Beats, String)>,
    pub left_out: Vec<String>,
    /// How the file was read, where there is more than one way.
    pub remarks: Vec<String>,
    /// What was skipped or repaired in a damaged file.
    pub faults: Vec<String>,
}

/// A voice: an instrument and its chords.
pub(super) struct Voice {
    pub name: String,
    /// The name of its instrument: its own, or that of another voice.
    pub instrument: String,
    /// Such as `program: 4`.
    pub sound: String,
    /// `None`: one of its own, whichever is free.
    pub channel: Option<Channel>,
    /// Whether keys are drums.
    pub is_kit: bool,
    /// In the order of their onset.
    pub chords: Vec<Chord>,
    /// The length of one repetition in bars. `None`: as long as needed.
    pub bars: Option<Beats>,
    pub repeat: u32,
}

/// The controller changes of an instrument's channel, in order.
pub(super) struct Automation {
    pub name: String,
    pub instrument: String,
    pub points: Vec<Point>,
}

/// A controller change.
pub(super) struct Point {
    pub at: Beats,
    /// Such as `cc: 7, value: 100`.
    pub to: String,
}

impl Piece {
    /// The number of notes and chords, repetitions included.
    pub fn chords(&self) -> usize {
        let of = |voice: &Voice| voice.chords.len().saturating_mul(voice.repeat as usize);
        self.voices.iter().map(of).sum()
    }

    /// The most nodes that its text has.
    pub fn nodes(&self) -> usize {
        let of = |chord: &Chord| match chord.keys.len() {
            0 | 1 => NODES_OF_NOTE,
            keys => NODES_OF_NOTE + keys,
        };
        let chords = self.voices.iter().flat_map(|voice| &voice.chords);
        let notes: usize = chords.map(of).sum();
        let points: usize = self.automations.iter().map(|all| all.points.len()).sum();
        let tasks = self.tempi.len() + self.lyrics.len();
        let parts = 1 + self.voices.len() + self.automations.len() + self.meters.changes().count();
        notes + NODES_OF_POINT * points + NODES_OF_TASK * tasks + NODES_OF_PART * parts
    }

    /// The last onset in whole beats, rounded up.
    pub fn end(&self) -> i64 {
        let chords = self.voices.iter().flat_map(|voice| &voice.chords);
        let chords = chords.map(|chord| chord.at.max(chord.length));
        let points = self.automations.iter().flat_map(|all| &all.points);
        let points = points.map(|point| point.at);
        let tempi = self.tempi.iter().map(|(at, _)| *at);
        let lyrics = self.lyrics.iter().map(|(at, _)| *at);
        let last = chords.chain(points).chain(tempi).chain(lyrics).max();
        last.unwrap_or(Beats::ZERO).ceil()
    }
}
