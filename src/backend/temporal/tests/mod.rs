//! Every type of Temporal's events, in every spelling that exports have.

mod data;
mod event_types;
mod spellings;
mod table;
mod times;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::backend::{HistoryFile, Imported, Private};

/// An event, a second after the one with the number before.
fn event(number: u64, name: &str, attributes: Value) -> Value {
    let (minute, second) = (number / 60, number % 60);
    let time = format!("2026-01-31T12:{minute:02}:{second:02}Z");
    event_at(number, name, &time, attributes)
}

fn event_at(number: u64, name: &str, time: &str, attributes: Value) -> Value {
    let mut letters = name.chars();
    let first = letters.next().unwrap().to_lowercase();
    let field = first.chain(letters).collect::<String>() + "EventAttributes";
    json!({
        "eventId": number.to_string(),
        "eventTime": time,
        "eventType": name,
        field: attributes,
    })
}

fn started() -> Value {
    let attributes = json!({"workflowId": "order-7", "workflowType": {"name": "Order"}});
    event(1, "WorkflowExecutionStarted", attributes)
}

/// JSON text in its encoding.
fn data(json: &Value) -> Value {
    encoded("json/plain", json.to_string().as_bytes())
}

fn encoded(encoding: &str, bytes: &[u8]) -> Value {
    json!({
        "metadata": {"encoding": STANDARD.encode(encoding)},
        "data": STANDARD.encode(bytes),
    })
}

fn one(json: &Value) -> Value {
    json!({"payloads": [data(json)]})
}

fn import(events: &[Value]) -> Imported {
    import_file(&json!({ "events": events }))
}

fn import_file(content: &Value) -> Imported {
    read(content, Private::Hidden).unwrap()
}

fn read(content: &Value, private: Private) -> Result<Imported, String> {
    let bytes = serde_json::to_vec(content).unwrap();
    let (bytes, name) = (&bytes, "a file");
    let file = HistoryFile {
        bytes,
        name,
        private,
    };
    file.read().map_err(|error| error.to_string())
}

/// The events that an event of Temporal became, as JSON.
fn made_of(imported: &Imported, number: u64) -> Vec<Value> {
    let events = imported.history.events.iter().zip(&imported.origins);
    let events = events.filter(|(_, origin)| origin.number == number);
    events.map(|(event, _)| event.to_json()).collect()
}

/// Asserts that values have at least these fields.
#[track_caller]
fn assert_fields(found: &[Value], expected: &[Value], about: &str) {
    assert_eq!(found.len(), expected.len(), "{about}: {found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&found[name], value, "{about}, {name}: {found:#}");
        }
    }
}
