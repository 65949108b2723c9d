//! `call: play` and `call: rest` as a score writes them.

use super::{
    Argument, Scale,
    expressiveness::{Humanise, Start},
    instrument_choice::InstrumentChoice,
    pattern::Pattern,
    pattern_function::PatternFunctions,
    tone::PatternNote,
};
use crate::music::{Beats, Key, Velocity};

/// The most bars in a phrase, and the most repetitions of it.
pub const MAX_REPEAT: i64 = 10_000;
/// The most notes in a list of `notes`.
pub const MAX_NOTES: usize = 100_000;

/// `call: play`.
#[derive(Debug, Clone, PartialEq)]
pub struct PlayTask {
    /// Who plays.
    pub instrument: InstrumentChoice,
    /// What it plays.
    pub music: Music,
    /// The length in bars of one cycle of the pattern or of the list of notes; greater than 0.
    /// `None`: one bar for a pattern, as many whole bars as needed for notes.
    pub bars: Option<Argument<Beats>>,
    /// The velocity. `None`: that of the instrument.
    pub velocity: Option<Argument<Dynamics>>,
    /// The number of repetitions. Each is a cycle of its own for the pattern.
    pub repeat: Argument<u32>,
    /// Further options.
    pub options: PlayOptions,
}

/// Options of a phrase. Without any, it is played as written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlayOptions {
    /// What changes the pattern.
    pub functions: PatternFunctions,
    /// Numbers in the pattern are degrees of this scale.
    pub scale: Option<Argument<Scale>>,
    /// Semitones to add.
    pub transpose: Option<Argument<i8>>,
    /// Where it starts. `None`: at the cursor.
    pub at: Option<Argument<Start>>,
    /// How much later every second eighth comes, as a share of an eighth.
    pub swing: Option<Argument<Beats>>,
    /// The share of its length that a note sounds.
    pub gate: Option<Argument<Beats>>,
    /// Random variations.
    pub humanise: Option<Argument<Humanise>>,
}

/// The music of a `play` task.
#[derive(Debug, Clone, PartialEq)]
pub enum Music {
    /// A pattern.
    Pattern(Argument<Pattern<PatternNote>>),
    /// A list of notes.
    Notes(Argument<Vec<ListedNote>>),
}

/// A note of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedNote {
    /// The onset in beats from the start of the list.
    pub at: Beats,
    /// The length in beats.
    pub length: Beats,
    /// The keys, at least one, transposed.
    pub keys: Vec<Key>,
    /// The velocity. `None`: that of the task.
    pub velocity: Option<Velocity>,
}

/// The velocities of a phrase.
#[derive(Debug, Clone, PartialEq)]
pub enum Dynamics {
    /// The same for all notes.
    Even(Velocity),
    /// A pattern of velocities: a note takes the one that is active at its onset.
    Pattern(Pattern<Velocity>),
}

/// `call: rest`.
#[derive(Debug, Clone, PartialEq)]
pub struct RestTask {
    /// Its length.
    pub length: RestLength,
    /// What the lane shows meanwhile. `None`: the name of the task.
    pub caption: Option<RestCaption>,
}

/// The caption of a rest.
#[derive(Debug, Clone, PartialEq)]
pub struct RestCaption {
    /// As the score has it.
    pub written: String,
    /// What it says.
    pub says: Argument<String>,
}

/// The length of a rest in bars or beats.
#[derive(Debug, Clone, PartialEq)]
pub enum RestLength {
    /// In beats.
    Beats(Argument<Beats>),
    /// In bars.
    Bars(Argument<Beats>),
}
