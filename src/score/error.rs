//! What can be wrong with a score, and where.

use std::{fmt, path::PathBuf, sync::Arc};

use super::source::{self, Place};

/// A problem and its place. Becomes a [`ScoreError`] once the file is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What.
    pub problem: Problem,
}

impl Fault {
    /// A problem at a place.
    pub fn new(place: Place, problem: Problem) -> Self {
        Self { place, problem }
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The text is over the bound.
    #[error(
        "this text is longer than {} bytes: split the score",
        source::MAX_BYTES
    )]
    TooLarge,
    /// Lists and maps are nested too deep.
    #[error(
        "lists and maps are nested deeper than {} levels here: flatten them",
        source::MAX_DEPTH
    )]
    TooDeep,
    /// Too many values.
    #[error(
        "this text has more than {} values, aliases included: split the score",
        source::MAX_NODES
    )]
    TooManyNodes,
    /// Not YAML.
    #[error("this is not well-formed YAML or JSON: {0}")]
    Syntax(String),
    /// No text.
    #[error("there is nothing here: a score begins with `document:`")]
    Empty,
    /// More than one document.
    #[error("a second document begins here: a file holds one score")]
    SeveralDocuments,
    /// A YAML tag.
    #[error("a YAML tag stands here: write the value without it")]
    Tag,
    /// Infinity or the like.
    #[error("this is not a finite number")]
    NotANumber,
    /// A key that is a list or a map.
    #[error("a key must be text")]
    KeyIsNotText,
    /// A key that is there already.
    #[error("`{key}` stands here for the second time: keep one")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A key that nobody knows.
    #[error("`{key}` is not a word of {owner}{}", Hint(.hint))]
    UnknownKey {
        /// The key.
        key: String,
        /// What it stands in.
        owner: &'static str,
        /// What was probably meant, or what may stand there.
        hint: String,
    },
    /// Something must be there and is not.
    #[error("{owner} needs `{key}`")]
    Missing {
        /// What is missing.
        key: &'static str,
        /// What it is missing in.
        owner: &'static str,
    },
    /// Another type.
    #[error("{expected} is expected here, this is {found}")]
    WrongType {
        /// What should stand here.
        expected: &'static str,
        /// What stands here.
        found: &'static str,
    },
    /// A word of the standard that Fermata will not perform.
    #[error("`{word}` is refused: {reason}")]
    Refused {
        /// The word.
        word: String,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// A value outside its range, or not of its form.
    #[error("`{value}` is not {expected}")]
    Invalid {
        /// What stands here.
        value: String,
        /// What should stand here.
        expected: &'static str,
    },
    /// A name that is not declared.
    #[error("there is no {kind} named `{name}` {scope}{}", Hint(.hint))]
    UnknownName {
        /// Kind of thing.
        kind: &'static str,
        /// The name.
        name: String,
        /// Where it was looked for.
        scope: &'static str,
        /// What was probably meant, or what there is.
        hint: String,
    },
    /// A pattern that cannot be read.
    #[error("in this pattern {0}")]
    Pattern(String),
    /// An expression that cannot be compiled.
    #[error("in this expression {0}")]
    Expression(String),
    /// Anything else, said as a sentence.
    #[error("{0}")]
    Other(String),
}

/// What was probably meant, as the end of a sentence.
struct Hint<'a>(&'a String);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, ": {}", self.0)
        }
    }
}

/// One error in a score: `file:line:column: sentence`, then the line and a caret below it.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreError {
    /// The file, or the name under which the text was given.
    pub file: Arc<str>,
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub problem: Problem,
    /// The line of the text where it is wrong.
    pub line: String,
}

impl ScoreError {
    /// The fault of a text.
    pub fn new(fault: Fault, file: &Arc<str>, text: &str) -> Self {
        let line = text.lines().nth(fault.place.line.saturating_sub(1));
        Self {
            file: file.clone(),
            place: fault.place,
            problem: fault.problem,
            line: line.unwrap_or_default().to_owned(),
        }
    }
}

impl std::error::Error for ScoreError {}

impl fmt::Display for ScoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Longer lines are cut: the caret must stay in sight.
        const MAX_WIDTH: usize = 160;
        /// So many characters tell what is wrong; the rest is what somebody wrote.
        const MAX_CHARS: usize = 500;
        let Place { line, column, .. } = self.place;
        write!(f, "{}:{line}:{column}: ", self.file)?;
        let problem = self.problem.to_string();
        match problem.char_indices().nth(MAX_CHARS) {
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

/// Everything that is wrong with a score, at least one error, in the order of the text.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScoreErrors {
    /// The text was read, and this is wrong with it.
    #[error("{}", lines(.0))]
    Wrong(Vec<ScoreError>),
    /// The file could not be read.
    #[error("{path} cannot be read: {reason}", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
}

impl ScoreErrors {
    /// The faults of a text, in its order.
    pub(super) fn of(mut faults: Vec<Fault>, file: &str, text: &str) -> Self {
        faults.sort_by_key(|fault| fault.place.start);
        let file: Arc<str> = file.into();
        let errors = faults.into_iter();
        Self::Wrong(errors.map(|f| ScoreError::new(f, &file, text)).collect())
    }

    /// The errors with places; none if the file could not be read.
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
