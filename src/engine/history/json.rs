//! A history as a document, to be kept, shown and replayed elsewhere.
//!
//! `fermata-history/1` is one object: `format`, `instance` and `events`. Each event has `eventId` (its
//! place, from 0), `timestamp` (RFC 3339, UTC, nine digits of a second), `type` and the fields of that
//! type, which [`EventKind`](super::EventKind) describes; payloads are values of their own. All
//! numbers have all their digits.
//!
//! In MessagePack it is the same object. What MessagePack cannot hold exactly (an integer of more than
//! 64 bits, a number written as `1.00`) is extension type 1: the JSON of that value as UTF-8 text.

use serde_json::Value;

use super::{Event, read_json};
use crate::engine::{
    InstanceId, JsonText,
    json_text::AROUND_PAYLOADS,
    payload::{MAX_DEPTH, pack, render},
};

/// What the `format` of an exported history says.
pub(super) const FORMAT: &str = "fermata-history/1";

/// A whole history, taken out of its store.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Whose history it is.
    pub instance: InstanceId,
    /// From `ExecutionStarted` on.
    pub events: Vec<Event>,
}

/// Data that is not an exported history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not an exported history: {reason}")]
pub struct BadHistory {
    reason: String,
}

impl BadHistory {
    pub(super) fn new(reason: impl std::fmt::Display) -> Self {
        let reason = reason.to_string();
        Self { reason }
    }
}

impl History {
    /// As a JSON object: `format`, `instance`, `events`.
    pub fn to_json(&self) -> JsonText {
        let mut text = format!(
            "{{\"format\":{},\"instance\":{},\"events\":[",
            json(FORMAT),
            json(&self.instance)
        );
        for (place, event) in self.events.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            event.write_json(&mut text);
        }
        text.push_str("]}");
        JsonText::new(text)
    }

    /// Reads what [`to_json`](Self::to_json) made. Nothing is passed over: a field, a type of event
    /// or a value that this program does not know is an error that names the event and the field.
    pub fn from_json(text: &str) -> Result<Self, BadHistory> {
        read_json::history(text)
    }

    /// The same object in MessagePack.
    ///
    /// An integer of more than 64 bits, or another value that MessagePack cannot hold exactly, is
    /// extension type 1: its JSON as text.
    pub fn to_messagepack(&self) -> Vec<u8> {
        pack(self.to_json().as_str(), MAX_DEPTH + AROUND_PAYLOADS).0
    }

    /// Reads what [`to_messagepack`](Self::to_messagepack) made.
    pub fn from_messagepack(bytes: &[u8]) -> Result<Self, BadHistory> {
        let text = render(bytes, MAX_DEPTH + AROUND_PAYLOADS).map_err(BadHistory::new)?;
        Self::from_json(&text)
    }

    /// Reads JSON or MessagePack, whichever it is.
    pub fn read(bytes: &[u8]) -> Result<Self, BadHistory> {
        // An object of MessagePack begins with a byte that no text begins with.
        match bytes.first() {
            Some(0x80..=0x8f | 0xde | 0xdf) => Self::from_messagepack(bytes),
            _ => match std::str::from_utf8(bytes) {
                Ok(text) => Self::from_json(text),
                Err(_) => Err(BadHistory::new("it is neither JSON nor MessagePack")),
            },
        }
    }
}

impl Event {
    /// The event as a JSON object: `eventId`, `timestamp`, `type`, then the fields of that type.
    /// Integers of more than 64 bits are rounded.
    pub fn to_json(&self) -> Value {
        self.to_json_text().to_value()
    }

    /// The same with all digits.
    pub fn to_json_text(&self) -> JsonText {
        let mut text = String::new();
        self.write_json(&mut text);
        JsonText::new(text)
    }

    /// Reads what [`to_json`](Self::to_json) made.
    pub fn from_json(value: &Value) -> Result<Self, BadHistory> {
        read_json::event(&value.to_string()).map_err(BadHistory::new)
    }

    /// Reads what [`to_json_text`](Self::to_json_text) made, with all digits.
    pub fn from_json_text(text: &str) -> Result<Self, BadHistory> {
        read_json::event(text).map_err(BadHistory::new)
    }

    fn write_json(&self, text: &mut String) {
        let name = self.kind.name();
        // An enum of struct variants always becomes an object of one name with its fields.
        let kind = json(&self.kind);
        let fields = kind
            .strip_prefix(&format!("{{\"{name}\":{{"))
            .and_then(|fields| fields.strip_suffix("}}"))
            .unwrap_or_default();
        *text += &format!(
            "{{\"eventId\":{},\"timestamp\":{},\"type\":\"{name}\",{fields}}}",
            self.id,
            json(&self.at)
        );
    }
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("texts, numbers and payloads always become JSON")
}
