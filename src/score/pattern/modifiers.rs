//! Modifiers of a step: `*`, `/`, `@`, `!`, `?` and `( )`.

use super::{
    Item, MAX_MODIFIERS, PatternError,
    bound::density,
    parse::{Reader, Steps},
};
use crate::music::Beats;

impl<T: Clone> Reader<'_, T> {
    /// Parses the modifiers of the item that started at `start`, and adds its steps.
    pub(super) fn modifiers(
        &mut self,
        mut item: Item<T>,
        start: usize,
        steps: &mut Steps<T>,
    ) -> Result<(), PatternError> {
        let (mut weight, mut times, mut modifiers) = (Beats::whole(1), 1, 0);
        loop {
            let at = self.at;
            match self.peek() {
                Some('*') => {
                    self.next();
                    item = Item::Fast(Box::new(self.factor()?), Box::new(item));
                }
                Some('/') => {
                    self.next();
                    // A division by zero gives zero, which is silence.
                    let slower = self
                        .factor()?
                        .map_numbers(&|number| Beats::whole(1) / number);
                    item = Item::Fast(Box::new(slower), Box::new(item));
                }
                Some('@') => {
                    self.next();
                    weight = self.weight()?;
                    continue;
                }
                Some('!') => {
                    self.next();
                    times = self.repeats(times + 1)?;
                    continue;
                }
                Some('?') => {
                    self.next();
                    let odds = self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.');
                    let odds = if odds { self.number()?.as_f64() } else { 0.5 };
                    if odds > 1.0 {
                        return self.fail(at, "the probability after `?` must be from 0 to 1");
                    }
                    item = Item::Degrade(odds, at as u64, Box::new(item));
                }
                Some('(') => {
                    self.next();
                    item = self.euclid(item)?;
                }
                _ => break,
            }
            modifiers += 1;
            if modifiers > MAX_MODIFIERS {
                let message = format!("a step can have at most {MAX_MODIFIERS} of `* / ( ) ?`");
                return self.fail(at, message);
            }
            item = self.bounded(item, start)?;
        }
        self.copies(&item, weight, 0..times, start, steps)
    }

    /// The number after `!`, or the default.
    pub(super) fn repeats(&mut self, default: u64) -> Result<u64, PatternError> {
        match self.peek() {
            Some(c) if c.is_ascii_digit() => self.times(),
            _ => Ok(default),
        }
    }

    pub(super) fn copies(
        &self,
        item: &Item<T>,
        weight: Beats,
        numbers: std::ops::Range<u64>,
        at: usize,
        steps: &mut Steps<T>,
    ) -> Result<(), PatternError> {
        let times = numbers.end.saturating_sub(numbers.start);
        self.affordable(density(item) * times as f64, at)?;
        for number in numbers {
            steps.push((item.copy(number), weight));
        }
        Ok(())
    }
}
