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
    /// A compressed file.
    #[error("this file is compressed: unpack it first, for instance with `gunzip`")]
    Compressed,
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
        const FIRST_FIELDS: [&[u8]; 5] = [
            b"\"eventId\"",
            b"\"event_id\"",
            b"\"eventTime\"",
            b"\"timestamp\"",
            // Of the first line of an export of Durable Task.
            b"\"kind\":\"metadata\"",
        ];
        let begins = matches!(start.trim_ascii_start().first(), Some(b'{' | b'['));
        let has = |mark: &[u8]| start.windows(mark.len()).any(|part| part == mark);
        let is_document = has(b"\"document\"") && has(b"\"dsl\"");
        History::is_one(start)
            || begins && !is_document && FIRST_FIELDS.iter().any(|field| has(field))
    }

    /// Reads it.
    pub fn read(&self) -> Result<Imported, HistoryFileError> {
        if self.bytes.starts_with(GZIP) {
            return Err(HistoryFileError::Compressed);
        }
        if History::is_one(self.bytes) {
            return Ok(own(History::read(self.bytes)?));
        }
        let Some(Content { events, instance }) = Content::read(self.bytes)? else {
            // It says what is wrong with the text.
            return Ok(own(History::read(self.bytes)?));
        };
        let name = instance.as_deref().unwrap_or(self.name);
        let Some(first) = events.first().filter(|first| first.is_object()) else {
            return Err(HistoryFileError::Unknown);
        };
        let first = with_json_names(first.clone());
        let has = |name: &str| first.get(name).is_some();
        // The type of an event in an export of Durable Task ends like this.
        let is_durable_task =
            |name: &Value| name.as_str().is_some_and(|name| name.ends_with("Event"));
        let is_temporal = |name: &String| name.ends_with("EventAttributes");
        let mut names = first.as_object().into_iter().flat_map(Map::keys);
        match first.get("eventType") {
            Some(name) if is_durable_task(name) => {}
            Some(_) => return temporal::history(events, name, self.private),
            None if names.any(is_temporal) => return temporal::history(events, name, self.private),
            None if has("timestamp") && has("eventId") => {}
            None => return Err(HistoryFileError::Unknown),
        }
        durable_task::history(events, name, self.private)
    }
}

fn own(history: History) -> Imported {
    Imported {
        engine: SourceEngine::Fermata,
        history,
        origins: Vec::new(),
    }
}

/// How a file begins that was compressed with gzip.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// What is in a file: events, and perhaps the instance.
struct Content {
    events: Vec<Value>,
    instance: Option<String>,
}

impl Content {
    /// Reads JSON, or JSON lines. `None`: it is neither.
    fn read(bytes: &[u8]) -> Result<Option<Self>, HistoryFileError> {
        if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
            return Self::of(value).map(Some).ok_or(HistoryFileError::Unknown);
        }
        let lines = bytes.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty());
        let lines: Result<Vec<Value>, _> = lines.map(serde_json::from_slice).collect();
        let Ok(mut events) = lines else {
            return Ok(None);
        };
        // The first line of an export of Durable Task is about the instance.
        let is_event = |line: &Value| line.get("eventId").or(line.get("event_id")).is_some();
        let instance = match events.first() {
            Some(first) if !is_event(first) => {
                let instance = instance(first);
                events.remove(0);
                instance
            }
            _ => None,
        };
        Ok(Some(Self { events, instance }))
    }

    /// The events: a list, or the field `events` of an object, which may be within `history`.
    fn of(value: Value) -> Option<Self> {
        let instance = instance(&value);
        let events = match value {
            Value::Array(events) => events,
            Value::Object(mut object) => match object.remove("history") {
                Some(Value::Object(history)) => list_of_events(history)?,
                _ => list_of_events(object)?,
            },
            _ => return None,
        };
        Some(Self { events, instance })
    }
}

/// The instance that an export of Durable Task is about.
fn instance(value: &Value) -> Option<String> {
    let id = value.get("instance_id")?.as_str()?;
    Some(id.to_owned())
}

fn list_of_events(mut object: Map<String, Value>) -> Option<Vec<Value>> {
    match object.remove("events")? {
        Value::Array(events) => Some(events),
        _ => None,
    }
}
