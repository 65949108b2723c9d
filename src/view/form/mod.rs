//! A form: a few fields in which data is typed or chosen, checked at every change.
//!
//! All prompts of the window are forms: for the data of an event, the input of a score, a time, a file. A
//! form knows nothing about how it is painted; [`FormPurpose`] says what becomes of its data.

mod field;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use field::{ChoiceOption, Field, FieldKind};
use schema::{Shape, assembled, fields};
use serde_json::Value;

use super::command::ScoreId;
use crate::{
    engine::{InstanceId, Timestamp},
    score::{Mismatch, Schema},
};

/// Mismatches that are looked at; each field shows one.
const MAX_MISMATCHES: usize = 40;

/// What becomes of the data of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormPurpose {
    /// One of the events that an instance waits for is chosen.
    ChooseEvent {
        /// The instance.
        instance: InstanceId,
        /// Whether its data is asked for in any case.
        data: AskData,
    },
    /// An event is raised with it.
    Raise {
        /// The instance that receives it.
        instance: InstanceId,
        /// Type of the event.
        event: Arc<str>,
    },
    /// The event is named that an instance of another engine gets: its history does not say which events it
    /// waits for.
    NameEvent {
        /// The instance that receives it.
        instance: InstanceId,
    },
    /// An engine is attached.
    Attach,
    /// A score is chosen, to be started with an input.
    ChooseScore,
    /// A score is started with it as its input.
    Start(ScoreId),
    /// The playhead goes to a time.
    GoTo,
    /// A file is opened.
    Open {
        /// When it was asked for; folders are read as they are then.
        asked: Timestamp,
    },
}

/// Whether the data of an event is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskData {
    /// In any case.
    Always,
    /// Only if the event needs some.
    IfNeeded,
}

/// A line below the field of a form, which completes what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundLine {
    /// What it is.
    pub text: String,
    /// More about it, at the right.
    pub detail: String,
    /// What the field contains once it is taken.
    pub completes: String,
    /// Whether taking it only completes the field, and nothing is sent.
    pub goes_on: bool,
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What becomes of its data.
    pub purpose: FormPurpose,
    /// Its heading.
    pub heading: String,
    /// What can be entered, in a sentence; may be empty.
    pub hint: String,
    /// The word on the button that sends it.
    pub verb: &'static str,
    /// Its fields; at least one.
    pub fields: Vec<Field>,
    /// The field that has the focus.
    pub focus: usize,
    /// What is wrong with the data as a whole, in words.
    pub problem: Option<String>,
    /// What was found for the text in its only field.
    pub found: Vec<FoundLine>,
    /// The selected line of what was found.
    pub line: Option<usize>,
    /// The field was completed: typing goes on at its end. The window sets it back.
    pub is_completed: bool,
    shape: Shape,
    schema: Option<Schema>,
    /// It was sent with problems: all of them are shown from now on.
    shows_all: bool,
}

impl Form {
    /// The longest text in a field, in bytes: data is limited to 1 MiB.
    pub const MAX_TYPED: usize = 1024 * 1024;

    /// A form with one field.
    pub fn with_field(
        purpose: FormPurpose,
        heading: String,
        verb: &'static str,
        field: Field,
    ) -> Self {
        Self {
            purpose,
            heading,
            hint: String::new(),
            verb,
            fields: vec![field],
            focus: 0,
            problem: None,
            found: Vec::new(),
            line: None,
            is_completed: false,
            shape: Shape::Whole,
            schema: None,
            shows_all: false,
        }
    }

    /// A form for data that a schema describes; without a schema, for any data. `label` names the data as a
    /// whole.
    pub fn for_data(
        purpose: FormPurpose,
        heading: String,
        verb: &'static str,
        schema: Option<Schema>,
        label: &str,
    ) -> Self {
        let json = Field::new("", &format!("{label} (JSON)"), FieldKind::Json);
        let mut form = Self::with_field(purpose, heading, verb, json);
        if let Some(schema) = schema {
            (form.fields, form.shape) = fields(schema.document(), label);
            form.schema = Some(schema);
        } else {
            form.hint = "JSON such as {\"n\": 1}. Empty: no data.".to_owned();
        }
        form.focus = form.fields.iter().position(Field::is_empty).unwrap_or(0);
        form.check();
        form
    }

    /// The same with a sentence about what can be entered.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The field that has the focus.
    pub fn focused(&self) -> Option<&Field> {
        self.fields.get(self.focus)
    }

    /// The text in a field was changed.
    pub fn set_typed(&mut self, place: usize, typed: String) {
        if let Some(field) = self.fields.get_mut(place) {
            field.typed = typed;
            field.is_touched = true;
            self.focus = place;
            self.problem = None;
            self.check();
        }
    }

    /// An option of a field was chosen.
    pub fn choose(&mut self, place: usize, option: usize) {
        if let Some(field) = self.fields.get_mut(place) {
            let count = field.options().map_or(0, <[_]>::len);
            field.chosen = Some(option).filter(|option| *option < count);
            field.is_touched = true;
            self.focus = place;
            self.problem = None;
            self.check();
        }
    }

    /// Chooses the option after the present one of the field that has the focus, or the one before.
    pub fn step_option(&mut self, by: isize) {
        let Some(count) = self.focused().and_then(Field::options).map(<[_]>::len) else {
            return;
        };
        let chosen = self.focused().and_then(|field| field.chosen);
        let next = match chosen {
            Some(chosen) => chosen
                .saturating_add_signed(by)
                .min(count.saturating_sub(1)),
            None if by < 0 => count.saturating_sub(1),
            None => 0,
        };
        self.choose(self.focus, next);
    }

    /// Moves the focus to the next field, or to the one before; round the ends.
    pub fn step_focus(&mut self, by: isize) {
        let count = isize::try_from(self.fields.len()).unwrap_or(1).max(1);
        let here = isize::try_from(self.focus).unwrap_or(0);
        self.focus = usize::try_from((here + by).rem_euclid(count)).unwrap_or(0);
    }

    /// The option of the field with the focus that a digit or a letter stands for.
    pub fn option_of(&self, key: char) -> Option<usize> {
        let field = self.focused()?;
        let count = field.options()?.len();
        if let Some(digit) = key.to_digit(10) {
            let place = usize::try_from(digit).ok()?.checked_sub(1)?;
            return Some(place).filter(|place| *place < count);
        }
        let letters = field.letters();
        let same = |letter: &Option<char>| *letter == Some(key.to_ascii_lowercase());
        letters.iter().position(same)
    }

    /// Whether choosing an option sends the form: there is nothing else to fill.
    pub fn sends_on_choice(&self) -> bool {
        matches!(self.fields.as_slice(), [only] if only.options().is_some())
    }

    /// Shows what was found for the text in the field. The first line is selected if `is_narrowed`.
    pub fn offer(&mut self, found: Vec<FoundLine>, is_narrowed: bool) {
        if self.found == found {
            return;
        }
        self.line = (is_narrowed && !found.is_empty()).then_some(0);
        self.found = found;
    }

    /// Selects the line `by` lines below.
    pub fn step_line(&mut self, by: isize) {
        let Some(last) = self.found.len().checked_sub(1) else {
            return;
        };
        if by == 0 {
            return;
        }
        self.line = Some(match self.line {
            Some(line) => line.saturating_add_signed(by).min(last),
            None if by < 0 => last,
            None => 0,
        });
    }

    /// Takes the selected line: the field contains what it stands for. Returns it.
    pub fn take_line(&mut self) -> Option<FoundLine> {
        let found = self.line.and_then(|line| self.found.get(line)).cloned()?;
        self.set_typed(0, found.completes.clone());
        self.is_completed = true;
        Some(found)
    }

    /// Shows a problem of what was sent.
    pub fn refuse(&mut self, problem: impl Into<String>) {
        self.shows_all = true;
        match self.fields.as_mut_slice() {
            [only] => only.problem = Some(problem.into()),
            _ => self.problem = Some(problem.into()),
        }
    }

    /// The data, if nothing is wrong with it. Otherwise every problem is shown, and the focus goes to the
    /// first field that has one.
    pub fn send(&mut self) -> Option<Value> {
        self.shows_all = true;
        let data = self.check();
        let first = self.fields.iter().position(|field| field.problem.is_some());
        if let Some(first) = first {
            self.focus = first;
            return None;
        }
        data.filter(|_| self.problem.is_none())
    }

    /// Checks everything; returns the data as far as each field has some.
    fn check(&mut self) -> Option<Value> {
        let read: Vec<_> = self.fields.iter().map(Field::data).collect();
        let mut problems: Vec<Option<String>> = read
            .iter()
            .zip(&self.fields)
            .map(|(data, field)| match data {
                Err(problem) => Some(problem.clone()),
                Ok(None) if field.is_required => Some(field.missing().to_owned()),
                Ok(_) => None,
            })
            .collect();
        let filled = read.into_iter().map(|data| data.unwrap_or_default());
        let filled: Vec<_> = self.fields.iter().zip(filled).collect();
        let data = assembled(self.shape, &filled);
        let mut whole = None;
        for mismatch in self.mismatches(&data) {
            let place = self.field_at(&mismatch.pointer);
            let missing = mismatch
                .missing
                .as_deref()
                .filter(|_| mismatch.pointer.is_empty());
            let is_asked = |name: &str| self.fields.iter().any(|field| field.name == name);
            match place.and_then(|place| problems.get_mut(place)) {
                Some(problem) => {
                    problem.get_or_insert(mismatch.message);
                }
                // The field says it.
                None if missing.is_some_and(is_asked) => {}
                None => {
                    whole.get_or_insert(mismatch.message);
                }
            }
        }
        let all = self.shows_all;
        for (field, problem) in self.fields.iter_mut().zip(problems) {
            // What is still empty is not wrong yet.
            let is_shown = all || (field.is_touched && !field.is_empty());
            field.problem = problem.filter(|_| is_shown);
        }
        self.problem = whole.filter(|_| all);
        Some(data)
    }

    fn mismatches(&self, data: &Value) -> Vec<Mismatch> {
        match &self.schema {
            Some(schema) => schema.mismatches(data, MAX_MISMATCHES),
            None => Vec::new(),
        }
    }

    /// The field for the data at a pointer.
    fn field_at(&self, pointer: &str) -> Option<usize> {
        if self.shape == Shape::Whole {
            return Some(0);
        }
        let name = pointer.strip_prefix('/')?.split('/').next()?;
        let name = name.replace("~1", "/").replace("~0", "~");
        self.fields.iter().position(|field| field.name == name)
    }
}

impl Field {
    /// Whether nothing was typed or chosen.
    pub fn is_empty(&self) -> bool {
        match self.kind {
            FieldKind::Choice(_) => self.chosen.is_none(),
            _ => self.typed.trim().is_empty(),
        }
    }

    fn missing(&self) -> &'static str {
        match self.kind {
            FieldKind::Choice(_) => "choose one",
            FieldKind::Text | FieldKind::Json => "this is needed",
            FieldKind::Number => "a number is needed",
        }
    }
}
