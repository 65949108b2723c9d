//! Errors in scores, with their positions.

use std::{fmt, path::PathBuf, sync::Arc};

use super::place::Place;

/// A problem and its position. Becomes a [`ScoreError`] once the file is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// The position.
    pub place: Place,
    /// The problem.
    pub problem: Problem,
}

impl Diagnostic {
    /// A problem at a position.
    pub fn new(place: Place, problem: Problem) -> Self {
        Self { place, problem }
    }
}

/// A problem with a score.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The text is too long.
    #[error("the text is longer than {max} bytes: split the score")]
    TooLarge {
        /// The longest text in bytes.
        max: usize,
    },
    /// Lists and maps are nested too deeply.
    #[error("lists and maps are nested more than {max} levels deep: flatten them")]
    TooDeep {
        /// The deepest nesting.
        max: usize,
    },
    /// The text has too many values.
    #[error("more than {max} values, aliases included: split the score")]
    TooManyNodes {
        /// The most values.
        max: usize,
    },
    /// The text is neither YAML nor JSON.
    #[error("invalid YAML or JSON: {0}")]
    Syntax(String),
    /// The text is empty.
    #[error("empty document: a score starts with `document:`")]
    Empty,
    /// The text has more than one document.
    #[error("a second document starts here: a file holds one score")]
    SeveralDocuments,
    /// The text uses a YAML tag.
    #[error("YAML tags are not supported: remove the tag")]
    Tag,
    /// A number is infinite or NaN.
    #[error("not a finite number")]
    NotFinite,
    /// A key is a list or a map.
    #[error("a key must be a string")]
    KeyIsNotText,
    /// A key occurs twice in a map.
    #[error("duplicate key `{key}`: remove one of them")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A task has the name of another one in its list.
    #[error("duplicate task `{name}`: names in a list must be unique")]
    DuplicateTask {
        /// The name.
        name: String,
    },
    /// A key is unknown.
    #[error("unknown key `{key}` in {owner}{suggestion}")]
    UnknownKey {
        /// The key.
        key: String,
        /// The map that has it.
        owner: &'static str,
        /// What was probably meant.
        suggestion: Suggestion,
    },
    /// A required key is missing.
    #[error("missing key `{key}` in {owner}")]
    Missing {
        /// The key.
        key: &'static str,
        /// The map that needs it.
        owner: &'static str,
    },
    /// Two keys exclude each other.
    #[error("{owner} takes either {either}, not both")]
    Conflict {
        /// The map that has both.
        owner: &'static str,
        /// The alternatives, such as "`a` or `b`".
        either: &'static str,
    },
    /// A value has the wrong type.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// The expected value.
        expected: &'static str,
        /// The type of the value.
        found: &'static str,
    },
    /// A part of the standard that Fermata does not support.
    #[error("`{word}` is not supported: {reason}")]
    Unsupported {
        /// The key or name.
        word: String,
        /// Why, and what to do instead.
        reason: &'static str,
    },
    /// A value is out of range or malformed.
    #[error("invalid value `{value}`: expected {expected}")]
    Invalid {
        /// The value.
        value: String,
        /// The expected value.
        expected: &'static str,
    },
    /// A name is not defined.
    #[error("no {kind} named `{name}` {scope}{suggestion}")]
    UnknownName {
        /// The kind of thing.
        kind: &'static str,
        /// The name.
        name: String,
        /// Where it would have to be defined.
        scope: &'static str,
        /// What was probably meant.
        suggestion: Suggestion,
    },
    /// An expression does not compile.
    #[error("invalid expression: {0}")]
    Expression(String),
    /// Any other problem, as a sentence.
    #[error("{0}")]
    Other(String),
}

impl From<&str> for Problem {
    fn from(sentence: &str) -> Self {
        Self::Other(sentence.to_owned())
    }
}

impl From<String> for Problem {
    fn from(sentence: String) -> Self {
        Self::Other(sentence)
    }
}

/// What was probably meant by an unknown word. Displayed as the end of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// A similar word.
    DidYouMean(String),
    /// All known words.
    Available(Vec<String>),
    /// There are no known words.
    NoneDefined,
    /// There are too many known words to list.
    None,
}

impl fmt::Display for Suggestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DidYouMean(word) => write!(f, "; did you mean `{word}`?"),
            Self::Available(words) => write!(f, "; available: {}", words.join(", ")),
            Self::NoneDefined => f.write_str("; none is defined"),
            Self::None => Ok(()),
        }
    }
}

/// An error in a score. Displayed as `file:line:column: message`, then the line and a caret below it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreError {
    /// The file, or the name under which the text was given.
    pub file: Arc<str>,
    /// The position.
    pub place: Place,
    /// The problem.
    pub problem: Problem,
    /// The line of the text at that position.
    pub line: String,
}

impl ScoreError {
    /// A problem in the text of a file.
    pub fn new(diagnostic: Diagnostic, file: &Arc<str>, text: &str) -> Self {
        let line = text.lines().nth(diagnostic.place.line.saturating_sub(1));
        Self {
            file: file.clone(),
            place: diagnostic.place,
            problem: diagnostic.problem,
            line: line.unwrap_or_default().to_owned(),
        }
    }
}

impl std::error::Error for ScoreError {}

impl ScoreError {
    /// Displayed as a warning.
    pub fn to_warning(&self) -> String {
        let text = self.to_string();
        let Place { line, column, .. } = self.place;
        let head = format!("{}:{line}:{column}: ", self.file);
        match text.strip_prefix(&head) {
            Some(rest) => format!("{head}warning: {rest}"),
            None => text,
        }
    }
}

impl fmt::Display for ScoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Longer lines are cut, so that the caret stays visible.
        const MAX_WIDTH: usize = 160;
        /// Longer messages are cut: the rest quotes the score.
        const MAX_MESSAGE: usize = 500;
        let Place { line, column, .. } = self.place;
        write!(f, "{}:{line}:{column}: ", self.file)?;
        let problem = self.problem.to_string();
        match problem.char_indices().nth(MAX_MESSAGE) {
            Some((end, _)) => write!(f, "{}…", problem.get(..end).unwrap_or_default())?,
            None => f.write_str(&problem)?,
        }
        if self.line.is_empty() {
            return Ok(());
        }
        let skip = column.saturating_sub(MAX_WIDTH / 2);
        let shown = self.line.chars().skip(skip).take(MAX_WIDTH);
        let shown: String = shown.map(|c| if c == '\t' { ' ' } else { c }).collect();
        let caret = " ".repeat(column.saturating_sub(1 + skip));
        write!(f, "\n  {shown}\n  {caret}^")
    }
}

/// All errors in a score: at least one, in the order of the text.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScoreErrors {
    /// The text has these errors.
    #[error("{}", lines(.0))]
    Wrong(Vec<ScoreError>),
    /// The file could not be read.
    #[error("{path} cannot be read: {reason}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason, in the words of the system.
        reason: String,
    },
}

impl ScoreErrors {
    /// The problems of a text, sorted by position.
    pub(super) fn new(mut found: Vec<Diagnostic>, file: &str, text: &str) -> Self {
        found.sort_by_key(|diagnostic| diagnostic.place.start);
        let file: Arc<str> = file.into();
        let errors = found.into_iter();
        Self::Wrong(errors.map(|d| ScoreError::new(d, &file, text)).collect())
    }

    /// The errors with positions; none if the file could not be read.
    pub fn errors(&self) -> &[ScoreError] {
        match self {
            Self::Wrong(errors) => errors,
            Self::Unreadable { .. } => &[],
        }
    }
}

fn lines(errors: &[ScoreError]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n")
}
