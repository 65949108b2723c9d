//! Numbers in patterns: factors, weights, probabilities, and patterns of numbers as arguments.

use super::{Item, MAX_STEPS, PatternError, Rhythm, bound::most, parse::Reader};
use crate::music::Beats;

impl<T: Clone> Reader<'_, T> {
    /// After `*`, `/` and `%`: a number, or a pattern of numbers in brackets.
    pub(super) fn factor(&mut self) -> Result<Item<Beats>, PatternError> {
        match self.peek() {
            Some('<' | '[' | '{') => self.numbers(&factor, |reader| reader.term()),
            _ => Ok(Item::Value(self.number()?)),
        }
    }

    /// Reads on with another idea of words: as numbers.
    pub(super) fn numbers<U>(
        &mut self,
        read: &dyn Fn(&str) -> Result<Beats, String>,
        with: impl FnOnce(&mut Reader<'_, Beats>) -> Result<U, PatternError>,
    ) -> Result<U, PatternError> {
        let mut reader = Reader {
            text: self.text,
            at: self.at,
            depth: self.depth,
            read,
        };
        let found = with(&mut reader)?;
        self.at = reader.at;
        Ok(found)
    }

    /// `k,n)` or `k,n,r)`, each a pattern of whole numbers.
    pub(super) fn euclid(&mut self, item: Item<T>) -> Result<Item<T>, PatternError> {
        let at = self.at;
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.numbers(&whole, |reader| reader.argument())?);
            match self.next() {
                Some(',') if arguments.len() < 3 => {}
                Some(')') => break,
                _ => return self.fail(at, "Euclid is written `(3,8)` or `(3,8,2)`"),
            }
        }
        let mut arguments = arguments.into_iter();
        let (Some(pulses), Some(steps)) = (arguments.next(), arguments.next()) else {
            return self.fail(at, "Euclid is written `(3,8)` or `(3,8,2)`");
        };
        let rotation = arguments.next().unwrap_or(Item::Value(Beats::ZERO));
        let mut fewest = Beats::whole(1);
        steps.each(&mut |number| fewest = fewest.min(*number));
        if fewest < Beats::whole(1) {
            return self.fail(at, "Euclid takes at least one step: the second number");
        }
        if let (Item::Value(pulses), Item::Value(steps)) = (&pulses, &steps)
            && (*pulses > *steps || Beats::ZERO - *pulses > *steps)
        {
            return self.fail(
                at,
                "Euclid takes at most as many pulses as steps: the first number is the smaller one",
            );
        }
        self.affordable(most(&steps).as_f64(), at)?;
        Ok(Item::Euclid(Box::new(Rhythm {
            pulses,
            steps,
            rotation,
            item,
        })))
    }

    /// `a .. b`: the whole numbers between as one step. `from` is the step before the dots.
    pub(super) fn range(&mut self, from: &str, at: usize) -> Result<Item<T>, PatternError> {
        let Ok(from) = from.trim().parse::<i16>() else {
            return self.fail(at, "`..` goes from one whole number to another");
        };
        let here = self.at;
        let ends = match self.peek() {
            Some('<' | '[' | '{') => self.numbers(&whole, |reader| reader.term())?,
            _ => self.numbers(&whole, |reader| reader.plain())?,
        };
        let mut steps = 0.0;
        let read = self.read;
        let wrong = |message| PatternError { at: here, message };
        let range = ends.map(&mut |end: Beats| {
            let (from, end) = (i64::from(from), end.floor());
            let numbers: Vec<i64> = match from <= end {
                true => (from..=end).collect(),
                false => (end..=from).rev().collect(),
            };
            steps += numbers.len() as f64;
            if steps > MAX_STEPS as f64 {
                return Err(wrong(format!("this makes more than {MAX_STEPS} steps")));
            }
            let value = |number: i64| read(&number.to_string()).map(Item::Value).map_err(wrong);
            let items = numbers
                .into_iter()
                .map(|number| Ok((value(number)?, Beats::whole(1))));
            Ok(Item::Sequence(items.collect::<Result<_, PatternError>>()?))
        })?;
        Ok(range)
    }

    /// A weight: greater than zero.
    pub(super) fn weight(&mut self) -> Result<Beats, PatternError> {
        let at = self.at;
        match self.number()? {
            zero if zero == Beats::ZERO => self.fail(at, "this number must be greater than 0"),
            number => Ok(number),
        }
    }

    /// How often: a whole number.
    pub(super) fn times(&mut self) -> Result<u64, PatternError> {
        let at = self.at;
        match self.number()?.fraction() {
            (number, 1) => Ok(number.unsigned_abs()),
            _ => self.fail(at, "a whole number is expected here"),
        }
    }

    /// `3`, `1.5`, `.25`, `3%2`.
    pub(super) fn number(&mut self) -> Result<Beats, PatternError> {
        let at = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_ascii_digit() || c == '.' || c == '%')
        {
            if self.rest().starts_with("..") {
                break;
            }
            self.next();
        }
        let text = self.text.get(at..self.at).unwrap_or_default();
        factor(text).or_else(|message| self.fail(at, message))
    }
}

/// A number from 0 to [`MAX_STEPS`] with at most three decimals, or a fraction of two such.
fn factor(word: &str) -> Result<Beats, String> {
    let (numerator, denominator) = word.split_once('%').unwrap_or((word, "1"));
    match (decimal(numerator)?, decimal(denominator)?) {
        (_, zero) if zero == Beats::ZERO => Err("a fraction is not divided by 0".into()),
        (numerator, denominator) => Ok(numerator / denominator),
    }
}

/// So few decimals that fractions stay exact.
fn decimal(text: &str) -> Result<Beats, String> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && decimals.is_empty()) || !digits(whole) || !digits(decimals) {
        return Err("a number is expected here".into());
    }
    match format!("{whole}{decimals:0<3}").parse::<i64>() {
        Ok(n) if n <= MAX_STEPS as i64 * 1000 && decimals.len() <= 3 => Ok(Beats::new(n, 1000)),
        _ => Err(format!(
            "a number is at most {MAX_STEPS}, with three decimals"
        )),
    }
}

/// A whole number, also below zero.
fn whole(word: &str) -> Result<Beats, String> {
    match word.parse::<i64>() {
        Ok(number) if number.unsigned_abs() <= MAX_STEPS as u64 => Ok(Beats::whole(number)),
        Ok(_) => Err(format!("a number is at most {MAX_STEPS}")),
        Err(_) => Err("a whole number is expected here".into()),
    }
}
