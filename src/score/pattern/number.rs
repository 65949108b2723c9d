//! Numbers in patterns: factors, weights, probabilities, and patterns of numbers as arguments.

use super::{Item, MAX_STEPS, PatternError, Rhythm, ValueError, bound::largest, parse::Reader};
use crate::music::Beats;

impl<T: Clone> Reader<'_, T> {
    /// After `*`, `/` and `%`: a number, or a pattern of numbers in brackets.
    pub(super) fn factor(&mut self) -> Result<Item<Beats>, PatternError> {
        match self.peek() {
            Some('<' | '[' | '{') => self.numbers(&factor, |reader| reader.term()),
            _ => Ok(Item::Value(self.number()?)),
        }
    }

    /// Continues with words that are numbers.
    pub(super) fn numbers<U>(
        &mut self,
        read: &dyn Fn(&str) -> Result<Beats, ValueError>,
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

    /// `k,n)` or `k,n,r)`, each a pattern of integers.
    pub(super) fn euclid(&mut self, item: Item<T>) -> Result<Item<T>, PatternError> {
        let at = self.at;
        let mut arguments = Vec::new();
        loop {
            arguments.push(self.numbers(&integer, |reader| reader.argument())?);
            match self.next() {
                Some(',') if arguments.len() < 3 => {}
                Some(')') => break,
                _ => return self.fail(at, "a Euclidean rhythm is written `(3,8)` or `(3,8,2)`"),
            }
        }
        let mut arguments = arguments.into_iter();
        let (Some(pulses), Some(steps)) = (arguments.next(), arguments.next()) else {
            return self.fail(at, "a Euclidean rhythm is written `(3,8)` or `(3,8,2)`");
        };
        let rotation = arguments.next().unwrap_or(Item::Value(Beats::ZERO));
        let mut fewest = Beats::whole(1);
        steps.each(&mut |number| fewest = fewest.min(*number));
        if fewest < Beats::whole(1) {
            return self.fail(
                at,
                "a Euclidean rhythm needs at least one step, its second number",
            );
        }
        if let (Item::Value(pulses), Item::Value(steps)) = (&pulses, &steps)
            && (*pulses > *steps || Beats::ZERO - *pulses > *steps)
        {
            return self.fail(
                at,
                "a Euclidean rhythm has at most as many pulses as steps: the first number must not be larger than the second",
            );
        }
        self.affordable(largest(&steps).as_f64(), at)?;
        Ok(Item::Euclid(Box::new(Rhythm {
            pulses,
            steps,
            rotation,
            item,
        })))
    }

    /// `a .. b`: the integers from a to b as one step. `from` is the step before the dots.
    pub(super) fn range(&mut self, from: &str, at: usize) -> Result<Item<T>, PatternError> {
        let Ok(from) = from.trim().parse::<i16>() else {
            return self.fail(at, "`..` needs an integer before and after it");
        };
        let here = self.at;
        let ends = match self.peek() {
            Some('<' | '[' | '{') => self.numbers(&integer, |reader| reader.term())?,
            _ => self.numbers(&integer, |reader| reader.plain())?,
        };
        let mut steps = 0.0;
        let read = self.read;
        let error = |message| PatternError { at: here, message };
        let range = ends.map(&mut |end: Beats| {
            let (from, end) = (i64::from(from), end.floor());
            let numbers: Vec<i64> = match from <= end {
                true => (from..=end).collect(),
                false => (end..=from).rev().collect(),
            };
            steps += numbers.len() as f64;
            if steps > MAX_STEPS as f64 {
                return Err(error(format!("more than {MAX_STEPS} steps")));
            }
            let value = |number: i64| {
                let value = read(&number.to_string()).map(Item::Value);
                value.map_err(|wrong| error(wrong.message))
            };
            let items = numbers
                .into_iter()
                .map(|number| Ok((value(number)?, Beats::whole(1))));
            Ok(Item::Sequence(items.collect::<Result<_, PatternError>>()?))
        })?;
        Ok(range)
    }

    /// A weight, greater than 0.
    pub(super) fn weight(&mut self) -> Result<Beats, PatternError> {
        let at = self.at;
        match self.number()? {
            zero if zero == Beats::ZERO => self.fail(at, "a weight must be greater than 0"),
            number => Ok(number),
        }
    }

    /// A number of repetitions.
    pub(super) fn times(&mut self) -> Result<u64, PatternError> {
        let at = self.at;
        match self.number()?.fraction() {
            (number, 1) => Ok(number.unsigned_abs()),
            _ => self.fail(at, "expected an integer"),
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
        factor(text).or_else(|error| self.fail(at, error.message))
    }
}

/// A number from 0 to [`MAX_STEPS`] with at most three decimals, or a fraction of two such.
fn factor(word: &str) -> Result<Beats, ValueError> {
    let (numerator, denominator) = word.split_once('%').unwrap_or((word, "1"));
    match (decimal(numerator)?, decimal(denominator)?) {
        (_, zero) if zero == Beats::ZERO => Err("division by 0".into()),
        (numerator, denominator) => Ok(numerator / denominator),
    }
}

/// A decimal number. Few decimals keep fractions exact.
fn decimal(text: &str) -> Result<Beats, ValueError> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && decimals.is_empty()) || !digits(whole) || !digits(decimals) {
        return Err("expected a number".into());
    }
    match format!("{whole}{decimals:0<3}").parse::<i64>() {
        Ok(n) if n <= MAX_STEPS as i64 * 1000 && decimals.len() <= 3 => Ok(Beats::new(n, 1000)),
        _ => Err(format!("a number can be at most {MAX_STEPS}, with three decimals").into()),
    }
}

/// An integer.
fn integer(word: &str) -> Result<Beats, ValueError> {
    match word.parse::<i64>() {
        Ok(number) if number.unsigned_abs() <= MAX_STEPS as u64 => Ok(Beats::whole(number)),
        Ok(_) => Err(format!("a number can be at most {MAX_STEPS}").into()),
        Err(_) => Err("expected an integer".into()),
    }
}
