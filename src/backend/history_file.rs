//! Reads exported histories: of this engine, of Temporal, of Durable Task and of Dapr.

use serde_json::{Map, Value};

use super::{
    durable_task,
    imported::{Imported, SourceEngine},
    proto_json::with_json_names,
    temporal,
};
use crate::engine::{History, InvalidHistory};

/// What an export tells about people and machines: who asked for something, on which host a worker ran,
/// where in the code an error was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Private {
    /// Left out.
    #[default]
    Hidden,
    /// Kept.
    Shown,
}

/// The content of a file with an exported history.
pub struct HistoryFile<'a> {
    /// The content.
    pub bytes: &'a [u8],
    /// The name of the instance if the content does not say it: the name of the file.
    pub name: &'a str,
    /// What it tells about people and machines.
    pub private: Private,
}

/// A file that is not a history, or a damaged one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryFileError {
    /// A damaged history of this engine, or no history at all.
    #[error(transparent)]
    Own(#[from] InvalidHistory),
    /// JSON of something else.
    #[error(
        "this is not an exported history: expected an object with \"events\", as written by \
         `fermata export`, `temporal workflow show -o json`, or as JSON of Durable Task's history"
    )]
    Unknown,
    /// There are no events.
    #[error("this {0} history has no events")]
    Empty(SourceEngine),
    /// An event that cannot be read.
    #[error("event {place} of this {engine} history cannot be read: {reason}")]
    Event {
        /// The engine.
        engine: SourceEngine,
        /// Its place, counted from 1.
        place: usize,
        /// The field, and what was expected.
        reason: String,
    },
    /// It does not begin with the start of a workflow.
    #[error(
        "this {engine} history does not begin with {expected}: export it from its first event on"
    )]
    NoStart {
        /// The engine.
        engine: SourceEngine,
        /// The type of the event that was expected.
        expected: &'static str,
    },
}

impl HistoryFile<'_> {
    /// Whether a file that starts with these bytes is meant to be an exported history. A few hundred bytes
    /// are enough.
    pub fn is_one(start: &[u8]) -> bool {
        /// One of these is among the first fields of an event, in the order of the protocol.
        const FIRST_FIELDS: [&[u8]; 4] = [
            b"\"eventId\"",
            b"\"event_id\"",
            b"\"eventTime\"",
            b"\"timestamp\"",
        ];
        let begins = matches!(start.trim_ascii_start().first(), Some(b'{' | b'['));
        let has = |mark: &[u8]| start.windows(mark.len()).any(|part| part == mark);
        let is_document = has(b"\"document\"") && has(b"\"dsl\"");
        History::is_one(start)
            || begins && !is_document && FIRST_FIELDS.iter().any(|field| has(field))
    }

    /// Reads it.
    pub fn read(&self) -> Result<Imported, HistoryFileError> {
        if History::is_one(self.bytes) {
            return Ok(own(History::read(self.bytes)?));
        }
        let Ok(value) = serde_json::from_slice::<Value>(self.bytes) else {
            // It says what is wrong with the text.
            return Ok(own(History::read(self.bytes)?));
        };
        let events = events(value).ok_or(HistoryFileError::Unknown)?;
        let Some(first) = events.first().and_then(Value::as_object) else {
            return Err(HistoryFileError::Unknown);
        };
        let first = with_json_names(first.clone());
        let is_temporal = |name: &String| name == "eventType" || name.ends_with("EventAttributes");
        if first.keys().any(is_temporal) {
            return temporal::history(events, self.name, self.private);
        }
        match first.contains_key("timestamp") && first.contains_key("eventId") {
            true => durable_task::history(events, self.name, self.private),
            false => Err(HistoryFileError::Unknown),
        }
    }
}

fn own(history: History) -> Imported {
    Imported {
        engine: SourceEngine::Fermata,
        history,
        origins: Vec::new(),
    }
}

/// The events: a list, or the field `events` of an object, which may be within `history`.
fn events(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(events) => Some(events),
        Value::Object(mut object) => match object.remove("history") {
            Some(Value::Object(history)) => list_of_events(history),
            _ => list_of_events(object),
        },
        _ => None,
    }
}

fn list_of_events(mut object: Map<String, Value>) -> Option<Vec<Value>> {
    match object.remove("events")? {
        Value::Array(events) => Some(events),
        _ => None,
    }
}
