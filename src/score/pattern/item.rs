//! The parts of a pattern.

use super::{Arp, Beats};

/// A part of a pattern. The `u64`s tell one random choice from another.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item<T> {
    Rest,
    Value(T),
    /// One after the other, each with its weight.
    Sequence(Vec<(Item<T>, Beats)>),
    /// At the same time.
    Stack(Vec<Item<T>>),
    /// One of them in each cycle.
    Choice(u64, Vec<Item<T>>),
    /// Several cycles of the item in one; backwards if the factor is negative.
    Fast(Box<Item<Beats>>, Box<Item<T>>),
    Euclid(Box<Rhythm<T>>),
    /// Dropped with this probability.
    Degrade(f64, u64, Box<Item<T>>),
    /// A copy with random choices of its own.
    Copy(u64, Box<Item<T>>),
    /// A step as long as the cycle: what the item has at the start of the cycle.
    Sample(Box<Item<T>>),
    Range(Box<Range<T>>),
    /// Repeats each step this many times within its own duration.
    Ply(Box<Item<Beats>>, Box<Item<T>>),
    /// Each cycle backwards.
    Reverse(Box<Item<T>>),
    /// Later by a part of a cycle.
    Late(Beats, Box<Item<T>>),
    /// The first item in every nth cycle, starting with the first cycle; the second item in the others.
    Every(u32, Box<[Item<T>; 2]>),
    /// Steps at the same time one after the other.
    Arpeggio(Arp, Box<Item<T>>),
}

/// An item on the pulses of a Euclidean rhythm.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rhythm<T> {
    pub pulses: Item<Beats>,
    pub steps: Item<Beats>,
    pub rotation: Item<Beats>,
    pub item: Item<T>,
}

/// All integers from one to another, both of which may change within a cycle.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Range<T> {
    pub from: Item<Beats>,
    pub to: Item<Beats>,
    /// The smallest integer.
    pub first: i64,
    /// The items of the integers from `first` on.
    pub items: Vec<Item<T>>,
}

impl<T> Item<T> {
    /// Several cycles of this item in one.
    pub(super) fn fast(self, factor: Item<Beats>) -> Self {
        Self::Fast(Box::new(factor), Box::new(self))
    }

    /// Visits every value.
    pub(super) fn each(&self, visit: &mut impl FnMut(&T)) {
        match self {
            Self::Rest => {}
            Self::Value(value) => visit(value),
            Self::Sequence(items) => items.iter().for_each(|(item, _)| item.each(visit)),
            Self::Stack(items) | Self::Choice(_, items) => {
                items.iter().for_each(|item| item.each(visit));
            }
            Self::Fast(_, item)
            | Self::Degrade(_, _, item)
            | Self::Copy(_, item)
            | Self::Sample(item)
            | Self::Ply(_, item)
            | Self::Reverse(item)
            | Self::Late(_, item)
            | Self::Arpeggio(_, item) => item.each(visit),
            Self::Euclid(rhythm) => rhythm.item.each(visit),
            Self::Range(range) => range.items.iter().for_each(|item| item.each(visit)),
            Self::Every(_, items) => items.iter().for_each(|item| item.each(visit)),
        }
    }

    /// Replaces every value.
    pub(super) fn map<U, E>(
        self,
        change: &mut impl FnMut(T) -> Result<Item<U>, E>,
    ) -> Result<Item<U>, E> {
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
            Self::Fast(factor, item) => Item::Fast(factor, item.boxed(change)?),
            Self::Euclid(rhythm) => Item::Euclid(Box::new(Rhythm {
                pulses: rhythm.pulses,
                steps: rhythm.steps,
                rotation: rhythm.rotation,
                item: rhythm.item.map(change)?,
            })),
            Self::Degrade(odds, mark, item) => Item::Degrade(odds, mark, item.boxed(change)?),
            Self::Copy(mark, item) => Item::Copy(mark, item.boxed(change)?),
            Self::Sample(item) => Item::Sample(item.boxed(change)?),
            Self::Range(range) => Item::Range(Box::new(Range {
                from: range.from,
                to: range.to,
                first: range.first,
                items: all(range.items)?,
            })),
            Self::Ply(times, item) => Item::Ply(times, item.boxed(change)?),
            Self::Reverse(item) => Item::Reverse(item.boxed(change)?),
            Self::Late(by, item) => Item::Late(by, item.boxed(change)?),
            Self::Every(cycles, items) => {
                let [first, others] = *items;
                let items = [first.map(change)?, others.map(change)?];
                Item::Every(cycles, Box::new(items))
            }
            Self::Arpeggio(order, item) => Item::Arpeggio(order, item.boxed(change)?),
        })
    }

    fn boxed<U, E>(
        self,
        change: &mut impl FnMut(T) -> Result<Item<U>, E>,
    ) -> Result<Box<Item<U>>, E> {
        self.map(change).map(Box::new)
    }

    /// Whether it contains a random choice.
    fn is_random(&self) -> bool {
        match self {
            Self::Rest | Self::Value(_) => false,
            Self::Choice(..) | Self::Degrade(..) => true,
            Self::Sequence(items) => items.iter().any(|(item, _)| item.is_random()),
            Self::Stack(items) => items.iter().any(Self::is_random),
            Self::Fast(factor, item) | Self::Ply(factor, item) => {
                factor.is_random() || item.is_random()
            }
            Self::Copy(_, item)
            | Self::Sample(item)
            | Self::Reverse(item)
            | Self::Late(_, item)
            | Self::Arpeggio(_, item) => item.is_random(),
            Self::Euclid(rhythm) => {
                let arguments = [&rhythm.pulses, &rhythm.steps, &rhythm.rotation];
                rhythm.item.is_random() || arguments.into_iter().any(Item::is_random)
            }
            Self::Range(range) => range.from.is_random() || range.to.is_random(),
            Self::Every(_, items) => items.iter().any(Self::is_random),
        }
    }

    /// Copy number `n`.
    pub(super) fn copy(&self, n: u64) -> Self
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
    pub(super) fn map_numbers(self, change: &impl Fn(Beats) -> Beats) -> Self {
        let changed: Result<_, std::convert::Infallible> =
            self.map(&mut |number| Ok(Item::Value(change(number))));
        match changed {
            Ok(item) => item,
        }
    }
}
