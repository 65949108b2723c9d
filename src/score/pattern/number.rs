//! Numbers in patterns: factors, weights, probabilities, and patterns of numbers as arguments.

use super::{
    Beats, MAX_STEPS, PatternError, ValueError,
    bound::density,
    item::{Item, Range, Rhythm},
    parse::Reader,
    word::Word,
};

/// The letters after a number that name a note value, and how many of these notes fill a cycle.
const NOTE_VALUES: [(char, i64); 8] = [
    ('w', 1),
    ('h', 2),
    ('q', 4),
    ('e', 8),
    ('s', 16),
    ('t', 3),
    ('f', 5),
    ('x', 6),
];

impl<'a> Reader<'a> {
    /// After `*`, `/` and `%`: a number, or a pattern of numbers in brackets. What follows the brackets
    /// without a space changes that pattern.
    pub(super) fn factor(&mut self) -> Result<Item<Beats>, PatternError> {
        self.spaces();
        let is_pattern = self.peek().is_some_and(|letter| "<[{".contains(letter));
        let mut factor = self.plain_factor()?;
        while is_pattern && self.peek().is_some_and(|letter| "*/".contains(letter)) {
            let at = self.at;
            let slower = self.next() == Some('/');
            self.spaces();
            let by = self.plain_factor()?;
            let by = if slower {
                super::modifiers::inverse(by)
            } else {
                by
            };
            factor = self.bounded(factor.fast(by), at)?;
        }
        Ok(factor)
    }

    fn plain_factor(&mut self) -> Result<Item<Beats>, PatternError> {
        match self.peek() {
            Some('<' | '[' | '{') => {
                let words = self.term()?;
                self.numbers(words, factor)
            }
            _ => Ok(Item::Value(self.number()?)),
        }
    }

    /// Words as numbers.
    fn numbers(
        &self,
        words: Item<Word<'a>>,
        read: impl Fn(&str) -> Result<Beats, ValueError>,
    ) -> Result<Item<Beats>, PatternError> {
        words.map(&mut |word| match read(&word.text) {
            Ok(number) => Ok(Item::Value(number)),
            Err(error) => self.fail(word.at, error.message),
        })
    }

    /// `k,n)` or `k,n,r)`, each a pattern of integers.
    pub(super) fn euclid(&mut self, item: Item<Word<'a>>) -> Result<Item<Word<'a>>, PatternError> {
        let at = self.at;
        let mut arguments = Vec::new();
        loop {
            let words = self.argument()?;
            arguments.push(self.numbers(words, integer)?);
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
        Ok(Item::Euclid(Box::new(Rhythm {
            pulses,
            steps,
            rotation,
            item,
        })))
    }

    /// `a .. b`: the integers from a to b as one step. `from` is the step before the dots.
    pub(super) fn range(
        &mut self,
        from: Option<(Item<Word<'a>>, Beats)>,
    ) -> Result<Item<Word<'a>>, PatternError> {
        const EXPECTED: &str = "`..` needs an integer before and after it";
        let at = self.at;
        self.at += 2;
        self.spaces();
        let Some((from, _)) = from else {
            return self.fail(at, EXPECTED);
        };
        let end = |word: &str| integer(word).map_err(|_| EXPECTED.into());
        let from = self.numbers(from, end)?;
        let here = self.at;
        let to = self.part()?;
        let to = self.numbers(to, integer)?;
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for ends in [&from, &to] {
            ends.each(&mut |end: &Beats| {
                first = first.min(end.floor());
                last = last.max(end.floor());
            });
        }
        // Without ends it is a rest.
        let count = last.saturating_sub(first).saturating_add(1).max(0);
        let combinations = density(&from) * density(&to);
        if count as f64 * combinations > MAX_STEPS as f64 {
            return self.fail(here, format!("more than {MAX_STEPS} steps"));
        }
        let word = |number: i64| {
            let text = number.to_string().into();
            Item::Value(Word { text, at: here })
        };
        Ok(Item::Range(Box::new(Range {
            from,
            to,
            first,
            items: (first..=last).map(word).collect(),
        })))
    }

    /// The number after `@` or `_`, if there is one.
    pub(super) fn weight(&mut self) -> Result<Option<Beats>, PatternError> {
        match self.peek() {
            Some(letter) if letter.is_alphanumeric() || ".-~[<{".contains(letter) => {
                self.number().map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The number after `!`, if there is one.
    pub(super) fn times(&mut self) -> Result<Option<Beats>, PatternError> {
        let at = self.at;
        if !self.peek().is_some_and(|letter| letter.is_ascii_digit()) {
            return Ok(None);
        }
        match self.number()? {
            number if number == Beats::whole(number.floor()) => Ok(Some(number)),
            _ => self.fail(at, "expected an integer"),
        }
    }

    /// `3`, `1.5`, `.25`, `-2`, `3%2`, `1q`.
    pub(super) fn number(&mut self) -> Result<Beats, PatternError> {
        let at = self.at;
        if self.peek() == Some('-') {
            self.next();
        }
        while self
            .peek()
            .is_some_and(|c| c.is_ascii_digit() || c == '.' || c == '%')
        {
            if self.rest().starts_with("..") {
                break;
            }
            self.next();
        }
        let is_value = |letter| NOTE_VALUES.iter().any(|(value, _)| *value == letter);
        if self.at > at
            && self.peek().is_some_and(is_value)
            && !self.followed_by(char::is_alphanumeric)
        {
            self.next();
        }
        let text = self.text.get(at..self.at).unwrap_or_default();
        factor(text).or_else(|error| self.fail(at, error.message))
    }
}

/// A number up to [`MAX_STEPS`] with at most three decimals, or a fraction of two such.
pub(super) fn factor(word: &str) -> Result<Beats, ValueError> {
    let (word, sign) = match word.strip_prefix('-') {
        Some(word) => (word, Beats::whole(-1)),
        None => (word, Beats::whole(1)),
    };
    let value = |(letter, share): &(char, i64)| {
        let number = word.strip_suffix(*letter)?;
        Some((number, Beats::new(1, *share)))
    };
    let (word, share) = NOTE_VALUES
        .iter()
        .find_map(value)
        .unwrap_or((word, Beats::whole(1)));
    let (numerator, denominator) = word.split_once('%').unwrap_or((word, "1"));
    match (decimal(numerator)?, decimal(denominator)?) {
        (_, zero) if zero == Beats::ZERO => Err("division by 0".into()),
        (numerator, denominator) => Ok(sign * (numerator / denominator) * share),
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
