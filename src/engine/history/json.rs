//! Exported histories, for archiving, display and replay elsewhere.
//!
//! `fermata-history/1` is one object with `format`, `instance` and `events`. Each event has
//! `eventId` (its position, from 0), `timestamp` (RFC 3339 in UTC with nanoseconds), `type`, and
//! the fields of that type, see [`EventKind`](super::EventKind); payloads are embedded as values.
//! Numbers keep all their digits.
//!
//! The MessagePack form is the same object. Values that MessagePack cannot represent exactly (an
//! integer of more than 64 bits, a number written as `1.00`) are extension type 1: the JSON of the
//! value as UTF-8 text.

use serde_json::Value;

use super::{Event, History, InvalidHistory, exported::FORMAT, read_json};
use crate::engine::{
    JsonText,
    json_text::AROUND_PAYLOADS,
    payload::{MAX_DEPTH, pack, render},
};

impl History {
    /// Converts to a JSON object with `format`, `instance` and `events`.
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

    /// Parses the output of [`to_json`](Self::to_json). An unknown field, event type or value is an
    /// error that names the event and the field.
    pub fn from_json(text: &str) -> Result<Self, InvalidHistory> {
        read_json::history(text)
    }

    /// Converts to the same object in MessagePack.
    ///
    /// Values that MessagePack cannot represent exactly, such as an integer of more than 64 bits,
    /// are extension type 1: their JSON as text.
    pub fn to_messagepack(&self) -> Vec<u8> {
        pack(self.to_json().as_str(), MAX_DEPTH + AROUND_PAYLOADS).0
    }

    /// Parses the output of [`to_messagepack`](Self::to_messagepack).
    pub fn from_messagepack(bytes: &[u8]) -> Result<Self, InvalidHistory> {
        let text = render(bytes, MAX_DEPTH + AROUND_PAYLOADS).map_err(InvalidHistory::new)?;
        Self::from_json(&text)
    }

    /// Parses JSON or MessagePack, detecting the format.
    pub fn read(bytes: &[u8]) -> Result<Self, InvalidHistory> {
        // The first byte of a MessagePack map never starts a text.
        match bytes.first() {
            Some(0x80..=0x8f | 0xde | 0xdf) => Self::from_messagepack(bytes),
            _ => match std::str::from_utf8(bytes) {
                Ok(text) => Self::from_json(text),
                Err(_) => Err(InvalidHistory::new("it is neither JSON nor MessagePack")),
            },
        }
    }
}

impl Event {
    /// Converts to a JSON object with `eventId`, `timestamp`, `type` and the fields of that type.
    /// Integers of more than 64 bits are rounded.
    pub fn to_json(&self) -> Value {
        self.to_json_text().to_value()
    }

    /// As [`to_json`](Self::to_json), with exact numbers.
    pub fn to_json_text(&self) -> JsonText {
        let mut text = String::new();
        self.write_json(&mut text);
        JsonText::new(text)
    }

    /// Parses the output of [`to_json`](Self::to_json).
    pub fn from_json(value: &Value) -> Result<Self, InvalidHistory> {
        read_json::event(&value.to_string()).map_err(InvalidHistory::new)
    }

    /// Parses the output of [`to_json_text`](Self::to_json_text), with exact numbers.
    pub fn from_json_text(text: &str) -> Result<Self, InvalidHistory> {
        read_json::event(text).map_err(InvalidHistory::new)
    }

    fn write_json(&self, text: &mut String) {
        let name = self.kind.name();
        // A struct variant serializes as an object with its name and fields.
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
