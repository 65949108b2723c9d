//! The parser of patterns.

use super::{
    Beats, MAX_DEPTH, MAX_STEPS, PatternError, ValueError, bound::density, item::Item, word::Word,
};

/// Parses a whole text. `read` turns a word into its values, which sound together.
pub(super) fn pattern<T: Clone>(
    text: &str,
    read: &dyn Fn(&str) -> Result<Vec<T>, ValueError>,
) -> Result<Item<T>, PatternError> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    let words = reader.stack(None)?;
    reader.affordable(density(&words), 0)?;
    let item = words.map(&mut |word| match read(&word.text) {
        Ok(values) => {
            let values = values.into_iter().map(Item::Value).collect();
            Ok(one_or_stack(values))
        }
        Err(error) => reader.fail(word.at + error.at, error.message),
    })?;
    // A word may have several values.
    reader.affordable(density(&item), 0)?;
    Ok(item)
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

pub(super) struct Reader<'a> {
    pub text: &'a str,
    pub at: usize,
    pub depth: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn rest(&self) -> &'a str {
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

    /// Whether the letter after the next one is such a letter.
    pub(super) fn followed_by(&self, is: impl Fn(char) -> bool) -> bool {
        self.rest().chars().nth(1).is_some_and(is)
    }

    fn skip(&mut self, letter: char) -> bool {
        let found = self.peek() == Some(letter);
        if found {
            self.at += letter.len_utf8();
        }
        found
    }

    pub(super) fn spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    pub(super) fn fail<U>(&self, at: usize, message: impl Into<String>) -> Result<U, PatternError> {
        let message = message.into();
        Err(PatternError { at, message })
    }

    /// Lists of steps with `,` or `|` between them, up to the closing bracket or the end.
    fn stack(&mut self, close: Option<Close>) -> Result<Item<Word<'a>>, PatternError> {
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
        if matches!(close, Some(Close::Alternation | Close::Polymeter))
            && layers.iter().any(Vec::is_empty)
        {
            return self.fail(opened, "expected at least one step in these brackets");
        }
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
    fn polymeter(
        &mut self,
        layers: Vec<Steps<Word<'a>>>,
    ) -> Result<Vec<Item<Word<'a>>>, PatternError> {
        let pace = match self.skip('%') {
            true => self.factor()?,
            false => Item::Value(layers.first().map_or(Beats::ZERO, weight)),
        };
        Ok(layers.into_iter().map(|l| paced(l, &pace)).collect())
    }

    /// An argument of a Euclidean rhythm.
    pub(super) fn argument(&mut self) -> Result<Item<Word<'a>>, PatternError> {
        let at = self.at;
        let steps = self.steps()?;
        match steps.is_empty() {
            true => self.fail(at, "expected a number"),
            false => Ok(sequence(steps)),
        }
    }

    /// Steps up to `,`, `|`, a closing bracket or the end.
    fn steps(&mut self) -> Result<Steps<Word<'a>>, PatternError> {
        let mut groups: Vec<Steps<Word<'a>>> = Vec::new();
        let mut steps: Steps<Word<'a>> = Vec::new();
        let (mut work, mut counted) = (0.0, 0);
        self.spaces();
        // Strudel marks lists with it; it changes nothing that is heard.
        self.skip('^');
        loop {
            self.spaces();
            let at = self.at;
            match self.peek() {
                None | Some(',' | '|' | ']' | '>' | '}' | ')') => break,
                Some('.') if self.rest().starts_with("..") => {
                    let range = self.range(steps.pop())?;
                    counted = counted.min(steps.len());
                    self.modifiers(range, at, &mut steps)?;
                }
                Some('.') if self.is_single() => {
                    self.next();
                    groups.push(std::mem::take(&mut steps));
                    counted = 0;
                }
                Some(letter @ ('!' | '@')) => {
                    return self.fail(at, format!("`{letter}` needs a step before it"));
                }
                Some('_') if self.is_single() || self.followed_by(|c| c.is_ascii_digit()) => {
                    return self.fail(at, "`_` needs a step before it");
                }
                Some(_) => {
                    let item = self.term()?;
                    self.modifiers(item, at, &mut steps)?;
                }
            }
            work += work_of([steps.get(counted..).unwrap_or_default()]);
            counted = steps.len();
            self.affordable(work + groups.len() as f64, at)?;
        }
        if groups.is_empty() {
            return Ok(steps);
        }
        match (steps.is_empty(), groups.len()) {
            (true, 1) => return self.fail(self.at, "`.` needs steps after it"),
            (true, _) => {}
            (false, _) => groups.push(steps),
        }
        let one = Beats::whole(1);
        Ok(groups.into_iter().map(|g| (sequence(g), one)).collect())
    }

    /// Whether this character is a word by itself.
    pub(super) fn is_single(&self) -> bool {
        let next = self.rest().chars().nth(1);
        next.is_none_or(|c| c.is_whitespace() || "])>},|@*/!?(".contains(c))
    }

    /// A word, a rest or a group.
    pub(super) fn term(&mut self) -> Result<Item<Word<'a>>, PatternError> {
        let close = match self.peek() {
            Some('[') => Close::Group,
            Some('<') => Close::Alternation,
            Some('{') => Close::Polymeter,
            Some('~') => {
                self.next();
                return Ok(Item::Rest);
            }
            // Not the sign of a number.
            Some('-') if !self.followed_by(|c| c.is_alphanumeric() || c == '.') => {
                self.next();
                return Ok(Item::Rest);
            }
            _ => return self.word(),
        };
        self.next();
        let group = self.stack(Some(close))?;
        self.continued(group)
    }

    /// Refuses an item that is too much work for one cycle.
    pub(super) fn bounded<T>(&self, item: Item<T>, at: usize) -> Result<Item<T>, PatternError> {
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

pub(super) fn sequence<T>(mut steps: Steps<T>) -> Item<T> {
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
    sequence(steps).fast(factor)
}

/// Layers at the same time.
pub(super) fn one_or_stack<T>(mut layers: Vec<Item<T>>) -> Item<T> {
    match (layers.len(), layers.pop()) {
        (_, None) => Item::Rest,
        (1, Some(layer)) => layer,
        (_, Some(last)) => {
            layers.push(last);
            Item::Stack(layers)
        }
    }
}
