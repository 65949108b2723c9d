//! Patterns in the mini-notation of Tidal and Strudel.
//!
//! One cycle is one bar unless the score stretches it. Time inside a pattern is an exact fraction
//! of a cycle. The caller decides what the words mean: keys, velocities.
//!
//! | notation | meaning |
//! |---|---|
//! | `c4 e4 g4` | one after the other, in equal shares of the cycle |
//! | `~` or `-` | a rest |
//! | `[c4 e4] g4` | a group takes one step |
//! | `c4 e4 . g4 a4 b4` | groups without brackets |
//! | `[c4,e4,g4]` or `c4 e4, g4` | at the same time |
//! | `[c4 \| e4 g4]` | one of them, chosen at random in each cycle |
//! | `<c4 e4>` | one per cycle; `<c4 e4 , g4 a4 b4>` several lists at once |
//! | `c4*3`, `c4/1.5`, `c4*3%2`, `c4*<2 3>` | faster, slower; also by a pattern of numbers; `*-1` is backwards |
//! | `c4!3`, `c4 !` | repeated as separate steps; `c4!3!2` is four |
//! | `c4@3`, `c4 _` | a longer step; `c4@3 _` has weight 4 |
//! | `c4(3,8,2)`, `c4(<3 -5>,8)` | Euclidean: 3 pulses over 8 steps, rotated left by 2; negative: inverted |
//! | `{c4 e4 g4}%4` | polymeter: 4 steps of the list per cycle; `{a b, c d e}`: as many as the first list has |
//! | `0 .. 4` | 0 1 2 3 4 in one step; `<0 1> .. [2 4]` |
//! | `c4?`, `c4?0.3` | dropped at random, the same on every replay |
//! | `c4:<80 90>`, `c4'<maj min>` | a part of a word may be a pattern |
//!
//! It agrees with Tidal and Strudel wherever they agree with each other. Where they differ, this follows Tidal:
//! Euclidean rhythms turn left, each pulse of `(3,8)` plays the whole step, and a factor in brackets takes what
//! follows it (`c4*<2 3>*2`). What only Strudel reads means what it means there: spaces before operators,
//! `c4@3!2` (two steps of weight 1), and operators behind `%4`.

mod altered;
mod arpeggio;
mod bound;
mod chance;
mod chord;
mod cycle;
mod euclid;
mod functions;
mod item;
mod modifiers;
mod number;
mod parse;
mod word;

#[cfg(test)]
mod agreement_tests;
#[cfg(test)]
mod function_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod tests;

pub use arpeggio::Arp;
pub use chance::Seed;
pub use chord::{Chord, chords};
pub use cycle::Step;

use item::Item;

use super::value_error::ValueError;
use crate::music::Beats;

/// The most steps in a cycle, rests included.
pub const MAX_STEPS: usize = 4096;
/// The deepest nesting of groups.
pub const MAX_DEPTH: usize = 32;
/// The most modifiers (`* / ( ) ?`) of one step.
pub const MAX_MODIFIERS: usize = 8;

/// A pattern of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern<T> {
    root: Item<T>,
}

/// An error in a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// The position in the pattern, a byte.
    pub at: usize,
    /// What is wrong, and what is expected.
    pub message: String,
}

impl<T: Clone> Pattern<T> {
    /// Parses a pattern. `read` turns a word into a value.
    pub fn parse(
        text: &str,
        read: impl Fn(&str) -> Result<T, ValueError>,
    ) -> Result<Self, PatternError> {
        Self::parse_chords(text, |word| read(word).map(|value| vec![value]))
    }

    /// Parses a pattern. `read` turns a word into values that sound together.
    pub fn parse_chords(
        text: &str,
        read: impl Fn(&str) -> Result<Vec<T>, ValueError>,
    ) -> Result<Self, PatternError> {
        parse::pattern(text, &read).map(|root| Self { root })
    }

    /// The steps that start in cycle `n`, in the order of their onset. The same seed and cycle always
    /// give the same steps.
    pub fn cycle(&self, n: u64, seed: Seed) -> Vec<Step<T>> {
        cycle::steps(&self.root, n, seed)
    }
}
