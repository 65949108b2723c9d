//! Score text (YAML 1.2 or JSON) as a tree of nodes that know their place.
//!
//! Text comes from strangers: its size, depth and number of nodes are bounded, and aliases are
//! counted as often as they are used. This room knows nothing of scores.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::error::{Fault, Problem};

/// The longest text that is read: 3 MiB, so that it still fits into an instance's input.
pub const MAX_BYTES: usize = 3 << 20;
/// How deep lists and maps may be nested.
pub const MAX_DEPTH: usize = 64;
/// How many nodes a text may have, aliases counted as often as they are used.
pub const MAX_NODES: usize = 400_000;

/// Where something stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Line, 1 is the first.
    pub line: usize,
    /// Column in characters, 1 is the first.
    pub column: usize,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

impl Place {
    /// The beginning of a text.
    pub const START: Self = Self {
        line: 1,
        column: 1,
        start: 0,
        end: 0,
    };

    /// The place of a byte of `text`; beyond its end counts as the end.
    pub fn of_byte(text: &str, byte: usize) -> Self {
        let mut start = byte.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            start,
            end: start,
        }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number, always finite.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// Names and their values, in order, no name twice.
    Map(Vec<Entry>),
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The name.
    pub key: String,
    /// Where the name stands.
    pub place: Place,
    /// The value.
    pub node: Node,
}

impl Node {
    /// Reads a text with exactly one document.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.len() > MAX_BYTES {
            return Err(Fault::new(Place::START, Problem::TooLarge));
        }
        Builder::new(text).run(text)
    }

    /// The value of `key`, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.node),
            _ => None,
        }
    }

    /// The same as JSON, without places.
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

    /// What it is, in a word, for messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Int(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::String(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    fn count(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Node::count).sum(),
            Value::Map(entries) => entries.iter().map(|e| 1 + e.node.count()).sum(),
            _ => 0,
        }
    }

    fn depth(&self) -> usize {
        1 + match &self.value {
            Value::List(items) => items.iter().map(Node::depth).max().unwrap_or(0),
            Value::Map(entries) => entries.iter().map(|e| e.node.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }
}

/// A list or map that is not yet closed.
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

    fn run(mut self, text: &str) -> Result<Node, Fault> {
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                let byte = self.byte(error.marker().index());
                let place = Place::of_byte(text, byte);
                Fault::new(place, Problem::Syntax(error.info().to_owned()))
            })?;
            self.event(event, span)?;
        }
        self.root
            .ok_or_else(|| Fault::new(Place::START, Problem::Empty))
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

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let place = self.place(span);
        let fault = |problem| Err(Fault::new(place, problem));
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return fault(Problem::SeveralDocuments);
                }
            }
            Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, Some(_))
            | Event::MappingStart(_, Some(_)) => return fault(Problem::Tag),
            Event::Scalar(text, style, anchor, None) => {
                self.nodes += 1;
                let value = match style {
                    ScalarStyle::Plain => plain(&text),
                    _ => Some(Value::String(text.into_owned())),
                };
                let Some(value) = value else {
                    return fault(Problem::NotANumber);
                };
                self.put(Node { place, value }, anchor)?;
            }
            Event::SequenceStart(anchor, None) => {
                self.enter(anchor, place, OpenKind::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, None) => {
                self.enter(
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
                    self.put(Node { place, value }, open.anchor)?;
                }
            }
            Event::Alias(id) => {
                let Some((node, size)) = self.anchors.get(&id) else {
                    return fault(Problem::Syntax("an alias stands inside itself".into()));
                };
                self.nodes += size;
                if self.nodes > MAX_NODES {
                    return fault(Problem::TooManyNodes);
                }
                if self.open.len() + node.depth() > MAX_DEPTH {
                    return fault(Problem::TooDeep);
                }
                let node = node.clone();
                self.put(Node { place, ..node }, 0)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn enter(&mut self, anchor: usize, place: Place, kind: OpenKind) -> Result<(), Fault> {
        self.nodes += 1;
        if self.open.len() >= MAX_DEPTH {
            return Err(Fault::new(place, Problem::TooDeep));
        }
        self.open.push(Open {
            anchor,
            place,
            kind,
        });
        Ok(())
    }

    /// A node is complete: it goes into the innermost open list or map.
    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        let place = node.place;
        if self.nodes > MAX_NODES {
            return Err(Fault::new(place, Problem::TooManyNodes));
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
                    return Err(Fault::new(place, Problem::KeyIsNotText));
                };
                if !names.insert(name.clone()) {
                    return Err(Fault::new(place, Problem::DuplicateKey { key: name }));
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

/// Where the last value of a list or map ends.
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

/// An unquoted scalar by the core schema of YAML 1.2. `None`: a number that is not finite.
fn plain(text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => return number(text),
    })
}

fn number(text: &str) -> Option<Value> {
    let string = || Some(Value::String(text.to_owned()));
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(hex) = text.strip_prefix("0x") {
        return i64::from_str_radix(hex, 16).map_or_else(|_| string(), |i| Some(Value::Int(i)));
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return i64::from_str_radix(octal, 8).map_or_else(|_| string(), |i| Some(Value::Int(i)));
    }
    if matches!(digits, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return None;
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        || !digits.contains(|c: char| c.is_ascii_digit())
        || !digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'))
    {
        return string();
    }
    if let Ok(whole) = text.parse() {
        return Some(Value::Int(whole));
    }
    match text.parse::<f64>() {
        Ok(float) => float.is_finite().then_some(Value::Float(float)),
        Err(_) => string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Node {
        Node::parse(text).unwrap()
    }

    #[test]
    fn scalars_follow_yaml_1_2() {
        let node = parse(
            "[yes, true, ~, 12, -3, 1.5, 1e3, 0x1F, 0o17, \"12\", 'true', 1.0.0, 4/4, 1:30, +7, .5, -]"
                .replace(", -]", "]")
                .as_str(),
        );
        assert_eq!(
            node.to_json(),
            serde_json::json!([
                "yes", true, null, 12, -3, 1.5, 1000.0, 31, 15, "12", "true", "1.0.0", "4/4",
                "1:30", 7, 0.5
            ])
        );
    }

    #[test]
    fn json_is_read_the_same_way() {
        let text = r#"{"Title": "a", "Notes": [{"Id": 1, "L": "1/8."}], "none": null}"#;
        assert_eq!(
            parse(text).to_json(),
            serde_json::from_str::<serde_json::Value>(text).unwrap()
        );
    }

    #[test]
    fn places_are_exact_after_letters_of_several_bytes() {
        let text = "ä: ö\nkey:\n  - \"ü\"\n  - word\n";
        let node = parse(text);
        let word = match &node.get("key").unwrap().value {
            Value::List(items) => &items[1],
            _ => panic!("not a list"),
        };
        assert_eq!((word.place.line, word.place.column), (4, 5));
        assert_eq!(&text[word.place.start..word.place.end], "word");
        let quoted = node.get("ä").unwrap();
        assert_eq!((quoted.place.line, quoted.place.column), (1, 4));
    }

    #[test]
    fn a_key_twice_is_refused_where_it_stands_again() {
        let fault = Node::parse("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!((fault.place.line, fault.place.column), (3, 1));
        assert!(matches!(fault.problem, Problem::DuplicateKey { key } if key == "a"));
    }

    #[test]
    fn what_would_blow_up_is_refused() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        assert!(matches!(
            Node::parse(&deep).unwrap_err().problem,
            Problem::TooDeep
        ));
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for i in 1..12 {
            let row = vec![format!("*a{}", i - 1); 9].join(", ");
            bomb += &format!("a{i}: &a{i} [{row}]\n");
        }
        assert!(matches!(
            Node::parse(&bomb).unwrap_err().problem,
            Problem::TooManyNodes
        ));
        assert!(matches!(
            Node::parse(&" ".repeat(MAX_BYTES + 1)).unwrap_err().problem,
            Problem::TooLarge
        ));
        assert!(matches!(
            Node::parse("a: &a [*a]").unwrap_err().problem,
            Problem::Syntax(_)
        ));
        assert!(Node::parse("").is_err() && Node::parse("a: 1\n---\nb: 2").is_err());
        assert!(Node::parse("a: .nan").is_err() && Node::parse("a: !!str 1").is_err());
    }

    #[test]
    fn aliases_stand_for_what_they_name() {
        assert_eq!(
            parse("a: &x [1, 2]\nb: *x").to_json(),
            serde_json::json!({"a": [1, 2], "b": [1, 2]})
        );
    }

    proptest::proptest! {
        #![proptest_config(crate::seed::cases(256))]

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Node::parse(&text);
        }

        #[test]
        fn no_yaml_like_text_panics(text in "([-:?&*!|>'\"%@`{}\\[\\],# \n~a0.]|<<|\\t|: |- |\n  )*") {
            let _ = Node::parse(&text);
        }
    }
}
