//! Warnings: what a score may say, but hardly means.

use std::collections::HashSet;

use super::Reader;
use crate::score::{
    error::{Diagnostic, Problem},
    expression,
    instrument::{Instrument, Port, Voice},
    place::Place,
    source::{Node, Value},
    task::{Task, TaskKind, Then},
};

/// The most warnings that are kept.
const MAX_WARNINGS: usize = 100;
/// The channels of a MIDI port that are not for drums.
const CHANNELS: usize = 15;

impl Reader<'_> {
    /// Notes a warning.
    pub(super) fn warn(&mut self, place: Place, message: impl Into<String>) {
        if self.warnings.len() < MAX_WARNINGS {
            let problem = Problem::Other(message.into());
            self.warnings.push(Diagnostic::new(place, problem));
        }
    }

    /// Warns of a velocity of 1.0, which is the softest one and not 100 %.
    pub(super) fn warn_of_full_share(&mut self, node: &Node) {
        if matches!(node.value, Value::Float(share) if share == 1.0) && !self.is_stored() {
            let message = "a velocity is a number from 1 to 127, and 1 can hardly be heard: for 100 % write 127";
            self.warn(node.place, message);
        }
    }

    /// Warns of texts that look like expressions and are none, at any depth.
    pub(super) fn warn_of_texts(&mut self, node: &Node) {
        match &node.value {
            Value::String(text) => self.warn_of_text(node, text),
            Value::List(items) => items.iter().for_each(|item| self.warn_of_texts(item)),
            Value::Map(entries) => {
                for entry in entries {
                    self.warn_of_key(&entry.key, entry.place);
                    self.warn_of_texts(&entry.node);
                }
            }
            _ => {}
        }
    }

    fn warn_of_text(&mut self, node: &Node, text: &str) {
        let trimmed = text.trim();
        if expression::inside(text).is_some() {
            return;
        }
        if trimmed.starts_with("${") {
            let message = "this expression is never closed with `}`, so it is a plain text: a `#` in YAML \
                           begins a comment; put the whole text in quotes";
            return self.warn(node.place, message);
        }
        if let Some(at) = text.find("${") {
            let place = self.inside(node, text, at);
            let message = "a text with an expression inside is not evaluated: make the whole text one \
                           expression, such as ${ \"Hello \\(.name)!\" }";
            return self.warn(place, message);
        }
        if let Some(at) = text
            .find("{{")
            .filter(|at| text.get(*at..).is_some_and(|rest| rest.contains("}}")))
        {
            let place = self.inside(node, text, at);
            let message = "`{{ }}` is plain text: write an expression as ${ .name }";
            return self.warn(place, message);
        }
        if is_bare_path(trimmed) {
            let message =
                format!("`{trimmed}` is plain text: write ${{ {trimmed} }} for the value");
            self.warn(node.place, message);
        }
    }

    fn warn_of_key(&mut self, key: &str, place: Place) {
        if key == "<<" {
            let message = "`<<` is a plain key: YAML 1.2 has no merge keys; write the entries out";
            self.warn(place, message);
        } else if key.trim_start().starts_with("${") {
            let message = "keys are not evaluated: make the whole map an expression, such as ${ {(.key): .value} }";
            self.warn(place, message);
        }
    }

    /// Warns of tasks of a list that nothing leads to. `places`: those of their names.
    pub(super) fn warn_of_unreachable(&mut self, tasks: &[Task], places: &[Place]) {
        let mut reached = HashSet::new();
        let mut open = vec![0];
        while let Some(index) = open.pop() {
            let Some(task) = tasks.get(index).filter(|_| reached.insert(index)) else {
                continue;
            };
            for then in ways_out(task) {
                match then {
                    Then::Continue => open.push(index + 1),
                    Then::Task(other) => open.push(other),
                    Then::Exit | Then::End => {}
                }
            }
        }
        for (index, (task, place)) in tasks.iter().zip(places).enumerate() {
            if !reached.contains(&index) {
                let message = format!(
                    "nothing leads to the task `{}`: remove it, or let a `then` name it",
                    task.name
                );
                self.warn(*place, message);
            }
        }
    }

    /// Warns of instruments of a MIDI port that must share a channel with others.
    pub(super) fn warn_of_shared_channels(&mut self, root: &Node, instruments: &[Instrument]) {
        let crowded = crowded(instruments).into_iter().map(|one| one.name.clone());
        for name in crowded.collect::<Vec<_>>() {
            let path = ["document", "metadata", "fermata", "instruments", &name];
            let message = format!(
                "`{name}` shares a MIDI channel with another sound, because its port has only 16: move an \
                 instrument to another port, or use one instrument with several programs"
            );
            self.warn(place_of_key(root, &path), message);
        }
    }

    /// Warns of instruments that nothing in the document names.
    pub(super) fn warn_of_unused_instruments(&mut self, root: &Node, instruments: &[Instrument]) {
        // What an expression returns is known when it plays.
        if !self.declares_instruments || self.chooses_instruments {
            return;
        }
        let mut texts = Vec::new();
        collect_texts(root, &mut texts);
        let unused: Vec<_> = instruments
            .iter()
            .map(|instrument| instrument.name.clone())
            .filter(|name| !texts.iter().any(|text| text.contains(name.as_str())))
            .collect();
        for name in unused {
            let place = place_of_key(
                root,
                &["document", "metadata", "fermata", "instruments", &name],
            );
            self.warn(
                place,
                format!(
                    "nothing plays the instrument `{name}`: remove it, or name it in a `call: play`"
                ),
            );
        }
    }
}

/// The instruments of MIDI ports that have no free channel for them. Kits have one of their own.
pub fn crowded(instruments: &[Instrument]) -> Vec<&Instrument> {
    let takes_one = |one: &Instrument| !matches!(one.voice, Voice::Kit(_));
    let has_none = |(index, one): &(usize, &Instrument)| {
        let earlier = instruments.iter().take(*index);
        let same = earlier.filter(|other| other.ports == one.ports && takes_one(other));
        let is_named = one.ports.first().is_some_and(|port| *port != Port::Synth);
        is_named && !one.has_own_channel && takes_one(one) && same.count() >= CHANNELS
    };
    let crowded = instruments.iter().enumerate().filter(has_none);
    crowded.map(|(_, one)| one).collect()
}

/// What may come after a task.
fn ways_out(task: &Task) -> Vec<Then> {
    let mut ways = match &task.kind {
        TaskKind::Switch(cases) => {
            let mut ways: Vec<Then> = cases.iter().map(|case| case.then).collect();
            let has_default = cases.iter().any(|case| case.when.is_none());
            if !has_default {
                ways.push(task.then);
            }
            ways
        }
        TaskKind::Raise(_) => Vec::new(),
        TaskKind::Try(tried) => vec![task.then, tried.catch.then.unwrap_or(task.then)],
        _ => vec![task.then],
    };
    // A task that is skipped continues with its `then`, too.
    if task.condition.is_some() {
        ways.push(task.then);
    }
    ways
}

/// Whether a text is something like `.order.id`.
fn is_bare_path(text: &str) -> bool {
    let mut letters = text.chars();
    let begins = letters.next() == Some('.')
        && letters
            .next()
            .is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
    let rest =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '[' | ']');
    begins && text.chars().all(rest) && !text.ends_with('.')
}

fn collect_texts<'n>(node: &'n Node, texts: &mut Vec<&'n str>) {
    match &node.value {
        Value::String(text) => texts.push(text),
        Value::List(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Map(entries) => {
            // What an instrument is made of names no instrument.
            let others = entries.iter().filter(|entry| entry.key != "instruments");
            others.for_each(|entry| collect_texts(&entry.node, texts));
        }
        _ => {}
    }
}

/// Where a key is; the start of the text if it is not there.
fn place_of_key(root: &Node, path: &[&str]) -> Place {
    let (mut node, mut place) = (root, Place::START);
    for key in path {
        let Value::Map(entries) = &node.value else {
            break;
        };
        let Some(entry) = entries.iter().find(|entry| entry.key == *key) else {
            break;
        };
        (node, place) = (&entry.node, entry.place);
    }
    place
}
