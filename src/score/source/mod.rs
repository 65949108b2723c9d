//! Score text (YAML 1.2 or JSON) as a tree of nodes with positions.
//!
//! The text is untrusted: its size, depth and number of nodes are bounded, and every use of an alias
//! counts as its own copy. This module knows nothing about scores.

mod parse;
mod scalar;

#[cfg(test)]
mod tests;

use super::{error::Diagnostic, place::Place};

/// The longest text that is parsed: 3 MiB, so that it still fits into an instance's input.
pub const MAX_BYTES: usize = 3 << 20;
/// The deepest nesting of lists and maps.
pub const MAX_DEPTH: usize = 64;
/// The largest number of nodes in a text; every use of an alias counts.
pub const MAX_NODES: usize = 600_000;

/// A value and its position.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its position.
    pub place: Place,
    /// Its value.
    pub value: Value,
}

/// The value of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Null.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number, always finite.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// Entries in source order; keys are unique.
    Map(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The position of the key.
    pub place: Place,
    /// The value.
    pub node: Node,
}

impl Node {
    /// Parses a text that holds exactly one document.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        parse::document(text)
    }

    /// The value of `key`, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.node),
            _ => None,
        }
    }

    /// The node at a JSON pointer, or the innermost one on the way that exists.
    pub fn descend(&self, pointer: &str) -> &Node {
        let mut node = self;
        for part in pointer.split('/').skip(1) {
            let key = part.replace("~1", "/").replace("~0", "~");
            let next = match &node.value {
                Value::List(items) => key.parse().ok().and_then(|at: usize| items.get(at)),
                _ => node.get(&key),
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        node
    }

    /// This tree as JSON, without positions.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(b) => (*b).into(),
            Value::Int(i) => (*i).into(),
            Value::Float(f) => (*f).into(),
            Value::String(s) => s.as_str().into(),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|e| (e.key.clone(), e.node.to_json()))
                .collect::<serde_json::Map<_, _>>()
                .into(),
        }
    }

    /// The kind of value, for messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a number",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The number of nodes in this tree, itself and its keys included.
    fn count(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Node::count).sum(),
            Value::Map(entries) => entries.iter().map(|e| 1 + e.node.count()).sum(),
            _ => 0,
        }
    }

    /// The number of levels of this tree.
    fn depth(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Node::depth).max().unwrap_or(0),
            Value::Map(entries) => entries.iter().map(|e| e.node.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }
}
