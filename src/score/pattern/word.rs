//! Words of a pattern, before they mean something.
//!
//! The parts of a word are joined by a colon or an apostrophe: `c4:90`, `c'maj`. A part may be a pattern in
//! brackets.

use std::borrow::Cow;

use super::{MAX_STEPS, PatternError, item::Item, parse::Reader};

/// A word and where it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word<'a> {
    pub text: Cow<'a, str>,
    /// The position in the pattern, a byte.
    pub at: usize,
}

/// How the parts of a word are joined.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    /// A colon: the step keeps its length.
    Colon,
    /// An apostrophe: the pattern behind it divides the step.
    Apostrophe,
}

impl Joint {
    fn of(letter: char) -> Option<Self> {
        match letter {
            ':' => Some(Self::Colon),
            '\'' => Some(Self::Apostrophe),
            _ => None,
        }
    }
}

impl<'a> Reader<'a> {
    /// A word.
    pub(super) fn word(&mut self) -> Result<Item<Word<'a>>, PatternError> {
        let at = self.at;
        let text = self.letters();
        if text.is_empty() {
            let found = self.peek().unwrap_or(' ');
            let message = match found {
                '(' | '*' | '/' | '@' | '?' => {
                    format!("`{found}` must directly follow a step")
                }
                _ => format!("unexpected `{found}`"),
            };
            return self.fail(at, message);
        }
        let text = Cow::Borrowed(text);
        self.continued(Item::Value(Word { text, at }))
    }

    /// What follows an item without a space: parts that are joined to its words.
    pub(super) fn continued(
        &mut self,
        mut words: Item<Word<'a>>,
    ) -> Result<Item<Word<'a>>, PatternError> {
        loop {
            let at = self.at;
            if let Some(joint) = self.joint_before_bracket() {
                if !matches!(words, Item::Value(_)) {
                    let message = "only one part of a word can be a pattern in brackets";
                    return self.fail(at, message);
                }
                let tails = self.term()?;
                words = joined(words, joint, &tails);
                self.affordable_item(&words, at)?;
            } else if self.peek().and_then(Joint::of).is_some() {
                let tail = self.letters();
                let tail = Word {
                    text: Cow::Borrowed(tail),
                    at,
                };
                words = joined(words, Joint::Apostrophe, &Item::Value(tail));
            } else {
                return Ok(words);
            }
        }
    }

    /// The joint that has just been read, if a bracket follows it.
    fn joint_before_bracket(&self) -> Option<Joint> {
        let bracket = self.peek().is_some_and(|letter| "<[{".contains(letter));
        let before = self.text.get(..self.at)?.chars().next_back()?;
        Joint::of(before).filter(|_| bracket)
    }

    /// The letters of a word.
    fn letters(&mut self) -> &'a str {
        let at = self.at;
        while let Some(letter) = self.peek() {
            let word = self.text.get(at..self.at).unwrap_or_default();
            let fraction = letter == '%' && word.bytes().all(|byte| byte.is_ascii_digit());
            let ends = match letter {
                // The bass of a chord: `Am/C`.
                '/' => word.is_empty() || !self.followed_by(|next| ('A'..='G').contains(&next)),
                '%' => !fraction || word.is_empty(),
                letter => letter.is_whitespace() || "[]<>{}(),*!@?|~_".contains(letter),
            };
            if ends || self.rest().starts_with("..") {
                break;
            }
            self.next();
        }
        self.text.get(at..self.at).unwrap_or_default()
    }

    fn affordable_item(&self, words: &Item<Word<'_>>, at: usize) -> Result<(), PatternError> {
        let mut count = 0;
        words.each(&mut |_| count += 1);
        match count > MAX_STEPS {
            true => self.fail(at, format!("more than {MAX_STEPS} steps in a cycle")),
            false => Ok(()),
        }
    }
}

/// Every word with every one of the tails.
fn joined<'a>(words: Item<Word<'a>>, joint: Joint, tails: &Item<Word<'a>>) -> Item<Word<'a>> {
    let with_tails = |head: Word<'a>| {
        let with_tail = |tail: Word<'a>| {
            Item::Value(Word {
                text: format!("{}{}", head.text, tail.text).into(),
                at: head.at,
            })
        };
        let whole = mapped(tails.clone(), with_tail);
        match (joint, &whole) {
            (_, Item::Value(_)) | (Joint::Apostrophe, _) => whole,
            (Joint::Colon, _) => Item::Sample(Box::new(whole)),
        }
    };
    mapped(words, with_tails)
}

fn mapped<T, U>(item: Item<T>, mut change: impl FnMut(T) -> Item<U>) -> Item<U> {
    let changed: Result<_, std::convert::Infallible> = item.map(&mut |value| Ok(change(value)));
    match changed {
        Ok(item) => item,
    }
}
