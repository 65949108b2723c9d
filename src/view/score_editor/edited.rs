//! The text of a score that is being edited, as the application knows it, and what the editor asks of it.

use std::sync::Arc;

/// The number of an edit: each time that the editor opens, it has another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EditNumber(pub u64);

/// The version of the text in the editor. It grows with every change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct TextVersion(pub u64);

/// A command of the editor. What comes of it is in the [`EditedScore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScoreTextCommand {
    /// Read the file of a score.
    Open {
        /// The edit.
        edit: EditNumber,
        /// The text that the lane performs. It tells which score it is.
        source: Arc<str>,
    },
    /// Check the text as it would be checked in its file.
    Check {
        /// The edit.
        edit: EditNumber,
        /// The version of the text.
        version: TextVersion,
        /// The text.
        text: Arc<str>,
    },
    /// Write the text into its file.
    Save {
        /// The edit.
        edit: EditNumber,
        /// The version of the text.
        version: TextVersion,
        /// The text.
        text: Arc<str>,
        /// What the file should have now; `None`: there should be none. Otherwise another program has
        /// changed it, and nothing is written.
        over: Option<Arc<str>>,
    },
    /// The editor was closed.
    Close,
}

/// The text of a score that is being edited, as the application knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditedScore {
    /// The edit.
    pub edit: EditNumber,
    /// Where it is saved.
    pub path: Arc<str>,
    /// Where the text comes from.
    pub origin: TextOrigin,
    /// The text that is edited.
    pub text: Arc<str>,
    /// What the file has now; `None`: there is no file yet.
    pub disk: Option<Arc<str>>,
    /// The latest text that was checked.
    pub checked: Option<CheckedText>,
    /// The latest attempt to save.
    pub saved: Option<SavedText>,
    /// Why it cannot be edited.
    pub refused: Option<Arc<str>>,
}

/// Where the text of a score comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextOrigin {
    /// From its file.
    File,
    /// From no file that can be edited: it is saved as a new file in the folder of the user's own scores.
    Copy,
}

/// A text that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedText {
    /// Its version.
    pub version: TextVersion,
    /// Errors and warnings, in the order of the text.
    pub problems: Vec<TextProblem>,
    /// When it plays once it is saved; `None`: it has errors.
    pub takes_effect: Option<TakesEffect>,
}

/// When a saved score plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakesEffect {
    /// When the loop begins again.
    NextLoop,
    /// When it is started the next time.
    NextStart,
}

/// An error or a warning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextProblem {
    /// Its line, counted from 1.
    pub line: usize,
    /// Its column, counted from 1.
    pub column: usize,
    /// What is wrong, and what to do.
    pub message: Arc<str>,
    /// How bad it is.
    pub severity: Severity,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The score cannot be performed.
    Error,
    /// It can, but may not do what was meant.
    Warning,
}

/// An attempt to save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedText {
    /// The version of the text.
    pub version: TextVersion,
    /// How it ended.
    pub outcome: SaveOutcome,
}

/// How an attempt to save ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveOutcome {
    /// The file has the text.
    Saved,
    /// Another program has changed the file: nothing was written.
    ChangedOnDisk,
    /// It could not be written, and why.
    Failed(Arc<str>),
}

impl CheckedText {
    /// The errors.
    pub fn errors(&self) -> impl Iterator<Item = &TextProblem> {
        let problems = self.problems.iter();
        problems.filter(|problem| problem.severity == Severity::Error)
    }
}

impl TakesEffect {
    /// When it plays, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NextLoop => "plays from the next loop",
            Self::NextStart => "plays from the next start",
        }
    }
}
