//! A piece of music to be written as a score.

use crate::{
    music::{Beats, Channel, Meter},
    score::pattern::Chord,
};

/// A piece of music.
pub(super) struct Piece {
    /// The name of the file.
    pub file: String,
    pub name: String,
    pub title: String,
    /// Beats per minute at the start.
    pub tempo: String,
    pub meter: Meter,
    /// Whether keys are named with flats.
    pub flats: bool,
    pub voices: Vec<Voice>,
    /// Changes of tempo, in beats per minute.
    pub tempi: Vec<(Beats, String)>,
    pub changes: Vec<Change>,
    pub left_out: Vec<String>,
}

/// A voice: an instrument and its chords.
pub(super) struct Voice {
    pub name: String,
    /// Such as `program: 4`.
    pub sound: String,
    pub channel: Channel,
    /// Whether keys are drums.
    pub is_kit: bool,
    /// In the order of their onset.
    pub chords: Vec<Chord>,
    /// The length of one repetition in bars. `None`: as long as needed.
    pub bars: Option<Beats>,
    pub repeat: u32,
}

/// A controller change of an instrument.
pub(super) struct Change {
    pub at: Beats,
    pub instrument: String,
    /// Such as `cc: 7, value: 100`.
    pub to: String,
}

impl Piece {
    /// The number of notes and chords, repetitions included.
    pub fn chords(&self) -> usize {
        let of = |voice: &Voice| voice.chords.len().saturating_mul(voice.repeat as usize);
        self.voices.iter().map(of).sum()
    }

    /// The number of notes and chords in the text of the score.
    pub fn written_chords(&self) -> usize {
        self.voices.iter().map(|voice| voice.chords.len()).sum()
    }

    /// The number of changes of controllers and of the tempo.
    pub fn changes(&self) -> usize {
        self.tempi.len() + self.changes.len()
    }

    /// The last onset in whole beats, rounded up.
    pub fn end(&self) -> i64 {
        let chords = self.voices.iter().flat_map(|voice| &voice.chords);
        let chords = chords.map(|chord| chord.at.max(chord.length));
        let changes = self.changes.iter().map(|change| change.at);
        let tempi = self.tempi.iter().map(|(at, _)| *at);
        let last = chords.chain(changes).chain(tempi).max();
        last.unwrap_or(Beats::ZERO).ceil()
    }
}
