//! The editor of a score: the text as it is typed, what is known of its errors, and what it asks before
//! something could be lost.

mod edited;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use edited::{
    CheckedText, EditNumber, EditedScore, SaveOutcome, SavedText, ScoreTextCommand, Severity,
    TakesEffect, TextOrigin, TextProblem, TextVersion,
};

use super::palette::Rgb;
use crate::engine::InstanceId;

/// The editor of a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreEditor {
    /// Its number.
    pub number: EditNumber,
    /// The lane that it was opened for.
    pub lane: InstanceId,
    /// The title of the score.
    pub title: String,
    /// The text as typed.
    pub text: String,
    /// What it asks.
    pub question: Option<EditorQuestion>,
    /// The line that the cursor goes to next.
    pub go_to: Option<usize>,
    /// Whether keys are to be typed into it again.
    pub wants_focus: bool,
    version: TextVersion,
    /// The text that it is compared with: as it was read, or last saved.
    unchanged: Arc<str>,
    is_changed: bool,
    /// What the file had when it was last read or saved.
    disk: Option<Arc<str>>,
    /// The version that is being saved.
    saving: Option<TextVersion>,
    known: Option<Arc<EditedScore>>,
}

/// What the editor asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditorQuestion {
    /// It is to be closed, and has changes that were not saved.
    Unsaved,
    /// Another program has changed the file.
    ChangedOnDisk,
}

/// An answer to a question, or the wish to close the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditorAnswer {
    /// Go on editing.
    Keep,
    /// Close the editor, and forget the changes.
    Discard,
    /// Save, whatever the file has.
    Overwrite,
    /// Take what the file has.
    Reload,
}

/// What becomes of the editor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditorLeaving {
    /// It is closed.
    Closes,
    /// It stays open.
    Stays,
}

impl ScoreEditor {
    /// The editor, opened for a lane that performs this text, with the cursor in a line, and the command to
    /// send.
    pub fn open(
        number: EditNumber,
        lane: InstanceId,
        title: String,
        source: Arc<str>,
        line: usize,
    ) -> (Self, ScoreTextCommand) {
        let editor = Self {
            number,
            lane,
            title,
            text: String::new(),
            question: None,
            go_to: Some(line),
            wants_focus: true,
            version: TextVersion(0),
            unchanged: Arc::from(""),
            is_changed: false,
            disk: None,
            saving: None,
            known: None,
        };
        let edit = number;
        (editor, ScoreTextCommand::Open { edit, source })
    }

    /// What the application knows of the text; `None`: it is being read.
    pub fn known(&self) -> Option<&EditedScore> {
        self.known.as_deref()
    }

    /// Whether it has changes that were not saved.
    pub fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Whether the text is being saved.
    pub fn is_saving(&self) -> bool {
        self.saving.is_some()
    }

    /// Whether text can be typed.
    pub fn takes_text(&self) -> bool {
        let is_refused = self.known().is_none_or(|known| known.refused.is_some());
        !is_refused && self.question.is_none()
    }

    /// Takes what the application knows now. Returns the commands to send.
    pub fn follow(&mut self, known: &Arc<EditedScore>) -> Option<ScoreTextCommand> {
        // A second attempt to save may end as the first one did.
        let is_new = self
            .known
            .as_ref()
            .is_none_or(|last| !Arc::ptr_eq(last, known));
        if known.edit != self.number || !is_new {
            return None;
        }
        let is_first = self.known.is_none();
        self.known = Some(Arc::clone(known));
        if is_first {
            self.take(&known.text);
            self.disk.clone_from(&known.disk);
            return None;
        }
        if let Some(saved) = &known.saved
            && self.saving == Some(saved.version)
        {
            self.saving = None;
            match &saved.outcome {
                SaveOutcome::Saved => {
                    self.disk.clone_from(&known.disk);
                    self.unchanged = known.disk.clone().unwrap_or_default();
                    self.is_changed = *self.unchanged != *self.text;
                }
                SaveOutcome::ChangedOnDisk => self.question = Some(EditorQuestion::ChangedOnDisk),
                SaveOutcome::Failed(_) => {}
            }
        } else if known.disk != self.disk && !self.is_changed {
            // Nothing is lost: the text is that of another program now.
            return self.reload();
        }
        None
    }

    fn take(&mut self, text: &Arc<str>) {
        self.text = text.to_string();
        self.unchanged = Arc::clone(text);
        self.is_changed = false;
    }

    /// The text was changed. Returns the command to send.
    pub fn typed(&mut self) -> ScoreTextCommand {
        self.version.0 += 1;
        self.is_changed = *self.unchanged != *self.text;
        ScoreTextCommand::Check {
            edit: self.number,
            version: self.version,
            text: self.text.as_str().into(),
        }
    }

    /// Saves the text. Returns the command to send; `None`: there is nothing to save.
    pub fn save(&mut self) -> Option<ScoreTextCommand> {
        let known = self.known()?;
        let is_new = known.origin == TextOrigin::Copy;
        if known.refused.is_some() || !(self.is_changed || is_new) || self.question.is_some() {
            return None;
        }
        self.saving = Some(self.version);
        Some(ScoreTextCommand::Save {
            edit: self.number,
            version: self.version,
            text: self.text.as_str().into(),
            over: self.disk.clone(),
        })
    }

    /// The editor is to be closed. It asks if something would be lost; asked again, it stays.
    pub fn leave(&mut self) -> EditorLeaving {
        // The key to leave takes the focus away.
        self.wants_focus = true;
        if self.question.take().is_some() {
            return EditorLeaving::Stays;
        }
        match self.is_changed {
            true => {
                self.question = Some(EditorQuestion::Unsaved);
                EditorLeaving::Stays
            }
            false => EditorLeaving::Closes,
        }
    }

    /// Takes the answer to a question.
    pub fn answer(&mut self, answer: EditorAnswer) -> (EditorLeaving, Option<ScoreTextCommand>) {
        self.question = None;
        self.wants_focus = true;
        match answer {
            EditorAnswer::Keep => (EditorLeaving::Stays, None),
            EditorAnswer::Discard => (EditorLeaving::Closes, None),
            EditorAnswer::Overwrite => {
                self.disk = self.known().and_then(|known| known.disk.clone());
                (EditorLeaving::Stays, self.save())
            }
            EditorAnswer::Reload => (EditorLeaving::Stays, self.reload()),
        }
    }

    /// Takes the text of the file.
    fn reload(&mut self) -> Option<ScoreTextCommand> {
        let disk = self.known()?.disk.clone()?;
        self.disk = Some(Arc::clone(&disk));
        self.take(&disk);
        Some(self.typed())
    }

    /// Errors and warnings of the text, as far as they are known: of the present version, or of one a moment
    /// ago.
    pub fn problems(&self) -> &[TextProblem] {
        let checked = self.checked();
        checked.map_or(&[][..], |checked| &checked.problems)
    }

    fn checked(&self) -> Option<&CheckedText> {
        self.known()?.checked.as_ref()
    }

    /// Whether the text as it is now was checked.
    pub fn is_checked(&self) -> bool {
        let checked = self.checked();
        checked.is_some_and(|checked| checked.version >= self.version)
    }

    /// The answers that it waits for.
    pub fn answers(&self) -> &'static [EditorAnswer] {
        match self.question {
            None => &[],
            Some(EditorQuestion::Unsaved) => &[EditorAnswer::Keep, EditorAnswer::Discard],
            Some(EditorQuestion::ChangedOnDisk) => &[
                EditorAnswer::Keep,
                EditorAnswer::Overwrite,
                EditorAnswer::Reload,
            ],
        }
    }

    /// The state in a sentence, with the color of its status.
    pub fn sentence(&self) -> (String, Rgb) {
        let Some(known) = self.known() else {
            return ("The file is being read …".to_owned(), Rgb::MUTED);
        };
        if let Some(refused) = &known.refused {
            return (refused.to_string(), Rgb::ALARM);
        }
        match self.question {
            Some(EditorQuestion::Unsaved) => {
                return (
                    "There are changes that were not saved.".to_owned(),
                    Rgb::PENDING,
                );
            }
            Some(EditorQuestion::ChangedOnDisk) => {
                let words = "Another program has changed the file. Nothing was written.";
                return (words.to_owned(), Rgb::PENDING);
            }
            None => {}
        }
        if self.saving.is_some() {
            return ("Saving …".to_owned(), Rgb::MUTED);
        }
        if let Some(failed) = self.failure(known) {
            return (failed, Rgb::ALARM);
        }
        self.state(known)
    }

    /// Why the text could not be saved.
    fn failure(&self, known: &EditedScore) -> Option<String> {
        let saved = known.saved.as_ref()?;
        match &saved.outcome {
            SaveOutcome::Failed(why) if saved.version == self.version => {
                Some(format!("The file cannot be written: {why}"))
            }
            _ => None,
        }
    }

    fn state(&self, known: &EditedScore) -> (String, Rgb) {
        let is_saved = known.saved.is_some() && !self.is_changed;
        let Some(checked) = self.checked().filter(|_| self.is_checked()) else {
            return ("Checking …".to_owned(), Rgb::MUTED);
        };
        let errors: Vec<_> = checked.errors().collect();
        if let Some(first) = errors.first() {
            let more = match errors.len() - 1 {
                0 => String::new(),
                more => format!(" (and {more} more)"),
            };
            let kept = match is_saved {
                true => "Saved with an error: the score that plays stays as it was. ",
                false => "",
            };
            let words = format!("{kept}Line {}: {}{more}", first.line, first.message);
            return (words, Rgb::ALARM);
        }
        let effect = checked.takes_effect.map_or("", TakesEffect::words);
        let warning = match checked.problems.first() {
            Some(first) => format!(" Warning in line {}: {}", first.line, first.message),
            None => String::new(),
        };
        if self.is_changed && known.disk != self.disk {
            let words = "Another program has changed the file. Ctrl+S asks which text to keep.";
            return (words.to_owned(), Rgb::PENDING);
        }
        let words = match (is_saved, self.is_changed, known.origin) {
            (true, ..) => format!("Saved: it {effect}.{warning}"),
            (false, _, TextOrigin::Copy) => {
                let to = &known.path;
                format!(
                    "No file of this score can be edited. Ctrl+S saves a copy as {to}, which {effect}.{warning}"
                )
            }
            (false, true, TextOrigin::File) => {
                format!("No errors. Ctrl+S saves; then it {effect}.{warning}")
            }
            (false, false, TextOrigin::File) => format!("No errors, no changes.{warning}"),
        };
        let tone = match (warning.is_empty(), is_saved) {
            (false, _) => Rgb::PENDING,
            (true, true) => Rgb::GOOD,
            (true, false) => Rgb::MUTED,
        };
        (words, tone)
    }
}

impl EditorAnswer {
    /// Its key and its words.
    pub fn words(self) -> (char, &'static str) {
        match self {
            Self::Keep => ('K', "Keep editing"),
            Self::Discard => ('D', "Discard the changes"),
            Self::Overwrite => ('O', "Overwrite the file"),
            Self::Reload => ('R', "Read the file again"),
        }
    }
}

/// What is inserted for Enter: the next line is indented like the one that `text` ends with, and further after
/// a colon.
pub fn line_break(text: &str) -> String {
    let line = text.rsplit('\n').next().unwrap_or_default();
    let indent = line.len() - line.trim_start_matches(' ').len();
    let content = line.trim();
    let mut deeper = 0;
    if content.ends_with(':') {
        // The value of a key in a list item is indented further than the key.
        deeper = if content.starts_with("- ") { 4 } else { 2 };
    }
    format!("\n{}", " ".repeat(indent + deeper))
}
