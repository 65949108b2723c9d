//! The reader of scores: from nodes to a document.
//!
//! Every key is read, refused as unsupported, or an error. Errors are collected: a value with an error
//! becomes `None`, so that the rest is still checked; a document is returned only without errors.

mod authentication;
mod automation;
mod call;
mod catch;
pub(super) mod concerto;
mod events;
mod function;
mod head;
mod http;
mod instrument_choice;
mod instruments;
mod listening;
mod metadata;
mod meter;
mod misplaced;
mod music;
mod play;
mod reuse;
mod run;
mod scalar;
mod schedule;
mod secrets;
mod shape;
mod task;
mod templates;
mod token;
mod unsupported;
mod warnings;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use super::suggest::suggest;
pub(super) use automation::MAX_POINTS;
use function::Function;
pub(super) use head::document;
pub(super) use listening::listening_score;
use misplaced::misplaced;
use unsupported::unsupported;
pub use warnings::crowded;

use super::{
    error::{Diagnostic, Problem, Suggestion},
    instrument::Instrument,
    place::Place,
    source::{Entry, Node, Value},
    task::Retry,
    value_error::ValueError,
};
use crate::music::Bank;

/// The most errors that are reported.
const MAX_DIAGNOSTICS: usize = 40;

/// A map and its description.
#[derive(Clone, Copy)]
struct Map<'n> {
    node: &'n Node,
    entries: &'n [Entry],
    owner: &'static str,
}

impl<'n> Map<'n> {
    fn get(self, key: &str) -> Option<&'n Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    fn entry(self, key: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

/// The origin of a text, which decides which patches and SoundFonts it can name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'a> {
    /// A text without a file: the built-in patches.
    Text,
    /// A file in this folder: the sounds of the bank. Those in the folder are added to it.
    Folder(&'a Path, &'a Bank),
    /// A history, which must stay readable when those files are gone: any.
    History,
}

/// The state of the reader.
struct Reader<'a> {
    text: &'a str,
    origin: Origin<'a>,
    /// The byte at which each line starts.
    lines: Vec<usize>,
    diagnostics: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
    /// Variables in scope besides the standard ones.
    scope: Vec<String>,
    instruments: Vec<Instrument>,
    /// Whether the score declares instruments, even wrong ones.
    declares_instruments: bool,
    /// Whether an expression chooses an instrument.
    chooses_instruments: bool,
    /// `use.retries`.
    retries: HashMap<String, Retry>,
    /// `use.errors`.
    errors: HashMap<String, super::Template>,
    /// `use.authentications`.
    authentications: HashMap<String, super::http::Policy>,
    /// `use.secrets`.
    secrets: secrets::Secrets,
    /// `use.timeouts`.
    timeouts: HashMap<String, super::Span>,
    /// `use.functions`.
    functions: HashMap<String, Function>,
    /// The names of `use.catalogs`.
    catalogs: Vec<String>,
    /// The names of all tasks at any depth.
    task_names: HashSet<String>,
    /// Compiled expressions by their text and the variables in scope.
    expressions: HashMap<(String, Vec<String>), super::Expression>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, origin: Origin<'a>) -> Self {
        let after_newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            origin,
            lines: std::iter::once(0).chain(after_newlines).collect(),
            diagnostics: Vec::new(),
            warnings: Vec::new(),
            scope: Vec::new(),
            instruments: Vec::new(),
            declares_instruments: false,
            chooses_instruments: false,
            retries: HashMap::new(),
            errors: HashMap::new(),
            authentications: HashMap::new(),
            secrets: secrets::Secrets::default(),
            timeouts: HashMap::new(),
            functions: HashMap::new(),
            catalogs: Vec::new(),
            task_names: HashSet::new(),
            expressions: HashMap::new(),
        }
    }

    /// Reports a problem. Returns `None`, so that it can end a function.
    fn report<T>(&mut self, place: Place, problem: Problem) -> Option<T> {
        if !self.is_full() {
            self.diagnostics.push(Diagnostic::new(place, problem));
        }
        None
    }

    /// Whether the text is stored in a history: nobody reads warnings of it.
    fn is_stored(&self) -> bool {
        matches!(self.origin, Origin::History)
    }

    /// Whether no further errors are reported.
    fn is_full(&self) -> bool {
        self.diagnostics.len() >= MAX_DIAGNOSTICS
    }

    fn wrong_type<T>(&mut self, node: &Node, expected: &'static str) -> Option<T> {
        let found = node.kind();
        self.report(node.place, Problem::WrongType { expected, found })
    }

    /// Reports an error in a value, at the part that is wrong.
    fn wrong_value<T>(&mut self, node: &Node, error: ValueError) -> Option<T> {
        let part = node.descend(&error.pointer);
        let place = match &part.value {
            Value::String(text) if error.at > 0 => self.inside(part, text, error.at),
            _ => part.place,
        };
        self.report(place, error.message.into())
    }

    /// A map with any keys.
    fn any_map<'n>(&mut self, node: &'n Node, owner: &'static str) -> Option<Map<'n>> {
        match &node.value {
            Value::Map(entries) => Some(Map {
                node,
                entries,
                owner,
            }),
            _ => self.wrong_type(node, "a map"),
        }
    }

    /// A map with only these keys.
    fn map<'n>(&mut self, node: &'n Node, owner: &'static str, known: &[&str]) -> Option<Map<'n>> {
        if !matches!(node.value, Value::Map(_)) && !known.is_empty() {
            let found = node.kind();
            let message = format!(
                "expected a map, found {found}; {owner} takes: {}",
                known.join(", ")
            );
            return self.report(node.place, message.into());
        }
        let map = self.any_map(node, owner)?;
        self.check_keys(map, known);
        Some(map)
    }

    fn check_keys(&mut self, map: Map<'_>, known: &[&str]) {
        for entry in map.entries {
            let key = entry.key.as_str();
            if known.contains(&key) || self.is_full() {
                continue;
            }
            if let Some(remedy) = misplaced(key) {
                let message = format!("unknown key `{key}` in {}; {remedy}", map.owner);
                self.report::<()>(entry.place, message.into());
                continue;
            }
            if let Some(problem) = unsupported(key) {
                self.report::<()>(entry.place, problem);
                continue;
            }
            let problem = Problem::UnknownKey {
                key: key.to_owned(),
                owner: map.owner,
                suggestion: suggest(key, known),
            };
            self.report::<()>(entry.place, problem);
        }
    }

    /// The value of a required key.
    fn require<'n>(&mut self, map: Map<'n>, key: &'static str) -> Option<&'n Node> {
        match map.get(key) {
            Some(node) => Some(node),
            // The key was mistyped, or something unsupported is in its place.
            None if self.is_reported(map, key) => None,
            None => {
                let owner = map.owner;
                self.report(map.node.place, Problem::Missing { key, owner })
            }
        }
    }

    fn is_reported(&self, map: Map<'_>, key: &str) -> bool {
        let in_map =
            |found: &&Diagnostic| map.entries.iter().any(|entry| entry.place == found.place);
        self.diagnostics
            .iter()
            .filter(in_map)
            .any(|found| match &found.problem {
                Problem::UnknownKey { suggestion, .. } => {
                    matches!(suggestion, Suggestion::DidYouMean(meant) if meant == key)
                }
                Problem::Unsupported { .. } => true,
                _ => false,
            })
    }

    fn list<'n>(&mut self, node: &'n Node, expected: &'static str) -> Option<&'n [Node]> {
        match &node.value {
            Value::List(items) => Some(items),
            _ => self.wrong_type(node, expected),
        }
    }

    fn string<'n>(&mut self, node: &'n Node, expected: &'static str) -> Option<&'n str> {
        match &node.value {
            Value::String(text) => Some(text),
            _ => self.wrong_type(node, expected),
        }
    }

    /// A string that `read` accepts.
    fn parsed<T>(
        &mut self,
        node: &Node,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.string(node, expected)?;
        match read(text) {
            Some(value) => Some(value),
            None => self.invalid(node, expected),
        }
    }

    fn invalid<T>(&mut self, node: &Node, expected: &'static str) -> Option<T> {
        if self.is_full() {
            return None;
        }
        let value = match &node.value {
            Value::String(text) => text.clone(),
            _ => node.to_json().to_string(),
        };
        let value = value.chars().take(60).collect();
        self.report(node.place, Problem::Invalid { value, expected })
    }

    fn integer<T: TryFrom<i64>>(
        &mut self,
        node: &Node,
        range: std::ops::RangeInclusive<i64>,
        expected: &'static str,
    ) -> Option<T> {
        match node.value {
            Value::Int(number) if range.contains(&number) => T::try_from(number).ok(),
            Value::Int(_) => self.invalid(node, expected),
            _ => self.wrong_type(node, expected),
        }
    }

    fn number(
        &mut self,
        node: &Node,
        range: std::ops::RangeInclusive<f64>,
        expected: &'static str,
    ) -> Option<f64> {
        let number = match node.value {
            Value::Int(number) => number as f64,
            Value::Float(number) => number,
            _ => return self.wrong_type(node, expected),
        };
        match range.contains(&number) {
            true => Some(number),
            false => self.invalid(node, expected),
        }
    }

    fn boolean(&mut self, node: &Node) -> Option<bool> {
        match node.value {
            Value::Bool(yes) => Some(yes),
            _ => self.wrong_type(node, "a boolean"),
        }
    }

    /// The position of a byte of a scalar's text; the start of the scalar if escapes hide it.
    fn inside(&self, scalar: &Node, text: &str, byte: usize) -> Place {
        let source = self.text.get(scalar.place.start..).unwrap_or_default();
        match scalar::offset(source, text, byte) {
            Some(offset) => self.place(scalar.place.start + offset),
            None => scalar.place,
        }
    }

    /// The position of a byte of the source.
    fn place(&self, byte: usize) -> Place {
        let line = self.line(byte);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(start..byte).unwrap_or_default();
        Place {
            line,
            column: before.chars().count() + 1,
            start: byte,
            end: byte,
        }
    }

    /// The line of a byte of the source, counted from 1.
    fn line(&self, byte: usize) -> usize {
        self.lines.partition_point(|start| *start <= byte).max(1)
    }

    /// The last line of something that ends before `end`, without trailing space.
    fn last_line(&self, end: usize) -> usize {
        let text = self.text.get(..end).unwrap_or(self.text);
        self.line(text.trim_end().len().saturating_sub(1))
    }

    /// Runs `read` with more variables in scope.
    fn with_scope<T>(&mut self, names: &[&str], read: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.scope.len();
        self.scope
            .extend(names.iter().map(|name| (*name).to_owned()));
        let result = read(self);
        self.scope.truncate(before);
        result
    }
}
