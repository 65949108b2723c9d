//! Functions of whole patterns, as the functions of Tidal with these names.

use super::{
    Arp, Beats, MAX_STEPS, Pattern, ValueError, bound::density, item::Item, modifiers::inverse,
    number::factor,
};

impl Pattern<Beats> {
    /// A pattern of factors, such as `2` or `<1 1.5>`.
    pub fn of_factors(text: &str) -> Result<Self, super::PatternError> {
        Self::parse(text, factor)
    }

    /// Whether `is` holds for all of the numbers.
    pub fn has_only(&self, is: impl Fn(Beats) -> bool) -> bool {
        let mut holds = true;
        self.root.each(&mut |number| holds &= is(*number));
        holds
    }
}

impl<T: Clone> Pattern<T> {
    /// So many cycles in one; backwards if the factor is negative.
    pub fn fast(self, factor: Pattern<Beats>) -> Result<Self, ValueError> {
        Self::bounded(self.root.fast(factor.root))
    }

    /// Stretches one cycle over this many.
    pub fn slow(self, factor: Pattern<Beats>) -> Result<Self, ValueError> {
        Self::bounded(self.root.fast(inverse(factor.root)))
    }

    /// Each cycle backwards.
    pub fn reversed(self) -> Self {
        let root = Item::Reverse(Box::new(self.root));
        Self { root }
    }

    /// Repeats each step this many times within its own duration.
    pub fn ply(self, times: Pattern<Beats>) -> Result<Self, ValueError> {
        Self::bounded(Item::Ply(Box::new(times.root), Box::new(self.root)))
    }

    /// Later by a part of a cycle. Cycle 0 begins with the end of the cycle before it.
    pub fn late(self, by: Beats) -> Result<Self, ValueError> {
        Self::bounded(Item::Late(by, Box::new(self.root)))
    }

    /// Both at the same time.
    pub fn stacked(self, other: Self) -> Result<Self, ValueError> {
        Self::bounded(Item::Stack(vec![self.root, other.root]))
    }

    /// Plays `changed` in every nth cycle, starting with the first, and this pattern in the others.
    pub fn every(self, cycles: u32, changed: Self) -> Result<Self, ValueError> {
        let items = Box::new([changed.root, self.root]);
        Self::bounded(Item::Every(cycles, items))
    }

    /// Steps at the same time one after the other, in this order.
    pub fn arpeggio(self, order: Arp) -> Result<Self, ValueError> {
        Self::bounded(Item::Arpeggio(order, Box::new(self.root)))
    }

    /// Each step dropped with this probability, 0 to 1. Another `mark` makes other choices.
    pub fn degraded(self, odds: f64, mark: u32) -> Self {
        // The marks of the notation are positions in a text.
        let mark = u64::MAX - u64::from(mark);
        let root = Item::Degrade(odds, mark, Box::new(self.root));
        Self { root }
    }

    /// Other values.
    pub fn map(
        self,
        mut change: impl FnMut(T) -> Result<T, ValueError>,
    ) -> Result<Self, ValueError> {
        let root = self.root.map(&mut |value| change(value).map(Item::Value))?;
        Ok(Self { root })
    }

    fn bounded(root: Item<T>) -> Result<Self, ValueError> {
        if density(&root) > MAX_STEPS as f64 {
            let message = format!("the pattern would have more than {MAX_STEPS} steps in a cycle");
            return Err(message.into());
        }
        Ok(Self { root })
    }
}
