//! From parser events to a tree of nodes.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{Entry, MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, Value, scalar};
use crate::score::{
    error::{Diagnostic, Problem},
    place::Place,
};

/// Parses a text that holds exactly one document.
pub(super) fn document(text: &str) -> Result<Node, Diagnostic> {
    if text.len() > MAX_BYTES {
        let problem = Problem::TooLarge { max: MAX_BYTES };
        return Err(Diagnostic::new(Place::START, problem));
    }
    Builder::new(text).run(text)
}

/// A list or map that is still open.
struct Open {
    anchor: usize,
    place: Place,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map(Vec<Entry>, HashSet<String>, Option<(String, Place)>),
}

struct Builder {
    /// Byte offset of every character, and of the end.
    bytes: Vec<usize>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    root: Option<Node>,
    documents: usize,
}

impl Builder {
    fn new(text: &str) -> Self {
        let ends = [text.len()];
        Self {
            bytes: text.char_indices().map(|(i, _)| i).chain(ends).collect(),
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            root: None,
            documents: 0,
        }
    }

    fn run(mut self, text: &str) -> Result<Node, Diagnostic> {
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                let byte = self.byte(error.marker().index());
                let place = Place::of_byte(text, byte);
                Diagnostic::new(place, Problem::Syntax(explained(error.info())))
            })?;
            self.event(event, span)?;
        }
        self.root
            .ok_or_else(|| Diagnostic::new(Place::START, Problem::Empty))
    }

    fn byte(&self, character: usize) -> usize {
        let end = self.bytes.last().copied().unwrap_or(0);
        self.bytes.get(character).copied().unwrap_or(end)
    }

    fn place(&self, span: Span) -> Place {
        Place {
            line: span.start.line(),
            column: span.start.col() + 1,
            start: self.byte(span.start.index()),
            end: self.byte(span.end.index()),
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        let place = self.place(span);
        let error = |problem| Err(Diagnostic::new(place, problem));
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return error(Problem::SeveralDocuments);
                }
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => return error(Problem::Tag),
            Event::Scalar(text, style, anchor, None) => {
                self.nodes += 1;
                let value = match style {
                    ScalarStyle::Plain => scalar::plain(&text),
                    _ => Some(Value::String(text.into_owned())),
                };
                let Some(value) = value else {
                    return error(Problem::NotFinite);
                };
                self.add(Node { place, value }, anchor)?;
            }
            Event::SequenceStart(anchor, None) => {
                self.open(anchor, place, OpenKind::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, None) => {
                self.open(
                    anchor,
                    place,
                    OpenKind::Map(Vec::new(), HashSet::new(), None),
                )?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let value = match open.kind {
                        OpenKind::List(items) => Value::List(items),
                        OpenKind::Map(entries, ..) => Value::Map(entries),
                    };
                    // A block ends with its last value, not where the next token begins.
                    let end = if span.is_empty() {
                        last_end(&value).unwrap_or(open.place.end)
                    } else {
                        place.end
                    };
                    let place = Place { end, ..open.place };
                    self.add(Node { place, value }, open.anchor)?;
                }
            }
            Event::Alias(id) => {
                let Some((node, size)) = self.anchors.get(&id) else {
                    return error(Problem::Syntax(
                        "an alias refers to the node that contains it".into(),
                    ));
                };
                self.nodes += size;
                if self.nodes > MAX_NODES {
                    return error(Problem::TooManyNodes { max: MAX_NODES });
                }
                if self.open.len() + node.depth() > MAX_DEPTH {
                    return error(Problem::TooDeep { max: MAX_DEPTH });
                }
                let node = node.clone();
                self.add(Node { place, ..node }, 0)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn open(&mut self, anchor: usize, place: Place, kind: OpenKind) -> Result<(), Diagnostic> {
        self.nodes += 1;
        if self.open.len() >= MAX_DEPTH {
            return Err(Diagnostic::new(place, Problem::TooDeep { max: MAX_DEPTH }));
        }
        self.open.push(Open {
            anchor,
            place,
            kind,
        });
        Ok(())
    }

    /// Adds a complete node to the innermost open list or map.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Diagnostic> {
        let place = node.place;
        if self.nodes > MAX_NODES {
            return Err(Diagnostic::new(
                place,
                Problem::TooManyNodes { max: MAX_NODES },
            ));
        }
        if anchor != 0 {
            let size = node.count();
            self.nodes += size;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(OpenKind::List(items)) => items.push(node),
            Some(OpenKind::Map(_, names, key @ None)) => {
                let Some(name) = as_key(&node) else {
                    return Err(Diagnostic::new(place, Problem::KeyIsNotText));
                };
                if !names.insert(name.clone()) {
                    return Err(Diagnostic::new(place, Problem::DuplicateKey { key: name }));
                }
                *key = Some((name, place));
            }
            Some(OpenKind::Map(entries, _, key)) => {
                if let Some((key, place)) = key.take() {
                    entries.push(Entry { key, place, node });
                }
            }
        }
        Ok(())
    }
}

/// The end of the last value of a list or map.
fn last_end(value: &Value) -> Option<usize> {
    match value {
        Value::List(items) => items.last().map(|item| item.place.end),
        Value::Map(entries) => entries.last().map(|e| e.place.end.max(e.node.place.end)),
        _ => None,
    }
}

/// A key as text: `1:` and `true:` are the keys "1" and "true".
fn as_key(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        _ => None,
    }
}

/// What the parser says, with what to do about it.
fn explained(message: &str) -> String {
    let remedies = [
        (
            "mapping values are not allowed",
            "put a text with `: ` in it in quotes, or indent the lines below by two more spaces",
        ),
        (
            "did not find expected key",
            "the lines of a map begin at the same column; close all quotes and brackets",
        ),
        (
            "did not find expected '-' indicator",
            "the items of a list begin with `- ` at the same column",
        ),
        (
            "found character that cannot start any token",
            "indent with spaces, not tabs, and put texts that begin with @ ` % in quotes",
        ),
        ("tab", "indent with spaces, not tabs"),
        (
            "while scanning a quoted scalar",
            "close the text with the same quote with which it begins",
        ),
        ("unclosed", "close the quote or bracket"),
        (
            "did not find expected ',' or ']'",
            "close the list with `]`, and put texts with commas or brackets in quotes",
        ),
        (
            "did not find expected ',' or '}'",
            "close the map with `}`, and put texts with commas or braces in quotes",
        ),
        (
            "unknown anchor",
            "define it first, as in `&name value`; put a text that begins with `*` in quotes",
        ),
        (
            "while scanning an anchor or alias",
            "put a text that begins with `*` or `&` in quotes",
        ),
        ("simple key", "a key and its `:` stand on one line"),
        (
            "invalid indentation",
            "indent by the same number of spaces as the lines around",
        ),
        (
            "expected",
            "put texts with special signs in quotes, and check the indentation",
        ),
    ];
    let lower = message.to_lowercase();
    let remedy = remedies.iter().find(|(part, _)| lower.contains(part));
    match remedy {
        Some((_, remedy)) => format!("{message}: {remedy}"),
        None => format!("{message}: check the quotes and the indentation"),
    }
}
