//! The parser of patterns.

use super::{Item, MAX_DEPTH, MAX_STEPS, PatternError, ValueError, bound::density};
use crate::music::Beats;

/// Parses a whole text.
pub(super) fn pattern<T: Clone>(
    text: &str,
    read: &dyn Fn(&str) -> Result<T, ValueError>,
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

/// The brackets around a list of steps.
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
pub(super) type Steps<T> = Vec<(Item<T>, Beats)>;

pub(super) struct Reader<'a, T> {
    pub text: &'a str,
    pub at: usize,
    pub depth: usize,
    pub read: &'a dyn Fn(&str) -> Result<T, ValueError>,
}

impl<T: Clone> Reader<'_, T> {
    pub(super) fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
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

    pub(super) fn fail<U>(&self, at: usize, message: impl Into<String>) -> Result<U, PatternError> {
        let message = message.into();
        Err(PatternError { at, message })
    }

    /// Lists of steps with `,` or `|` between them, up to the closing bracket or the end.
    fn stack(&mut self, close: Option<Close>) -> Result<Item<T>, PatternError> {
        let opened = self.at.saturating_sub(1);
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail(
                opened,
                format!("groups are nested more than {MAX_DEPTH} levels deep"),
            );
        }
        let mut layers = vec![self.steps()?];
        let mut work = work_of(&layers);
        let separator = self.peek().filter(|letter| matches!(letter, ',' | '|'));
        let here = self.at;
        while separator.is_some_and(|letter| self.skip(letter)) {
            layers.push(self.steps()?);
            work += layers.last().map_or(0.0, |layer| work_of([layer])).max(1.0);
            self.affordable(work, opened)?;
        }
        self.closed(close, opened)?;
        self.depth -= 1;
        if separator == Some('|') {
            return match close {
                None | Some(Close::Group) => {
                    let layers = layers.into_iter().map(sequence).collect();
                    Ok(Item::Choice(here as u64, layers))
                }
                _ => self.fail(here, "`|` is only allowed in `[ ]`: write `<[a | b] c>`"),
            };
        }
        let layers = match close {
            None | Some(Close::Group) => layers.into_iter().map(sequence).collect(),
            Some(Close::Alternation) => {
                let one = Item::Value(Beats::whole(1));
                layers.into_iter().map(|l| paced(l, &one)).collect()
            }
            Some(Close::Polymeter) => self.polymeter(layers)?,
        };
        Ok(one_or_stack(layers))
    }

    /// Consumes the closing bracket.
    fn closed(&mut self, close: Option<Close>, opened: usize) -> Result<(), PatternError> {
        let at = self.at;
        match (close, self.next()) {
            (None, None) => Ok(()),
            (Some(close), Some(letter)) if close.letter() == letter => Ok(()),
            (Some(close), None) => self.fail(
                opened,
                format!(
                    "this bracket is never closed: `{}` is missing",
                    close.letter()
                ),
            ),
            (_, Some(',' | '|')) => self.fail(
                at,
                "`,` and `|` cannot be mixed in one pair of brackets: put one of them in `[ ]`",
            ),
            (_, found) => {
                let found = found.unwrap_or(' ');
                self.fail(at, format!("unmatched `{found}`"))
            }
        }
    }

    /// `{ }`: every layer plays as many steps per cycle as `%` says, or as the first layer has.
    fn polymeter(&mut self, layers: Vec<Steps<T>>) -> Result<Vec<Item<T>>, PatternError> {
        let pace = match self.skip('%') {
            true => self.factor()?,
            false => {
                let first = layers.first().map_or(Beats::ZERO, |first| weight(first));
                Item::Value(match first > Beats::ZERO {
                    true => first,
                    false => Beats::whole(1),
                })
            }
        };
        Ok(layers.into_iter().map(|l| paced(l, &pace)).collect())
    }

    /// An argument of a Euclidean rhythm.
    pub(super) fn argument(&mut self) -> Result<Item<T>, PatternError> {
        let at = self.at;
        let steps = self.steps()?;
        match steps.is_empty() {
            true => self.fail(at, "expected a number"),
            false => Ok(sequence(steps)),
        }
    }

    /// Steps up to `,`, `|`, a closing bracket or the end.
    fn steps(&mut self) -> Result<Steps<T>, PatternError> {
        let mut groups: Vec<Steps<T>> = Vec::new();
        let mut steps: Steps<T> = Vec::new();
        let (mut work, mut counted, mut last) = (0.0, 0, self.at..self.at);
        loop {
            self.spaces();
            let at = self.at;
            match self.peek() {
                None | Some(',' | '|' | ']' | '>' | '}' | ')') => break,
                Some('.') if self.rest().starts_with("..") => {
                    self.at += 2;
                    self.spaces();
                    let from = self.text.get(last.clone()).unwrap_or_default();
                    let range = self.range(from, last.start.min(at))?;
                    steps.pop();
                    counted = counted.min(steps.len());
                    self.modifiers(range, at, &mut steps)?;
                }
                Some('.') if self.is_single() => {
                    self.next();
                    groups.push(std::mem::take(&mut steps));
                    counted = 0;
                }
                Some('_') if self.is_single() => {
                    self.next();
                    match steps.last_mut() {
                        Some((_, weight)) => *weight = *weight + Beats::whole(1),
                        None => return self.fail(at, "`_` needs a step before it"),
                    }
                }
                Some('!') => {
                    self.next();
                    let times = self.repeats(2)?;
                    let Some((item, weight)) = steps.last().cloned() else {
                        return self.fail(at, "`!` needs a step before it");
                    };
                    self.copies(&item, weight, 1..times, at, &mut steps)?;
                }
                Some(_) => {
                    let item = self.term()?;
                    self.modifiers(item, at, &mut steps)?;
                }
            }
            last = at..self.at;
            work += work_of([steps.get(counted..).unwrap_or_default()]);
            counted = steps.len();
            self.affordable(work + groups.len() as f64, at)?;
        }
        if groups.is_empty() {
            return Ok(steps);
        }
        groups.push(steps);
        let one = Beats::whole(1);
        Ok(groups.into_iter().map(|g| (sequence(g), one)).collect())
    }

    /// Whether this character is a word by itself.
    fn is_single(&self) -> bool {
        let next = self.rest().chars().nth(1);
        next.is_none_or(|c| c.is_whitespace() || "])>},|@*/!?(".contains(c))
    }

    /// A word, a rest or a group.
    pub(super) fn term(&mut self) -> Result<Item<T>, PatternError> {
        let close = match self.peek() {
            Some('[') => Close::Group,
            Some('<') => Close::Alternation,
            Some('{') => Close::Polymeter,
            Some('~') => {
                self.next();
                return Ok(Item::Rest);
            }
            Some('-') if self.is_single() => {
                self.next();
                return Ok(Item::Rest);
            }
            _ => return self.plain(),
        };
        self.next();
        self.stack(Some(close))
    }

    /// A word.
    pub(super) fn plain(&mut self) -> Result<Item<T>, PatternError> {
        let at = self.at;
        while let Some(letter) = self.peek() {
            let word = self.text.get(at..self.at).unwrap_or_default();
            let fraction = letter == '%' && word.bytes().all(|byte| byte.is_ascii_digit());
            let ends = letter.is_whitespace()
                || "[]<>{}(),*/!@?|~_".contains(letter)
                || (letter == '%' && (!fraction || word.is_empty()))
                || self.rest().starts_with("..");
            if ends {
                break;
            }
            self.next();
        }
        let word = self.text.get(at..self.at).unwrap_or_default();
        if word.is_empty() {
            let found = self.peek().unwrap_or(' ');
            let message = match found {
                '(' | '*' | '/' | '@' | '?' => {
                    format!("`{found}` must directly follow a step")
                }
                _ => format!("unexpected `{found}`"),
            };
            return self.fail(at, message);
        }
        match (self.read)(word) {
            Ok(value) => Ok(Item::Value(value)),
            Err(error) => self.fail(at + error.at, error.message),
        }
    }

    /// Refuses an item that is too much work for one cycle.
    pub(super) fn bounded(&self, item: Item<T>, at: usize) -> Result<Item<T>, PatternError> {
        self.affordable(density(&item), at)?;
        Ok(item)
    }

    pub(super) fn affordable(&self, steps: f64, at: usize) -> Result<(), PatternError> {
        if steps > MAX_STEPS as f64 {
            return self.fail(at, format!("more than {MAX_STEPS} steps in a cycle"));
        }
        Ok(())
    }
}

fn work_of<T>(layers: impl IntoIterator<Item = impl AsRef<[(Item<T>, Beats)]>>) -> f64 {
    let steps = |layer: &[(Item<T>, Beats)]| -> f64 { layer.iter().map(|(i, _)| density(i)).sum() };
    layers.into_iter().map(|layer| steps(layer.as_ref())).sum()
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

/// Steps at a pace of their own, in steps per cycle.
fn paced<T>(steps: Steps<T>, pace: &Item<Beats>) -> Item<T> {
    let total = weight(&steps);
    if total == Beats::ZERO {
        return Item::Rest;
    }
    let factor = pace.clone().map_numbers(&|pace| pace / total);
    Item::Fast(Box::new(factor), Box::new(sequence(steps)))
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
