//! An event of a Durable Task history, as its JSON says it.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::super::{
    history_file::Private,
    proto_json::{Integer, Moment, read, with_json_names},
};

/// An event.
#[derive(Debug, Clone)]
pub(super) struct DurableTaskEvent {
    /// The number that the SDK gave to what it asked for; -1 for what came from outside.
    pub id: i64,
    /// When it happened. Some engines tell only when turns begin.
    pub at: Moment,
    /// Its type: `taskScheduled`.
    pub name: String,
    /// The fields of its type.
    pub attributes: Value,
    /// All its fields.
    pub fields: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    event_id: Integer,
    #[serde(default)]
    timestamp: Moment,
}

impl DurableTaskEvent {
    /// Reads an event. An error names the field.
    pub fn read(mut fields: Value, private: Private) -> Result<Self, String> {
        let Value::Object(object) = &mut fields else {
            return Err("expected an object".to_owned());
        };
        *object = with_json_names(std::mem::take(object));
        let is_type = |name: &&String| !["eventId", "timestamp", "router"].contains(&name.as_str());
        let Some(name) = object.keys().find(is_type).cloned() else {
            return Err("it has no type: expected a field such as \"taskScheduled\"".to_owned());
        };
        let attributes = match object.get_mut(&name) {
            Some(Value::Object(attributes)) => {
                *attributes = with_json_names(std::mem::take(attributes));
                Value::Object(attributes.clone())
            }
            Some(Value::Null) | None => Value::Object(Map::new()),
            Some(_) => return Err(format!("{name}: expected an object")),
        };
        let mut event = Self {
            id: 0,
            at: Moment::default(),
            name,
            attributes,
            fields,
        };
        if private == Private::Hidden {
            hide(&mut event.fields);
            hide(&mut event.attributes);
        }
        let head: Head = read(&event.fields)?;
        (event.id, event.at) = (head.event_id.0, head.timestamp);
        Ok(event)
    }

    /// The fields of its type. An error names the field.
    pub fn attributes<T: DeserializeOwned>(&self) -> Result<T, String> {
        read(&self.attributes).map_err(|reason| format!("{}: {reason}", self.name))
    }
}

/// Leaves out stack traces.
fn hide(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|name, _| name != "stackTrace" && name != "stack_trace");
            object.values_mut().for_each(hide);
        }
        Value::Array(list) => list.iter_mut().for_each(hide),
        _ => {}
    }
}
