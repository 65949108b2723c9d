//! Why a filter ends before it has given all its results.

use super::{json, value::Val};

/// About how long the text of a value in a message may be.
const MAX_MESSAGE: usize = 1000;

/// Why a filter ends early.
#[derive(Debug, Clone)]
pub enum Halt {
    /// It failed; `try` catches this.
    Error(Val),
    /// It leaves a `label`, or a filter that needs no more results.
    Break(u64),
    /// Its budget is exhausted. Nothing catches this.
    Exhausted(&'static str),
}

impl Halt {
    /// A failure with a message.
    pub fn error(message: impl AsRef<str>) -> Self {
        Self::Error(Val::text(message.as_ref()))
    }

    /// The message of a failure.
    pub fn message(&self) -> String {
        match self {
            Self::Error(Val::Str(text)) => text.to_string(),
            Self::Error(value) => format!("{} (not a string)", json::start(value, MAX_MESSAGE)),
            Self::Break(_) => "break".to_owned(),
            Self::Exhausted(why) => (*why).to_owned(),
        }
    }
}

/// A value as it is shown in messages.
pub fn described(value: &Val) -> String {
    format!("{} ({})", value.kind(), shown(value))
}

/// The beginning of a value's JSON text.
pub fn shown(value: &Val) -> String {
    const MAX: usize = 29;
    let text = json::start(value, 2 * MAX);
    if text.len() <= MAX {
        return text;
    }
    let closing = if text.starts_with('"') { "\"" } else { "" };
    let mut end = MAX - 3 - closing.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}...{closing}", text.get(..end).unwrap_or_default())
}

/// The failure of an operation on two values.
pub fn cannot(one: &Val, other: &Val, what: &str) -> Halt {
    Halt::error(format!(
        "{} and {} cannot be {what}",
        described(one),
        described(other)
    ))
}
