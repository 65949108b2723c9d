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
//! | `[c4 \| e4 g4]` | one of them, drawn anew for each cycle |
//! | `<c4 e4>` | one per cycle; `<c4 e4 , g4 a4 b4>` several lists at once |
//! | `c4*3`, `c4/1.5`, `c4*3%2`, `c4*<2 3>` | faster, slower; also by a pattern of numbers |
//! | `c4!3`, `c4 !` | again, as steps of their own |
//! | `c4@3`, `c4 _` | a longer step |
//! | `c4(3,8,2)`, `c4(<3 -5>,8)` | Euclid: 3 over 8 steps, turned left by 2; minus: the other steps |
//! | `{c4 e4 g4}%4` | steps taken from a list, 4 a cycle; `{a b, c d e}`: as many as the first has |
//! | `0 .. 4` | 0 1 2 3 4 in one step; `0 .. <2 4>` |
//! | `c4?`, `c4?0.3` | left out now and then, the same on every replay |
//!
//! Where Tidal and Strudel differ this follows Tidal: a step with `(3,8)` is played whole in each
//! pulse, and `a@3!2` is two steps of weight 3.

mod bound;
mod chance;
mod chord;
mod cycle;
mod euclid;
mod number;
mod parse;

#[cfg(test)]
mod soup;
#[cfg(test)]
mod tests;

pub use chance::Seed;
pub use chord::{Chord, chords};
pub use cycle::Step;

use crate::music::Beats;

/// The most steps, rests included, that a cycle of a pattern may have.
pub const MAX_STEPS: usize = 4096;
/// How deep groups may be nested.
pub const MAX_DEPTH: usize = 32;
/// How many of `* / ( ) ?` one step may have.
pub const MAX_MODIFIERS: usize = 8;

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

/// A part of a pattern. Marks tell one place of chance from another.
#[derive(Debug, Clone, PartialEq)]
enum Item<T> {
    Rest,
    Value(T),
    /// One after the other, each with its share of the cycle.
    Sequence(Vec<(Item<T>, Beats)>),
    /// At the same time.
    Stack(Vec<Item<T>>),
    /// One of them in each cycle.
    Choice(u64, Vec<Item<T>>),
    /// So many cycles of the item in one.
    Fast(Box<Item<Beats>>, Box<Item<T>>),
    Euclid(Box<Rhythm<T>>),
    /// Left out with this probability.
    Degrade(f64, u64, Box<Item<T>>),
    /// Again, with chances of its own.
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
    /// Reads a pattern; `read` gives the meaning of a word or says, as the end of a sentence, why
    /// it has none.
    pub fn parse(
        text: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Self, PatternError> {
        parse::pattern(text, &read).map(|root| Self { root })
    }

    /// The steps that begin in cycle `n`, in the order of their onset. The same seed and cycle
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

    /// The same with something else in the place of every value.
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

    /// Whether chance has a part in it.
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

    /// The same again, number `n` after the first.
    fn again(&self, n: u64) -> Self
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
    /// The same with other numbers.
    fn changed(self, change: &impl Fn(Beats) -> Beats) -> Self {
        let changed: Result<_, std::convert::Infallible> =
            self.map(&mut |number| Ok(Item::Value(change(number))));
        match changed {
            Ok(item) => item,
        }
    }
}
