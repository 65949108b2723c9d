//! A field of a form: what is typed or chosen, and the data that it stands for.

use serde_json::{Number, Value};

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The member of the data that it fills.
    pub name: String,
    /// Its label.
    pub label: String,
    /// What it is for; may be empty.
    pub help: String,
    /// What can be entered.
    pub kind: FieldKind,
    /// The text so far, of fields that are typed into.
    pub typed: String,
    /// The chosen option.
    pub chosen: Option<usize>,
    /// Whether it must be filled.
    pub is_required: bool,
    /// What is wrong with its content, in words.
    pub problem: Option<String>,
    /// Whether its content was changed.
    pub(super) is_touched: bool,
}

/// What can be entered in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// A number.
    Number,
    /// One of these.
    Choice(Vec<ChoiceOption>),
    /// Data in JSON; other text is taken as it is.
    Json,
}

/// An option of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceOption {
    /// Its label.
    pub label: String,
    /// The data that it stands for.
    pub value: Value,
}

impl ChoiceOption {
    /// An option for data, with a label made of it: `allow` for `"allow"` and for `{"decision":"allow"}`.
    pub fn of(value: Value) -> Self {
        let only = value.as_object().filter(|members| members.len() == 1);
        let shown = only.and_then(|members| members.values().next());
        let label = match shown.unwrap_or(&value) {
            Value::String(text) if !text.trim().is_empty() => text.clone(),
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            Value::Null => "nothing".to_owned(),
            _ => value.to_string(),
        };
        Self { label, value }
    }
}

impl Field {
    /// An empty field.
    pub fn new(name: &str, label: &str, kind: FieldKind) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            help: String::new(),
            kind,
            typed: String::new(),
            chosen: None,
            is_required: false,
            problem: None,
            is_touched: false,
        }
    }

    /// Its options, if it is a choice.
    pub fn options(&self) -> Option<&[ChoiceOption]> {
        match &self.kind {
            FieldKind::Choice(options) => Some(options),
            _ => None,
        }
    }

    /// Fills it with data that it can show; other data changes nothing.
    pub(super) fn fill(&mut self, data: &Value) {
        match (&self.kind, data) {
            (FieldKind::Choice(options), data) => {
                self.chosen = options.iter().position(|option| option.value == *data);
            }
            (FieldKind::Text, Value::String(text)) => self.typed.clone_from(text),
            (FieldKind::Number, Value::Number(number)) => self.typed = number.to_string(),
            (FieldKind::Json, data) => self.typed = data.to_string(),
            _ => {}
        }
    }

    /// The data that it stands for; `None`: it is empty.
    ///
    /// # Errors
    ///
    /// What is wrong, in words.
    pub(super) fn data(&self) -> Result<Option<Value>, String> {
        let typed = self.typed.trim();
        match &self.kind {
            FieldKind::Choice(options) => {
                let chosen = self.chosen.and_then(|chosen| options.get(chosen));
                Ok(chosen.map(|option| option.value.clone()))
            }
            _ if typed.is_empty() => Ok(None),
            // Spaces around a text may be meant.
            FieldKind::Text => Ok(Some(self.typed.as_str().into())),
            FieldKind::Number => match typed.parse::<Number>() {
                Ok(number) => Ok(Some(number.into())),
                Err(_) => Err("this is not a number: write it as 3 or 0.5".to_owned()),
            },
            FieldKind::Json => match serde_json::from_str(typed) {
                Ok(data) => Ok(Some(data)),
                Err(error) if looks_like_json(typed) => {
                    let column = error.column();
                    Err(format!(
                        "this JSON is not complete: look at column {column}"
                    ))
                }
                Err(_) => Ok(Some(typed.into())),
            },
        }
    }

    /// Says that what is typed is taken as text, where JSON is expected.
    pub fn note(&self) -> Option<String> {
        let typed = self.typed.trim();
        let is_text = self.kind == FieldKind::Json
            && !typed.is_empty()
            && !looks_like_json(typed)
            && serde_json::from_str::<Value>(typed).is_err();
        is_text.then(|| format!("this is not JSON: it is taken as the text \"{typed}\""))
    }

    /// The letters that choose its options, where no other option begins with the same one. `C` opens the
    /// form, and pressed twice by mistake it must not choose.
    pub fn letters(&self) -> Vec<Option<char>> {
        let first = |option: &ChoiceOption| {
            let first = option.label.chars().next()?.to_ascii_lowercase();
            (first.is_ascii_lowercase() && first != 'c').then_some(first)
        };
        let options = self.options().unwrap_or_default();
        let all: Vec<_> = options.iter().map(first).collect();
        let is_only = |letter: char| all.iter().filter(|l| **l == Some(letter)).count() == 1;
        all.iter()
            .map(|letter| letter.filter(|letter| is_only(*letter)))
            .collect()
    }
}

/// Whether a text was meant to be JSON.
fn looks_like_json(text: &str) -> bool {
    text.starts_with(['{', '[', '"'])
}
