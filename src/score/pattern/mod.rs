//! Patterns in the mini-notation of Tidal and Strudel.
//!
//! One cycle is one bar unless the score stretches it. Time inside a pattern is an exact fraction
//! of a cycle. What the words mean (keys, velocities) is the reader's business.
//!
//! | written | meaning |
//! |---|---|
//! | `c4 e4 g4` | one after the other, the cycle shared evenly |
//! | `~` or `-` | a rest |
//! | `[c4 e4] g4` | a group takes one step |
//! | `c4 e4 . g4 a4 b4` | groups without brackets |
//! | `[c4,e4,g4]` or `c4 e4, g4` | at the same time |
//! | `<c4 e4>` | one per cycle |
//! | `c4*3`, `c4/2` | faster, slower; the number may have decimals |
//! | `c4!3`, `c4 !` | again, as steps of their own |
//! | `c4@3`, `c4 _` | a longer step |
//! | `c4(3,8,2)` | Euclid: 3 over 8 steps, rotated by 2 |
//! | `{c4 e4 g4}%4` | steps taken from a list, 4 a cycle |
//! | `c4?`, `c4?0.3` | left out now and then, the same on every replay |

mod cycle;
mod parse;

pub use cycle::{Chord, Step, chords};

use crate::music::Beats;

/// The most steps, rests included, that a cycle of a pattern may have.
pub const MAX_STEPS: usize = 4096;
/// How deep groups may be nested.
pub const MAX_DEPTH: usize = 32;

/// A pattern of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern<T> {
    root: Item<T>,
}

/// A pattern that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// The byte of the pattern's text.
    pub at: usize,
    /// What is wrong, the end of a sentence that began with "in this pattern".
    pub message: String,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq)]
enum Item<T> {
    Rest,
    Value(T),
    /// One after the other, each with its share of the cycle.
    Sequence(Vec<(Item<T>, Beats)>),
    /// At the same time.
    Stack(Vec<Item<T>>),
    /// So many cycles of the item in one.
    Fast(Beats, Box<Item<T>>),
    /// Left out with this probability; the seed tells one `?` from another.
    Degrade(f64, u64, Box<Item<T>>),
}

impl<T: Clone> Pattern<T> {
    /// Reads a pattern; `read` gives the meaning of a word or says, as the end of a sentence, why
    /// it has none.
    pub fn parse(
        text: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Self, PatternError> {
        parse::pattern(text, &read).map(|root| Self { root })
    }

    /// The steps that begin in cycle `n`, in the order of their onset.
    pub fn cycle(&self, n: u64) -> Vec<Step<T>> {
        cycle::steps(&self.root, n)
    }
}
