//! From text to pattern.

use super::{Item, MAX_DEPTH, MAX_STEPS, PatternError};
use crate::music::Beats;

/// Reads a whole text.
pub(super) fn pattern<T: Clone>(
    text: &str,
    read: &dyn Fn(&str) -> Result<T, String>,
) -> Result<Item<T>, PatternError> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        read,
    };
    let item = reader.stack(None)?;
    reader.bounded(item, 0)
}

/// What a list of steps becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Close {
    Group,
    Alternation,
    Polymeter,
}

impl Close {
    fn letter(self) -> char {
        match self {
            Self::Group => ']',
            Self::Alternation => '>',
            Self::Polymeter => '}',
        }
    }
}

/// A list of steps, each with its weight.
type Steps<T> = Vec<(Item<T>, Beats)>;

struct Reader<'a, T> {
    text: &'a str,
    at: usize,
    depth: usize,
    read: &'a dyn Fn(&str) -> Result<T, String>,
}

impl<T: Clone> Reader<'_, T> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    fn skip(&mut self, letter: char) -> bool {
        let found = self.peek() == Some(letter);
        if found {
            self.at += letter.len_utf8();
        }
        found
    }

    fn spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    fn fail<U>(&self, at: usize, message: impl Into<String>) -> Result<U, PatternError> {
        let message = message.into();
        Err(PatternError { at, message })
    }

    /// Lists of steps with commas between them, up to the closing letter or the end.
    fn stack(&mut self, close: Option<Close>) -> Result<Item<T>, PatternError> {
        let opened = self.at.saturating_sub(1);
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail(opened, format!("groups are nested deeper than {MAX_DEPTH}"));
        }
        let mut layers = vec![self.steps(close)?];
        let mut work = work_of(&layers);
        while self.skip(',') {
            layers.push(self.steps(close)?);
            work += layers.last().map_or(0.0, |layer| work_of([layer]));
            self.affordable(work, opened)?;
        }
        match (close, self.next()) {
            (None, None) => {}
            (Some(close), Some(letter)) if close.letter() == letter => {}
            (Some(close), None) => {
                return self.fail(opened, format!("`{}` is missing for this", close.letter()));
            }
            (_, found) => {
                let found = found.unwrap_or(' ');
                let at = self.at - found.len_utf8();
                return self.fail(at, format!("`{found}` closes nothing"));
            }
        }
        self.depth -= 1;
        let layers = match close {
            None | Some(Close::Group) => layers.into_iter().map(sequence).collect(),
            Some(Close::Alternation) => layers.into_iter().map(|l| paced(l, None)).collect(),
            Some(Close::Polymeter) => self.polymeter(layers)?,
        };
        Ok(one_or_stack(layers))
    }

    /// `{ }`: every layer takes as many steps a cycle as `%` says, or as the first one has.
    fn polymeter(&mut self, layers: Vec<Steps<T>>) -> Result<Vec<Item<T>>, PatternError> {
        let pace = match self.skip('%') {
            true => Some(self.factor()?),
            false => layers.first().map(|first| weight(first)),
        };
        let pace = pace.filter(|pace| *pace > Beats::ZERO);
        let pace = pace.unwrap_or(Beats::whole(1));
        Ok(layers.into_iter().map(|l| paced(l, Some(pace))).collect())
    }

    /// Steps up to a comma, a closing letter or the end.
    fn steps(&mut self, close: Option<Close>) -> Result<Steps<T>, PatternError> {
        let mut groups: Vec<Steps<T>> = Vec::new();
        let mut steps: Steps<T> = Vec::new();
        let (mut work, mut counted) = (0.0, 0);
        loop {
            self.spaces();
            let at = self.at;
            match self.peek() {
                None | Some(',' | ']' | '>' | '}') => break,
                Some('|') => {
                    return self.fail(at, "`|` is not supported: use `< >` for a choice");
                }
                Some('.') if self.stands_alone() => {
                    self.next();
                    groups.push(std::mem::take(&mut steps));
                    counted = 0;
                }
                Some('_') if self.stands_alone() => {
                    self.next();
                    match steps.last_mut() {
                        Some((_, weight)) => *weight = *weight + Beats::whole(1),
                        None => return self.fail(at, "`_` has no step before it"),
                    }
                }
                Some('!') => {
                    self.next();
                    match steps.last().cloned() {
                        Some(step) => steps.push(step),
                        None => return self.fail(at, "`!` has no step before it"),
                    }
                }
                Some(_) => self.step(&mut steps)?,
            }
            work += work_of([steps.get(counted..).unwrap_or_default()]);
            counted = steps.len();
            self.affordable(work, at)?;
        }
        if groups.is_empty() {
            return Ok(steps);
        }
        groups.push(steps);
        if close == Some(Close::Polymeter) {
            return self.fail(self.at, "`.` cannot stand in `{ }`: use `[ ]`");
        }
        let one = Beats::whole(1);
        Ok(groups.into_iter().map(|g| (sequence(g), one)).collect())
    }

    /// Whether the letter here has nothing but space or a closing letter after it.
    fn stands_alone(&self) -> bool {
        let next = self.rest().chars().nth(1);
        next.is_none_or(|c| {
            c.is_whitespace() || matches!(c, ']' | '>' | '}' | ',' | '@' | '*' | '!')
        })
    }

    /// One step with its modifiers.
    fn step(&mut self, steps: &mut Steps<T>) -> Result<(), PatternError> {
        let start = self.at;
        let mut item = self.term()?;
        let mut weight = Beats::whole(1);
        let mut times = 1;
        loop {
            let at = self.at;
            match self.peek() {
                Some('*') => {
                    self.next();
                    item = Item::Fast(self.factor()?, Box::new(item));
                }
                Some('/') => {
                    self.next();
                    item = Item::Fast(Beats::whole(1) / self.factor()?, Box::new(item));
                }
                Some('@') => {
                    self.next();
                    weight = self.factor()?;
                }
                Some('!') => {
                    self.next();
                    times = match self.peek() {
                        Some(c) if c.is_ascii_digit() => self.whole()?,
                        _ => times + 1,
                    };
                }
                Some('?') => {
                    self.next();
                    let odds = self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.');
                    let odds = if odds { self.decimal()?.as_f64() } else { 0.5 };
                    if odds > 1.0 {
                        return self.fail(at, "a probability after `?` is from 0 to 1");
                    }
                    item = Item::Degrade(odds, at as u64, Box::new(item));
                }
                Some('(') => {
                    self.next();
                    item = self.euclid(item)?;
                }
                Some(':') => return self.fail(at, "`:` is not supported"),
                _ => break,
            }
            item = self.bounded(item, start)?;
        }
        self.affordable(density(&item) * times as f64, start)?;
        for _ in 0..times {
            steps.push((item.clone(), weight));
        }
        Ok(())
    }

    /// A word, a rest or a group.
    fn term(&mut self) -> Result<Item<T>, PatternError> {
        let at = self.at;
        match self.peek() {
            Some('[') => {
                self.next();
                self.stack(Some(Close::Group))
            }
            Some('<') => {
                self.next();
                self.stack(Some(Close::Alternation))
            }
            Some('{') => {
                self.next();
                self.stack(Some(Close::Polymeter))
            }
            Some('~' | '-') => {
                self.next();
                Ok(Item::Rest)
            }
            _ => self.word(at),
        }
    }

    fn word(&mut self, at: usize) -> Result<Item<T>, PatternError> {
        while self.peek().is_some_and(|c| {
            !c.is_whitespace()
                && !matches!(
                    c,
                    '[' | ']'
                        | '<'
                        | '>'
                        | '{'
                        | '}'
                        | '('
                        | ')'
                        | ','
                        | '*'
                        | '/'
                        | '!'
                        | '@'
                        | '?'
                        | ':'
                        | '|'
                        | '~'
                        | '%'
                        | '_'
                )
        }) {
            self.next();
        }
        let word = self.text.get(at..self.at).unwrap_or_default();
        if word.is_empty() {
            let found = self.peek().unwrap_or(' ');
            return self.fail(at, format!("`{found}` cannot stand here"));
        }
        match (self.read)(word) {
            Ok(value) => Ok(Item::Value(value)),
            Err(message) => self.fail(at, message),
        }
    }

    /// `(k,n)` or `(k,n,r)`.
    fn euclid(&mut self, item: Item<T>) -> Result<Item<T>, PatternError> {
        let at = self.at;
        let mut numbers = Vec::new();
        loop {
            self.spaces();
            numbers.push(self.whole()?);
            self.spaces();
            match self.next() {
                Some(',') if numbers.len() < 3 => {}
                Some(')') => break,
                _ => return self.fail(at, "Euclid is written `(3,8)` or `(3,8,2)`"),
            }
        }
        let [pulses, steps, rotation] = match numbers[..] {
            [pulses, steps] => [pulses, steps, 0],
            [pulses, steps, rotation] => [pulses, steps, rotation],
            _ => return self.fail(at, "Euclid is written `(3,8)` or `(3,8,2)`"),
        };
        if steps == 0 || pulses > steps {
            return self.fail(
                at,
                "Euclid takes at most as many pulses as steps, and a step at least",
            );
        }
        self.affordable(density(&item) * steps as f64, at)?;
        let one = Beats::whole(1);
        let steps = rhythm(pulses, steps, rotation).into_iter();
        let steps = steps.map(|on| (if on { item.clone() } else { Item::Rest }, one));
        Ok(Item::Sequence(steps.collect()))
    }

    /// A factor: greater than zero.
    fn factor(&mut self) -> Result<Beats, PatternError> {
        let at = self.at;
        match self.decimal()? {
            zero if zero == Beats::ZERO => self.fail(at, "this number must be greater than 0"),
            number => Ok(number),
        }
    }

    /// A whole number up to the bound on steps.
    fn whole(&mut self) -> Result<usize, PatternError> {
        let at = self.at;
        let (numerator, denominator) = self.decimal()?.fraction();
        match usize::try_from(numerator) {
            Ok(number) if denominator == 1 => Ok(number),
            _ => self.fail(at, "a whole number is expected here"),
        }
    }

    /// `3`, `1.5`, `.25`: at most 4096 and three decimals, so that fractions stay exact.
    fn decimal(&mut self) -> Result<Beats, PatternError> {
        let at = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
            self.next();
        }
        let text = self.text.get(at..self.at).unwrap_or_default();
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        if (whole.is_empty() && decimals.is_empty()) || decimals.contains('.') {
            return self.fail(at, "a number is expected here");
        }
        let digits = format!("{whole}{decimals:0<3}").parse::<i64>();
        match digits {
            Ok(n) if n <= MAX_STEPS as i64 * 1000 && decimals.len() <= 3 => Ok(Beats::new(n, 1000)),
            _ => self.fail(
                at,
                format!("a number is at most {MAX_STEPS}, with three decimals"),
            ),
        }
    }

    /// Refuses what would be too much work for one cycle.
    fn bounded(&self, item: Item<T>, at: usize) -> Result<Item<T>, PatternError> {
        self.affordable(density(&item), at)?;
        Ok(item)
    }

    fn affordable(&self, steps: f64, at: usize) -> Result<(), PatternError> {
        if steps > MAX_STEPS as f64 {
            return self.fail(
                at,
                format!("this makes more than {MAX_STEPS} steps a cycle"),
            );
        }
        Ok(())
    }
}

fn work_of<T>(layers: impl IntoIterator<Item = impl AsRef<[(Item<T>, Beats)]>>) -> f64 {
    let layers = layers.into_iter();
    layers
        .map(|layer| {
            layer
                .as_ref()
                .iter()
                .map(|(item, _)| density(item))
                .sum::<f64>()
        })
        .sum()
}

/// At most so many steps, rests included, begin in one cycle.
fn density<T>(item: &Item<T>) -> f64 {
    match item {
        Item::Rest | Item::Value(_) => 1.0,
        Item::Sequence(items) => items.iter().map(|(item, _)| density(item)).sum(),
        Item::Stack(items) => items.iter().map(density).sum(),
        Item::Fast(factor, item) => density(item) * factor.as_f64().ceil().max(1.0),
        Item::Degrade(_, _, item) => density(item),
    }
}

fn weight<T>(steps: &Steps<T>) -> Beats {
    steps.iter().fold(Beats::ZERO, |sum, (_, w)| sum + *w)
}

fn sequence<T>(mut steps: Steps<T>) -> Item<T> {
    match (steps.len(), steps.pop()) {
        (_, None) => Item::Rest,
        (1, Some((item, _))) => item,
        (_, Some(last)) => {
            steps.push(last);
            Item::Sequence(steps)
        }
    }
}

/// Steps at their own pace: so many a cycle, one if nothing is said.
fn paced<T>(steps: Steps<T>, pace: Option<Beats>) -> Item<T> {
    let total = weight(&steps);
    if total == Beats::ZERO {
        return Item::Rest;
    }
    let factor = pace.unwrap_or(Beats::whole(1)) / total;
    Item::Fast(factor, Box::new(sequence(steps)))
}

fn one_or_stack<T>(mut layers: Vec<Item<T>>) -> Item<T> {
    match (layers.len(), layers.pop()) {
        (_, None) => Item::Rest,
        (1, Some(layer)) => layer,
        (_, Some(last)) => {
            layers.push(last);
            Item::Stack(layers)
        }
    }
}

/// Bjorklund's even spread of pulses over steps, turned left by `rotation`.
fn rhythm(pulses: usize, steps: usize, rotation: usize) -> Vec<bool> {
    let mut heads = vec![vec![true]; pulses];
    let mut tails = vec![vec![false]; steps - pulses];
    while !heads.is_empty() && tails.len() > 1 {
        let pairs = heads.len().min(tails.len());
        let rest = if heads.len() > pairs {
            heads.split_off(pairs)
        } else {
            tails.split_off(pairs)
        };
        for (head, tail) in heads.iter_mut().zip(tails) {
            head.extend(tail);
        }
        tails = rest;
    }
    let mut all: Vec<bool> = heads.into_iter().chain(tails).flatten().collect();
    let turn = rotation % all.len().max(1);
    all.rotate_left(turn);
    all
}

#[cfg(test)]
mod tests {
    use super::super::Pattern;
    use super::*;

    fn error(text: &str) -> PatternError {
        let read = |word: &str| match word {
            "x" => Err("`x` means nothing".to_owned()),
            _ => Ok(word.to_owned()),
        };
        Pattern::parse(text, read).unwrap_err()
    }

    #[test]
    fn errors_say_where() {
        for (text, at) in [
            ("a [b c", 2),
            ("a b]", 3),
            ("a <b> c>", 7),
            ("ä x", 3),
            ("_ a", 0),
            ("! a", 0),
            ("a*0", 2),
            ("a*", 2),
            ("a*<2 3>", 2),
            ("a@x", 2),
            ("a(3)", 2),
            ("a(9,8)", 2),
            ("a | b", 2),
            ("a:3", 1),
            ("a?2", 1),
            ("a)", 1),
            ("a%4", 1),
            ("a!1.5", 2),
            ("a*1.2.3", 2),
            ("a*99999", 2),
            ("[a*64]*65", 0),
            ("a (3,8)", 2),
        ] {
            assert_eq!(error(text).at, at, "{text}: {}", error(text));
        }
        assert_eq!(error("a x").message, "`x` means nothing");
    }

    #[test]
    fn nothing_grows_without_bound() {
        let nested = "[".repeat(20) + "a" + &"]*9".repeat(20);
        assert!(error(&nested).message.contains("more than 4096 steps"));
        let repeated = "[".repeat(10) + "a" + &"]!99".repeat(10);
        assert!(error(&repeated).message.contains("more than 4096 steps"));
        assert!(error(&"[".repeat(100)).message.contains("nested"));
        assert!(error(&"a ".repeat(5000)).message.contains("4096"));
    }

    #[test]
    fn euclid_gives_the_known_rhythms() {
        let text = |k, n, r| -> String {
            let steps = rhythm(k, n, r).into_iter();
            steps.map(|on| if on { 'x' } else { '.' }).collect()
        };
        assert_eq!(text(3, 8, 0), "x..x..x.");
        assert_eq!(text(5, 8, 0), "x.xx.xx.");
        assert_eq!(text(2, 5, 0), "x.x..");
        assert_eq!(text(4, 12, 0), "x..x..x..x..");
        assert_eq!(text(5, 12, 0), "x..x.x..x.x.");
        assert_eq!(text(7, 16, 0), "x..x.x.x..x.x.x.");
        assert_eq!(text(3, 8, 2), ".x..x.x.");
        assert_eq!(text(0, 3, 0), "...");
    }
}
