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
//! | `c4*3`, `c4/1.5`, `c4*3%2`, `c4*<2 3>` | faster, slower; also by a pattern of numbers |
//! | `c4!3`, `c4 !` | repeated as separate steps |
//! | `c4@3`, `c4 _` | a longer step |
//! | `c4(3,8,2)`, `c4(<3 -5>,8)` | Euclidean: 3 pulses over 8 steps, rotated left by 2; negative: inverted |
//! | `{c4 e4 g4}%4` | polymeter: 4 steps of the list per cycle; `{a b, c d e}`: as many as the first list has |
//! | `0 .. 4` | 0 1 2 3 4 in one step; `0 .. <2 4>` |
//! | `c4?`, `c4?0.3` | dropped at random, the same on every replay |
//!
//! Where Tidal and Strudel differ, this follows Tidal: each pulse of `(3,8)` plays the whole step, and
//! `a@3!2` is two steps of weight 3.

mod bound;
mod chance;
mod chord;
mod cycle;
mod euclid;
mod modifiers;
mod number;
mod parse;

#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod tests;

pub use chance::Seed;
pub use chord::{Chord, chords};
pub use cycle::Step;

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

/// A part of a pattern. The `u64`s tell one random choice from another.
#[derive(Debug, Clone, PartialEq)]
enum Item<T> {
    Rest,
    Value(T),
    /// One after the other, each with its weight.
    Sequence(Vec<(Item<T>, Beats)>),
    /// At the same time.
    Stack(Vec<Item<T>>),
    /// One of them in each cycle.
    Choice(u64, Vec<Item<T>>),
    /// Several cycles of the item in one.
    Fast(Box<Item<Beats>>, Box<Item<T>>),
    Euclid(Box<Rhythm<T>>),
    /// Dropped with this probability.
    Degrade(f64, u64, Box<Item<T>>),
    /// A copy with random choices of its own.
    Copy(u64, Box<Item<T>>),
}

/// An item on the pulses of a Euclidean rhythm.
#[derive(Debug, Clone, PartialEq)]
struct Rhythm<T> {
    pulses: Item<Beats>,
    steps: Item<Beats>,
    rotation: Item<Beats>,
    item: Item<T>,
}

impl<T: Clone> Pattern<T> {
    /// Parses a pattern. `read` turns a word into a value.
    pub fn parse(
        text: &str,
        read: impl Fn(&str) -> Result<T, ValueError>,
    ) -> Result<Self, PatternError> {
        parse::pattern(text, &read).map(|root| Self { root })
    }

    /// The steps that start in cycle `n`, in the order of their onset. The same seed and cycle always
    /// give the same steps.
    pub fn cycle(&self, n: u64, seed: Seed) -> Vec<Step<T>> {
        cycle::steps(&self.root, n, seed)
    }
}

impl<T> Item<T> {
    /// Visits every value.
    fn each(&self, visit: &mut impl FnMut(&T)) {
        match self {
            Self::Rest => {}
            Self::Value(value) => visit(value),
            Self::Sequence(items) => items.iter().for_each(|(item, _)| item.each(visit)),
            Self::Stack(items) | Self::Choice(_, items) => {
                items.iter().for_each(|item| item.each(visit));
            }
            Self::Fast(_, item) | Self::Degrade(_, _, item) | Self::Copy(_, item) => {
                item.each(visit);
            }
            Self::Euclid(rhythm) => rhythm.item.each(visit),
        }
    }

    /// Replaces every value.
    fn map<U, E>(self, change: &mut impl FnMut(T) -> Result<Item<U>, E>) -> Result<Item<U>, E> {
        let mut all = |items: Vec<Self>| -> Result<Vec<Item<U>>, E> {
            items.into_iter().map(|item| item.map(change)).collect()
        };
        Ok(match self {
            Self::Rest => Item::Rest,
            Self::Value(value) => change(value)?,
            Self::Sequence(items) => {
                let item = |(item, weight): (Self, Beats)| Ok((item.map(change)?, weight));
                Item::Sequence(items.into_iter().map(item).collect::<Result<_, E>>()?)
            }
            Self::Stack(items) => Item::Stack(all(items)?),
            Self::Choice(mark, items) => Item::Choice(mark, all(items)?),
            Self::Fast(factor, item) => Item::Fast(factor, Box::new(item.map(change)?)),
            Self::Euclid(rhythm) => Item::Euclid(Box::new(Rhythm {
                pulses: rhythm.pulses,
                steps: rhythm.steps,
                rotation: rhythm.rotation,
                item: rhythm.item.map(change)?,
            })),
            Self::Degrade(odds, mark, item) => {
                Item::Degrade(odds, mark, Box::new(item.map(change)?))
            }
            Self::Copy(mark, item) => Item::Copy(mark, Box::new(item.map(change)?)),
        })
    }

    /// Whether it contains a random choice.
    fn is_random(&self) -> bool {
        match self {
            Self::Rest | Self::Value(_) => false,
            Self::Choice(..) | Self::Degrade(..) => true,
            Self::Sequence(items) => items.iter().any(|(item, _)| item.is_random()),
            Self::Stack(items) => items.iter().any(Self::is_random),
            Self::Fast(factor, item) => factor.is_random() || item.is_random(),
            Self::Copy(_, item) => item.is_random(),
            Self::Euclid(rhythm) => {
                let arguments = [&rhythm.pulses, &rhythm.steps, &rhythm.rotation];
                rhythm.item.is_random() || arguments.into_iter().any(Item::is_random)
            }
        }
    }

    /// Copy number `n`.
    fn copy(&self, n: u64) -> Self
    where
        T: Clone,
    {
        match self {
            Self::Copy(mark, item) => Self::Copy(mark + n, item.clone()),
            item if item.is_random() => Self::Copy(n, Box::new(item.clone())),
            item => item.clone(),
        }
    }
}

impl Item<Beats> {
    /// Replaces every number.
    fn map_numbers(self, change: &impl Fn(Beats) -> Beats) -> Self {
        let changed: Result<_, std::convert::Infallible> =
            self.map(&mut |number| Ok(Item::Value(change(number))));
        match changed {
            Ok(item) => item,
        }
    }
}
