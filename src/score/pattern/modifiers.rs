//! Modifiers of a step: `*`, `/`, `@`, `_`, `!`, `?` and `( )`.

use super::{
    Beats, MAX_MODIFIERS, PatternError,
    bound::density,
    item::Item,
    parse::{Reader, Steps},
    word::Word,
};

/// A step and its modifiers so far.
struct Modified<'a> {
    item: Item<Word<'a>>,
    /// Where it starts.
    at: usize,
    /// The modifiers that change the item.
    count: usize,
    /// How often it is repeated.
    times: Beats,
    /// The weight of all repetitions together.
    weight: Beats,
}

impl<'a> Modified<'a> {
    fn new(item: Item<Word<'a>>, at: usize) -> Self {
        let one = Beats::whole(1);
        Self {
            item,
            at,
            count: 0,
            times: one,
            weight: one,
        }
    }

    /// The item; several repetitions of it become one item.
    fn taken(&mut self) -> Item<Word<'a>> {
        let one = Beats::whole(1);
        let item = std::mem::replace(&mut self.item, Item::Rest);
        match self.times.floor().unsigned_abs() {
            0 | 1 => item,
            times => {
                self.times = one;
                let copies = (0..times).map(|number| (item.copy(number), one));
                Item::Sequence(copies.collect())
            }
        }
    }
}

impl<'a> Reader<'a> {
    /// Parses the modifiers of the item that started at `start`, and adds its steps. As in Strudel, spaces may
    /// stand before a modifier.
    pub(super) fn modifiers(
        &mut self,
        item: Item<Word<'a>>,
        start: usize,
        steps: &mut Steps<Word<'a>>,
    ) -> Result<(), PatternError> {
        let mut step = Modified::new(item, start);
        loop {
            let end = self.at;
            self.spaces();
            let (at, is_apart) = (self.at, self.at > end);
            if self.is_resized(&mut step)? {
                continue;
            }
            if !self.is_changed(&mut step)? {
                self.at = end;
                break;
            }
            // Tidal applies it to the whole list, Strudel to the last step.
            let ambiguous = is_apart && !steps.is_empty() && self.is_at_the_end();
            if ambiguous && !self.text.get(at..).unwrap_or_default().starts_with('(') {
                let text = self.text.get(at..self.at).unwrap_or_default().trim_end();
                let message = format!(
                    "write `{text}` directly behind the step that it applies to, or put the steps in `[ ]`"
                );
                return self.fail(at, message);
            }
        }
        let times = step.times.floor().max(0).unsigned_abs();
        let weight = step.weight / step.times;
        steps.extend((0..times).map(|number| (step.item.copy(number), weight)));
        Ok(())
    }

    /// A step with the modifiers that follow without a space and do not change its size.
    pub(super) fn part(&mut self) -> Result<Item<Word<'a>>, PatternError> {
        let mut step = Modified::new(Item::Rest, self.at);
        step.item = self.term()?;
        while self.is_changed(&mut step)? {}
        Ok(step.item)
    }

    fn is_at_the_end(&mut self) -> bool {
        self.spaces();
        let next = self.peek();
        next.is_none_or(|letter| ",|]>})".contains(letter))
    }

    /// Reads `@`, `_` and `!`, which add up: `c4!3!2` is four steps, `c4@3 _` one of weight 4.
    fn is_resized(&mut self, step: &mut Modified<'a>) -> Result<bool, PatternError> {
        let one = Beats::whole(1);
        match self.peek() {
            Some('@') => {}
            Some('_') if self.is_single() || self.followed_by(|c| c.is_ascii_digit()) => {}
            Some('!') => {
                self.next();
                step.times = step.times - one + self.times()?.unwrap_or(Beats::whole(2));
                step.weight = step.times;
                let work = density(&step.item) * step.times.as_f64();
                self.affordable(work, step.at)?;
                return Ok(true);
            }
            _ => return Ok(false),
        }
        self.next();
        let at = self.at;
        let given = self.weight()?.unwrap_or(Beats::whole(2));
        step.weight = step.weight - one + given;
        match step.weight > Beats::ZERO {
            true => Ok(true),
            false => self.fail(at, "a weight must be greater than 0"),
        }
    }

    /// Reads `*`, `/`, `?` and `( )`.
    fn is_changed(&mut self, step: &mut Modified<'a>) -> Result<bool, PatternError> {
        let at = self.at;
        let Some(letter @ ('*' | '/' | '?' | '(')) = self.peek() else {
            return Ok(false);
        };
        self.next();
        let item = step.taken();
        let item = match letter {
            '*' => item.fast(self.factor()?),
            '/' => item.fast(inverse(self.factor()?)),
            '?' => Item::Degrade(self.odds(at)?, at as u64, Box::new(item)),
            _ => self.euclid(item)?,
        };
        step.count += 1;
        if step.count > MAX_MODIFIERS {
            let message = format!("a step can have at most {MAX_MODIFIERS} of `* / ( ) ?`");
            return self.fail(at, message);
        }
        step.item = self.bounded(item, step.at)?;
        Ok(true)
    }

    /// The probability after `?`.
    fn odds(&mut self, at: usize) -> Result<f64, PatternError> {
        let given = match self.peek() {
            Some('.') => self.followed_by(|c| c.is_ascii_digit()),
            next => next.is_some_and(|c| c.is_ascii_digit()),
        };
        match if given { self.number()?.as_f64() } else { 0.5 } {
            odds if odds > 1.0 => self.fail(at, "the probability after `?` must be from 0 to 1"),
            odds => Ok(odds),
        }
    }
}

/// A division by zero gives zero, which is silence.
pub(super) fn inverse(factor: Item<Beats>) -> Item<Beats> {
    factor.map_numbers(&|number| Beats::whole(1) / number)
}
