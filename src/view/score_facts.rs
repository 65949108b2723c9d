//! Facts about the score that an instance performs.

use std::sync::Arc;

/// Title, text and instruments of a score.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScoreFacts {
    /// Its title.
    pub title: String,
    /// Its text, as written.
    pub source: Arc<str>,
    /// Its instruments, the lane's own first.
    pub instruments: Vec<InstrumentFacts>,
    /// Whether it starts again after its end.
    pub loops: bool,
}

/// Name and color of an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstrumentFacts {
    /// Its name in the score.
    pub name: String,
    /// Its color, as red, green and blue.
    pub color: [u8; 3],
}

/// A change of a score's file since the instance started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// It was saved and is valid.
    Saved,
    /// It was saved and is not valid.
    Invalid {
        /// Its text.
        source: Arc<str>,
        /// The first line with an error, counted from 1.
        line: usize,
        /// The error, as a sentence.
        message: Arc<str>,
    },
}

/// Lines of a score's text, counted from 1, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRange {
    /// The first line.
    pub first: usize,
    /// The last line.
    pub last: usize,
}
