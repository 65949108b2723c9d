//! Events from the bytes of the protocol to their JSON: the same as `temporal workflow show -o json` writes.
//! Nothing is left out: a field that is not known is `field17`, and a type of event that is not known is
//! its number.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Number, Value};

use super::{
    super::event_type::EventType,
    answers::{Blob, Events},
    fields::{Content, Fields},
    schema::{Kind, Message},
    tables::{FAILURE, HISTORY_EVENT},
};

/// How deep messages lie within each other at most. What is deeper stays base64.
const MAX_DEPTH: u32 = 64;

/// The numbers of the fields of an event that may be the fields of its type.
const ATTRIBUTES: std::ops::Range<u32> = 6..300;

/// Bytes that are no message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these {0} bytes are no event of Temporal's protocol")]
pub struct NoEvent(usize);

/// The JSON of an event.
pub fn event_json(bytes: &[u8]) -> Result<Value, NoEvent> {
    let mut event = message(&HISTORY_EVENT, bytes, 0).ok_or(NoEvent(bytes.len()))?;
    // The fields of a type of event that is not known.
    for (number, content) in Fields(bytes).flatten() {
        let is_known = HISTORY_EVENT.field(number).is_some();
        if let Content::Bytes(bytes) = content
            && ATTRIBUTES.contains(&number)
            && !is_known
        {
            let attributes = unknown_message(bytes, 0).unwrap_or_else(|| base64(bytes));
            event.remove(&unknown_name(number));
            event.insert(format!("field{number}EventAttributes"), attributes);
        }
    }
    Ok(Value::Object(event))
}

/// The events of a blob, as some servers store and send them. What cannot be read is one event.
pub fn events_of_blob(blob: Blob) -> Vec<Vec<u8>> {
    match <Events as prost::Message>::decode(blob.data.as_slice()) {
        Ok(events) => events.events,
        Err(_) => vec![blob.data],
    }
}

/// The JSON of a failure.
pub fn failure_json(bytes: &[u8]) -> Value {
    message(&FAILURE, bytes, 0).map_or(Value::Null, Value::Object)
}

fn message(schema: &Message, bytes: &[u8], depth: u32) -> Option<Map<String, Value>> {
    let mut object = Map::new();
    for field in Fields(bytes) {
        let (number, content) = field?;
        let known = schema.field(number).and_then(|field| {
            insert(&mut object, field.name, &field.kind, content, depth).then_some(())
        });
        if known.is_none() {
            add(&mut object, &unknown_name(number), unknown(content));
        }
    }
    Some(object)
}

/// Puts a field into an object. Returns whether it was what its type says.
fn insert(
    object: &mut Map<String, Value>,
    name: &str,
    kind: &Kind,
    content: Content<'_>,
    depth: u32,
) -> bool {
    match kind {
        Kind::List(item) => {
            let Some(items) = items(item, content, depth) else {
                return false;
            };
            let list = object
                .entry(name)
                .or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list {
                list.extend(items);
            }
            true
        }
        Kind::Map(of) => {
            let Some((key, value)) = entry(of, content, depth) else {
                return false;
            };
            let map = object
                .entry(name)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(map) = map {
                map.insert(key, value);
            }
            true
        }
        kind => match value(kind, content, depth) {
            Some(value) => {
                object.insert(name.to_owned(), value);
                true
            }
            None => false,
        },
    }
}

/// The items of a list: one, or several numbers in a row.
fn items(kind: &Kind, content: Content<'_>, depth: u32) -> Option<Vec<Value>> {
    let is_number = matches!(
        kind,
        Kind::Bool | Kind::Int32 | Kind::Uint32 | Kind::Int64 | Kind::Enum(_) | Kind::EventType
    );
    let Content::Bytes(mut bytes) = content else {
        return value(kind, content, depth).map(|value| vec![value]);
    };
    if !is_number {
        return value(kind, content, depth).map(|value| vec![value]);
    }
    let mut list = Vec::new();
    while !bytes.is_empty() {
        let (number, rest) = super::fields::varint(bytes)?;
        list.push(value(kind, Content::Varint(number), depth)?);
        bytes = rest;
    }
    Some(list)
}

fn entry(kind: &Kind, content: Content<'_>, depth: u32) -> Option<(String, Value)> {
    let Content::Bytes(bytes) = content else {
        return None;
    };
    let (mut key, mut found) = (String::new(), None);
    for field in Fields(bytes) {
        match field? {
            (1, Content::Bytes(text)) => key = String::from_utf8_lossy(text).into_owned(),
            (2, content) => found = Some(value(kind, content, depth)?),
            _ => {}
        }
    }
    let found = match found {
        Some(value) => value,
        // What is empty is not on the wire.
        None => value(kind, Content::Bytes(&[]), depth)?,
    };
    Some((key, found))
}

fn value(kind: &Kind, content: Content<'_>, depth: u32) -> Option<Value> {
    // Integers of 32 bits are sent as if they had 64.
    let value = match (kind, content) {
        (Kind::Text, Content::Bytes(bytes)) => String::from_utf8_lossy(bytes).into(),
        (Kind::Bytes, Content::Bytes(bytes)) => base64(bytes),
        (Kind::Bool, Content::Varint(number)) => (number != 0).into(),
        (Kind::Int32, Content::Varint(number)) => (number as i32).into(),
        (Kind::Uint32, Content::Varint(number)) => (number as u32).into(),
        (Kind::Int64, Content::Varint(number)) => (number as i64).to_string().into(),
        (Kind::Double, Content::Fixed64(bits)) => float(f64::from_bits(bits)),
        (Kind::Float, Content::Fixed32(bits)) => shortest(f32::from_bits(bits)),
        (Kind::EventType, Content::Varint(number)) => event_type(number as i32),
        (Kind::Enum(names), Content::Varint(number)) => match names.name(number as i32) {
            Some(name) => name.into(),
            None => (number as i32).into(),
        },
        (Kind::Duration, Content::Bytes(bytes)) => duration(bytes)?.into(),
        (Kind::Timestamp, Content::Bytes(bytes)) => timestamp(bytes)?.into(),
        (Kind::Message(schema), Content::Bytes(bytes)) if depth < MAX_DEPTH => {
            Value::Object(message(schema, bytes, depth + 1)?)
        }
        _ => return None,
    };
    Some(value)
}

fn float(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return (number as i64).into();
    }
    match Number::from_f64(number) {
        Some(number) => number.into(),
        None if number.is_nan() => "NaN".into(),
        None if number > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}

/// A number of 32 bits with as few digits as tell it apart.
fn shortest(number: f32) -> Value {
    float(number.to_string().parse().unwrap_or(f64::NAN))
}

/// `EVENT_TYPE_TIMER_FIRED`, or the number of a type that is not known.
fn event_type(number: i32) -> Value {
    let known = match EventType::of_number(number.into()) {
        EventType::Other(_) if number == 0 => "Unspecified".to_owned(),
        EventType::Other(_) => return number.into(),
        known => known.name().to_owned(),
    };
    let mut name = "EVENT_TYPE".to_owned();
    for letter in known.chars() {
        if letter.is_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name.into()
}

/// Seconds and nanoseconds.
fn seconds_and_nanos(bytes: &[u8]) -> Option<(i64, i32)> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields(bytes) {
        match field? {
            (1, Content::Varint(number)) => seconds = number as i64,
            (2, Content::Varint(number)) => nanos = number as i32,
            _ => {}
        }
    }
    (nanos.abs() < 1_000_000_000).then_some((seconds, nanos))
}

/// `.5`, with three, six or nine digits, or nothing.
fn fraction(nanos: u32) -> String {
    match nanos {
        0 => String::new(),
        nanos if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        nanos if nanos % 1_000 == 0 => format!(".{:06}", nanos / 1_000),
        nanos => format!(".{nanos:09}"),
    }
}

fn duration(bytes: &[u8]) -> Option<String> {
    let (seconds, nanos) = seconds_and_nanos(bytes)?;
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    let fraction = fraction(nanos.unsigned_abs());
    Some(format!("{sign}{}{fraction}s", seconds.unsigned_abs()))
}

fn timestamp(bytes: &[u8]) -> Option<String> {
    let (seconds, nanos) = seconds_and_nanos(bytes)?;
    let nanos = u32::try_from(nanos).ok()?;
    // The last day that the calendar cannot tell stands for a time that never comes.
    let Ok(second) = jiff::Timestamp::from_second(seconds) else {
        return (seconds > 0).then(|| "9999-12-31T23:59:59Z".to_owned());
    };
    let mut text = second.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let _ = write!(text, "{}Z", fraction(nanos));
    Some(text)
}

fn unknown_name(number: u32) -> String {
    format!("field{number}")
}

fn unknown(content: Content<'_>) -> Value {
    match content {
        Content::Varint(number) => number.to_string().into(),
        Content::Fixed64(bits) => bits.to_string().into(),
        Content::Fixed32(bits) => bits.into(),
        Content::Bytes(bytes) => base64(bytes),
    }
}

/// A message of which nothing is known. Bytes that could be text are text.
fn unknown_message(bytes: &[u8], depth: u32) -> Option<Value> {
    let mut object = Map::new();
    for field in Fields(bytes) {
        let (number, content) = field?;
        let value = match content {
            Content::Bytes(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) if !text.chars().any(char::is_control) => text.into(),
                _ if depth < MAX_DEPTH => {
                    unknown_message(bytes, depth + 1).unwrap_or_else(|| base64(bytes))
                }
                _ => base64(bytes),
            },
            content => unknown(content),
        };
        add(&mut object, &unknown_name(number), value);
    }
    Some(Value::Object(object))
}

/// Puts a value into an object. Several of the same name become a list.
fn add(object: &mut Map<String, Value>, name: &str, value: Value) {
    match object.get_mut(name) {
        None => {
            object.insert(name.to_owned(), value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(other) => {
            let first = other.take();
            *other = Value::Array(vec![first, value]);
        }
    }
}

fn base64(bytes: &[u8]) -> Value {
    STANDARD.encode(bytes).into()
}

#[cfg(test)]
mod tests;
