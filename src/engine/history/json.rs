//! A history as JSON, to be kept, shown and replayed elsewhere.

use serde_json::{Map, Value, json};

use super::{Event, EventKind};
use crate::engine::{EventId, InstanceId, Timestamp};

/// What the `format` of an exported history says.
const FORMAT: &str = "fermata-history/1";

/// A whole history, taken out of its store.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Whose history it is.
    pub instance: InstanceId,
    /// From `ExecutionStarted` on.
    pub events: Vec<Event>,
}

/// A text that is no exported history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not an exported history: {reason}")]
pub struct BadHistory {
    reason: String,
}

impl BadHistory {
    fn new(reason: impl std::fmt::Display) -> Self {
        let reason = reason.to_string();
        Self { reason }
    }
}

impl History {
    /// As a JSON object: `format`, `instance`, `events`.
    pub fn to_json(&self) -> Value {
        json!({
            "format": FORMAT,
            "instance": self.instance,
            "events": self.events.iter().map(Event::to_json).collect::<Vec<_>>(),
        })
    }

    /// Reads what [`to_json`](Self::to_json) made.
    pub fn from_json(text: &str) -> Result<Self, BadHistory> {
        let value: Value = serde_json::from_str(text).map_err(BadHistory::new)?;
        match value.get("format").and_then(Value::as_str) {
            Some(FORMAT) => {}
            Some(other) => {
                let reason = format!("its format is {other:?}, this program reads {FORMAT:?}");
                return Err(BadHistory::new(reason));
            }
            None => return Err(BadHistory::new("it has no \"format\"")),
        }
        let instance = value.get("instance").and_then(Value::as_str);
        let instance = instance.ok_or_else(|| BadHistory::new("it has no \"instance\""))?;
        let events = value.get("events").and_then(Value::as_array);
        let events = events.ok_or_else(|| BadHistory::new("it has no \"events\""))?;
        let events: Result<Vec<_>, _> = events.iter().map(Event::from_json).collect();
        let history = Self {
            instance: InstanceId::new(instance).map_err(BadHistory::new)?,
            events: events?,
        };
        for (place, event) in history.events.iter().enumerate() {
            if event.id.0 != place as u64 {
                let reason = format!("event {place} has the id {}", event.id);
                return Err(BadHistory::new(reason));
            }
        }
        match history.events.first().map(|event| &event.kind) {
            Some(EventKind::ExecutionStarted { .. }) => Ok(history),
            _ => Err(BadHistory::new("it does not begin with ExecutionStarted")),
        }
    }
}

impl Event {
    /// The event as a JSON object: `eventId`, `timestamp`, `type`, then the fields of that type.
    pub fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("eventId".into(), self.id.0.into());
        object.insert("timestamp".into(), self.at.to_string().into());
        // An enum of struct variants always becomes an object of one name with its fields.
        if let Ok(Value::Object(tagged)) = serde_json::to_value(&self.kind) {
            for (name, fields) in tagged {
                object.insert("type".into(), name.into());
                if let Value::Object(fields) = fields {
                    object.extend(fields);
                }
            }
        }
        Value::Object(object)
    }

    /// Reads what [`to_json`](Self::to_json) made.
    pub fn from_json(value: &Value) -> Result<Self, BadHistory> {
        let Value::Object(fields) = value else {
            return Err(BadHistory::new("an event is not an object"));
        };
        let mut fields = fields.clone();
        let id = fields.remove("eventId").as_ref().and_then(Value::as_u64);
        let id = id.ok_or_else(|| BadHistory::new("an event has no \"eventId\""))?;
        let place = |reason: String| BadHistory::new(format!("event {id}: {reason}"));
        let at = fields.remove("timestamp").unwrap_or_default();
        let at: Timestamp = serde_json::from_value(at).map_err(|e| place(e.to_string()))?;
        let Some(Value::String(name)) = fields.remove("type") else {
            return Err(place("it has no \"type\"".into()));
        };
        let kind = json!({ name: fields });
        let kind: EventKind = serde_json::from_value(kind).map_err(|e| place(e.to_string()))?;
        let id = EventId(id);
        Ok(Self { id, at, kind })
    }
}
