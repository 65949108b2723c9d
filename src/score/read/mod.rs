//! From nodes to a document: every word is known, refused by name, or an error with its place.
//!
//! Several errors are collected. What is wrong is left out (`None`), so that the rest can still be
//! looked at; a document is only handed out if nothing was wrong.

mod authentication;
mod call;
mod catch;
mod events;
mod head;
mod hint;
mod http;
mod instruments;
mod music;
mod reuse;
mod run;
mod schedule;
mod shape;
mod task;
mod values;

use std::collections::{HashMap, HashSet};

pub(super) use head::document;
use reuse::Function;

use super::{
    document::Retry,
    error::{Fault, Problem},
    instrument::Instrument,
    source::{Entry, Node, Place, Value},
};

/// More errors than this help nobody.
const MAX_FAULTS: usize = 40;

/// Words of the standard that Fermata will not perform, and why.
const REFUSED: [(&str, &str); 9] = [
    (
        "container",
        "a score runs no programs; `run: { workflow: ... }` runs another score",
    ),
    (
        "script",
        "a score runs no programs; `run: { workflow: ... }` runs another score, and jq expressions work on data",
    ),
    (
        "shell",
        "a score runs no programs; `run: { workflow: ... }` runs another score",
    ),
    ("grpc", "Fermata speaks HTTP only: use `call: http`"),
    (
        "asyncapi",
        "Fermata speaks HTTP only: use `call: http`, or `emit` and `listen`",
    ),
    ("mcp", "Fermata speaks HTTP only: use `call: http`"),
    ("a2a", "Fermata speaks HTTP only: use `call: http`"),
    (
        "extensions",
        "what happens around a task must be seen in its place: write it there, as tasks or a function",
    ),
    (
        "secrets",
        "a score, its data and its history are shown to everybody, and Fermata keeps nothing secret: \
         give what is needed as input",
    ),
];

/// What is to be said of a word that Fermata does not perform.
fn unperformed(word: &str) -> Option<Problem> {
    let refused = REFUSED.iter().find(|(known, _)| *known == word);
    refused.map(|(word, reason)| Problem::Refused {
        word: (*word).to_owned(),
        reason,
    })
}

/// A map, and what it is in words.
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

/// Where a text comes from, which decides what patches and SoundFonts it can name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'a> {
    /// Nowhere in particular.
    Text,
    /// A file in this folder.
    Folder(&'a std::path::Path),
    /// A history, which must be read whatever has become of the files it was written with.
    History,
}

/// The state of reading.
struct Reader<'a> {
    text: &'a str,
    origin: Origin<'a>,
    /// Where each line begins.
    lines: Vec<usize>,
    faults: Vec<Fault>,
    /// Variables besides the standard's that are in scope.
    scope: Vec<String>,
    instruments: Vec<Instrument>,
    /// `use.retries`.
    retries: HashMap<String, Retry>,
    /// `use.errors`.
    errors: HashMap<String, super::Template>,
    /// `use.authentications`.
    authentications: HashMap<String, super::http::Policy>,
    /// `use.timeouts`.
    timeouts: HashMap<String, std::time::Duration>,
    /// `use.functions`.
    functions: HashMap<String, Function>,
    /// The names of `use.catalogs`.
    catalogs: Vec<String>,
    /// The names of all tasks, wherever they stand.
    task_names: HashSet<String>,
    /// Expressions that are compiled, by their text and the variables in scope.
    expressions: HashMap<(String, Vec<String>), super::Expression>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, origin: Origin<'a>) -> Self {
        let after_newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            origin,
            lines: std::iter::once(0).chain(after_newlines).collect(),
            faults: Vec::new(),
            scope: Vec::new(),
            instruments: Vec::new(),
            retries: HashMap::new(),
            errors: HashMap::new(),
            authentications: HashMap::new(),
            timeouts: HashMap::new(),
            functions: HashMap::new(),
            catalogs: Vec::new(),
            task_names: HashSet::new(),
            expressions: HashMap::new(),
        }
    }

    /// Notes a problem; `None`, so that it can end a function.
    fn wrong<T>(&mut self, place: Place, problem: Problem) -> Option<T> {
        if !self.is_full() {
            self.faults.push(Fault::new(place, problem));
        }
        None
    }

    /// Whether so much is wrong that nothing more is told: then nothing need be found out for it.
    fn is_full(&self) -> bool {
        self.faults.len() >= MAX_FAULTS
    }

    fn wrong_type<T>(&mut self, node: &Node, expected: &'static str) -> Option<T> {
        let found = node.kind();
        self.wrong(node.place, Problem::WrongType { expected, found })
    }

    /// A map, whatever its keys.
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

    /// A map with these keys and no others.
    fn map<'n>(&mut self, node: &'n Node, owner: &'static str, known: &[&str]) -> Option<Map<'n>> {
        let map = self.any_map(node, owner)?;
        self.keys(map, known);
        Some(map)
    }

    fn keys(&mut self, map: Map<'_>, known: &[&str]) {
        for entry in map.entries {
            let key = entry.key.as_str();
            if known.contains(&key) || self.is_full() {
                continue;
            }
            if let Some(problem) = unperformed(key) {
                self.wrong::<()>(entry.place, problem);
                continue;
            }
            let problem = Problem::UnknownKey {
                key: key.to_owned(),
                owner: map.owner,
                hint: hint::hint(key, known),
            };
            self.wrong::<()>(entry.place, problem);
        }
    }

    /// The value of a key that must be there.
    fn need<'n>(&mut self, map: Map<'n>, key: &'static str) -> Option<&'n Node> {
        match map.get(key) {
            Some(node) => Some(node),
            // A slip in this very word, or a word in its stead, has been told already.
            None if self.is_told(map, key) => None,
            None => {
                let owner = map.owner;
                self.wrong(map.node.place, Problem::Missing { key, owner })
            }
        }
    }

    fn is_told(&self, map: Map<'_>, key: &str) -> bool {
        let of_map = |fault: &&Fault| map.entries.iter().any(|e| e.place == fault.place);
        self.faults
            .iter()
            .filter(of_map)
            .any(|fault| match &fault.problem {
                Problem::UnknownKey { hint, .. } => hint.contains(&format!("`{key}`?")),
                Problem::Refused { .. } => true,
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

    /// A text of a certain form, made into a value by `read`.
    fn word<T>(
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
        self.wrong(node.place, Problem::Invalid { value, expected })
    }

    fn whole<T: TryFrom<i64>>(
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
            _ => self.wrong_type(node, "true or false"),
        }
    }

    /// The place of a byte of a scalar's text: exact where the source shows the text as it is,
    /// else the beginning of the scalar.
    fn inside(&self, scalar: &Node, text: &str, byte: usize) -> Place {
        let source = |from: usize| self.text.get(from..).unwrap_or_default();
        let start = scalar.place.start;
        let one_line = !text.contains('\n');
        let begin = [start, start + 1]
            .into_iter()
            .find(|from| one_line && source(*from).starts_with(text));
        match begin {
            Some(begin) => self.place(begin + byte),
            None => scalar.place,
        }
    }

    /// The place of a byte of the source.
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

    /// The line of a byte of the source, 1 is the first.
    fn line(&self, byte: usize) -> usize {
        self.lines.partition_point(|start| *start <= byte).max(1)
    }

    /// The last line of something that ends before `end`, trailing space not counted.
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
