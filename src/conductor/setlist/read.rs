//! The reader of set lists.
//!
//! Errors are collected, so that one reading finds all of them.

mod tour;

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::{Piece, PieceScore, PieceStart, PreviousPiece, Setlist};
use crate::score::{
    self, BUNDLED, Diagnostic, Place, Problem, ScoreError, ScoreErrors, Suggestion,
    source::{Entry, Node, Value},
    suggest,
};

/// The most pieces of a set list.
pub const MAX_PIECES: usize = 500;
/// The longest title, in characters.
const MAX_TITLE: usize = 200;
/// The longest notes of a piece, in bytes.
const MAX_NOTES: usize = 64 * 1024;
/// The highest bar that a piece can start at.
const MAX_BAR: i64 = 10_000;
/// The most errors that are reported.
const MAX_ERRORS: usize = 40;

const SETLIST_KEYS: [&str; 2] = ["title", "pieces"];
const PIECE_KEYS: [&str; 7] = [
    "score", "title", "input", "notes", "start", "previous", "tour",
];

/// Whether a text is a set list, judged by its keys. A score always has a `document`.
pub fn is_setlist(text: &str) -> bool {
    let Ok(node) = Node::parse(text) else {
        return false;
    };
    let has = |key| node.get(key).is_some();
    let is_score = has("document") || has("do") || has("Notes");
    has("pieces") || (has("title") && !is_score)
}

/// Whether a file is a set list, judged by its content. A file that cannot be read is none.
pub fn is_setlist_file(path: &Path) -> bool {
    let bytes = path.is_file().then(|| score::import::read_bytes(path));
    let text = bytes.and_then(|bytes| String::from_utf8(bytes.ok()?).ok());
    text.is_some_and(|text| is_setlist(&text))
}

/// Finds what else is wrong with a set list that could be read: what this layer knows nothing about, such as the
/// keys that a tour presses.
pub type SetlistCheck = fn(&Setlist) -> Vec<Diagnostic>;

impl Setlist {
    /// Reads the set list in a file. Its scores are found, but not read.
    ///
    /// # Errors
    ///
    /// [`ScoreErrors`] if the file cannot be read, or with all errors in it.
    pub fn load(path: &Path, check: SetlistCheck) -> Result<Self, ScoreErrors> {
        let unreadable = |reason: String| ScoreErrors::Unreadable {
            path: path.to_owned(),
            reason,
        };
        let bytes = score::import::read_bytes(path)?;
        let text =
            String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))?;
        Self::parse(&text, path, check)
    }

    /// Reads the text of the set list in a file.
    ///
    /// # Errors
    ///
    /// [`ScoreErrors`] with all errors in it.
    pub fn parse(text: &str, path: &Path, check: SetlistCheck) -> Result<Self, ScoreErrors> {
        let mut reader = Reader {
            folder: path.parent().unwrap_or(Path::new("")),
            found: Vec::new(),
        };
        let list = match Node::parse(text) {
            Ok(node) => reader.setlist(&node, path),
            Err(syntax) => {
                reader.found.push(syntax);
                None
            }
        };
        if let Some(list) = &list {
            reader.found.extend(check(list));
        }
        match list.filter(|_| reader.found.is_empty()) {
            Some(list) => Ok(list),
            None => Err(errors(reader.found, path, text)),
        }
    }
}

fn errors(mut found: Vec<Diagnostic>, path: &Path, text: &str) -> ScoreErrors {
    found.sort_by_key(|diagnostic| diagnostic.place.start);
    found.truncate(MAX_ERRORS);
    let file = path.display().to_string().into();
    let found = found.into_iter();
    ScoreErrors::Wrong(found.map(|d| ScoreError::new(d, &file, text)).collect())
}

struct Reader<'a> {
    /// Where the files of scores are looked for.
    folder: &'a Path,
    found: Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Reports a problem. Returns `None`, so that it can end a function.
    fn report<T>(&mut self, place: Place, problem: impl Into<Problem>) -> Option<T> {
        self.found.push(Diagnostic::new(place, problem.into()));
        None
    }

    fn setlist(&mut self, node: &Node, path: &Path) -> Option<Setlist> {
        const OWNER: &str = "a set list";
        let entries = self.map(node, OWNER, &SETLIST_KEYS)?;
        let title = value(entries, "title").and_then(|node| self.title(node));
        let Some(pieces) = value(entries, "pieces") else {
            return self.missing(node, entries, "pieces", OWNER);
        };
        let Value::List(items) = &pieces.value else {
            return self.wrong_type(pieces, "a list of pieces: each has a `score`");
        };
        if items.is_empty() {
            return self.report(pieces.place, "no pieces: add `- score: ostinato`");
        }
        if items.len() > MAX_PIECES {
            let sentence = format!("more than {MAX_PIECES} pieces: split the set list");
            return self.report(pieces.place, sentence);
        }
        let read = items.iter().enumerate();
        let read = read.map(|(place, item)| self.piece(item, place == 0));
        let read: Vec<_> = read.collect();
        let file = || path.file_stem().map(|stem| stem.to_string_lossy());
        Some(Setlist {
            title: title.unwrap_or_else(|| file().unwrap_or_default().into_owned()),
            pieces: read.into_iter().collect::<Option<_>>()?,
        })
    }

    fn piece(&mut self, node: &Node, is_first: bool) -> Option<Piece> {
        const OWNER: &str = "a piece";
        let entries = self.map(node, OWNER, &PIECE_KEYS)?;
        let score = match value(entries, "score") {
            Some(node) => self.score(node).map(|score| (score, node.place)),
            None => self.missing(node, entries, "score", OWNER),
        };
        let title = value(entries, "title").and_then(|node| self.title(node));
        let input = value(entries, "input").and_then(|node| self.input(node));
        let notes = value(entries, "notes").and_then(|node| self.notes(node));
        let start = value(entries, "start").and_then(|node| self.start(node));
        let previous = value(entries, "previous").and_then(|node| self.previous(node));
        let tour = value(entries, "tour").and_then(|node| self.tour(node));
        for key in ["start", "previous"] {
            let entry = entries.iter().find(|entry| entry.key == key);
            if let Some(entry) = entry.filter(|_| is_first) {
                let sentence = format!("no piece comes before the first one: remove `{key}`");
                self.report::<()>(entry.place, sentence);
            }
        }
        let (score, place) = score?;
        Some(Piece {
            score,
            title,
            input: input.unwrap_or_else(|| Json::Object(Map::new())),
            notes: notes.unwrap_or_default(),
            start: start.unwrap_or_default(),
            previous: previous.unwrap_or_default(),
            tour: tour.unwrap_or_default(),
            place,
        })
    }

    /// The file with that path, else the bundled score of that name.
    fn score(&mut self, node: &Node) -> Option<PieceScore> {
        let name = self.text(node, "the path or the name of a score")?;
        let path = self.folder.join(name);
        if path.is_file() {
            return Some(PieceScore::File(path));
        }
        let names = BUNDLED.map(|(name, _)| name);
        if let Some(bundled) = names.into_iter().find(|bundled| *bundled == name) {
            return Some(PieceScore::Bundled(bundled));
        }
        let suggestion = match suggest(name, &names) {
            Suggestion::DidYouMean(name) => Suggestion::DidYouMean(name),
            _ => Suggestion::None,
        };
        let sentence = format!(
            "file {} was not found, and no bundled score is named `{name}`{suggestion}",
            path.display()
        );
        self.report(node.place, sentence)
    }

    fn title(&mut self, node: &Node) -> Option<String> {
        let title = self.text(node, "a title")?;
        if title.trim().is_empty() || title.chars().count() > MAX_TITLE {
            let sentence = format!("a title has 1 to {MAX_TITLE} characters");
            return self.report(node.place, sentence);
        }
        Some(title.to_owned())
    }

    fn input(&mut self, node: &Node) -> Option<Json> {
        match &node.value {
            Value::Map(_) => Some(node.to_json()),
            _ => self.wrong_type(node, "a map: the input of the score"),
        }
    }

    fn notes(&mut self, node: &Node) -> Option<String> {
        let notes = self.text(node, "text: what the speaker says")?;
        if notes.len() > MAX_NOTES {
            let sentence = format!("the notes are longer than {MAX_NOTES} bytes: shorten them");
            return self.report(node.place, sentence);
        }
        Some(notes.trim_end().to_owned())
    }

    fn start(&mut self, node: &Node) -> Option<PieceStart> {
        const EXPECTED: &str = "by-hand, at-end, or a bar of the previous piece as { bar: 17 }";
        match &node.value {
            Value::Map(_) => {
                let entries = self.map(node, "`start`", &["bar"])?;
                let Some(bar) = value(entries, "bar") else {
                    return self.missing(node, entries, "bar", "`start`");
                };
                match bar.value {
                    Value::Int(number @ 1..=MAX_BAR) => {
                        u32::try_from(number).ok().map(PieceStart::AtBar)
                    }
                    _ => self.invalid(bar, "a bar from 1 to 10000"),
                }
            }
            Value::String(word) => match word.as_str() {
                "by-hand" => Some(PieceStart::ByHand),
                "at-end" => Some(PieceStart::AtEnd),
                _ => self.invalid(node, EXPECTED),
            },
            _ => self.invalid(node, EXPECTED),
        }
    }

    fn previous(&mut self, node: &Node) -> Option<PreviousPiece> {
        const EXPECTED: &str = "continue, pause or terminate";
        match &node.value {
            Value::String(word) => match word.as_str() {
                "continue" => Some(PreviousPiece::Continues),
                "pause" => Some(PreviousPiece::Pauses),
                "terminate" => Some(PreviousPiece::Terminates),
                _ => self.invalid(node, EXPECTED),
            },
            _ => self.invalid(node, EXPECTED),
        }
    }

    /// A map with only these keys.
    fn map<'n>(
        &mut self,
        node: &'n Node,
        owner: &'static str,
        known: &[&str],
    ) -> Option<&'n [Entry]> {
        let Value::Map(entries) = &node.value else {
            let (found, keys) = (node.kind(), known.join(", "));
            let sentence = format!("expected a map, found {found}; {owner} takes: {keys}");
            return self.report(node.place, sentence);
        };
        for entry in entries {
            if !known.contains(&entry.key.as_str()) {
                let problem = Problem::UnknownKey {
                    key: entry.key.clone(),
                    owner,
                    suggestion: suggest(&entry.key, known),
                };
                self.report::<()>(entry.place, problem);
            }
        }
        Some(entries)
    }

    /// A required key is missing, or was mistyped, which is reported already.
    fn missing<T>(
        &mut self,
        node: &Node,
        entries: &[Entry],
        key: &'static str,
        owner: &'static str,
    ) -> Option<T> {
        let is_meant = |found: &Diagnostic| {
            let here = entries.iter().any(|entry| entry.place == found.place);
            let meant = matches!(&found.problem, Problem::UnknownKey {
                suggestion: Suggestion::DidYouMean(meant), ..
            } if meant == key);
            here && meant
        };
        match self.found.iter().any(is_meant) {
            true => None,
            false => self.report(node.place, Problem::Missing { key, owner }),
        }
    }

    fn text<'n>(&mut self, node: &'n Node, expected: &'static str) -> Option<&'n str> {
        match &node.value {
            Value::String(text) => Some(text),
            _ => self.wrong_type(node, expected),
        }
    }

    fn wrong_type<T>(&mut self, node: &Node, expected: &'static str) -> Option<T> {
        let found = node.kind();
        self.report(node.place, Problem::WrongType { expected, found })
    }

    fn invalid<T>(&mut self, node: &Node, expected: &'static str) -> Option<T> {
        let value = match &node.value {
            Value::String(text) => text.clone(),
            _ => node.to_json().to_string(),
        };
        let value = value.chars().take(60).collect();
        self.report(node.place, Problem::Invalid { value, expected })
    }
}

fn value<'n>(entries: &'n [Entry], key: &str) -> Option<&'n Node> {
    let entry = entries.iter().find(|entry| entry.key == key);
    entry.map(|entry| &entry.node)
}

#[cfg(test)]
mod tests;
