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
        fields = with_json_names(with_type_as_name(fields));
        let Value::Object(object) = &fields else {
            return Err("expected an object".to_owned());
        };
        let is_type = |name: &&String| !["eventId", "timestamp", "router"].contains(&name.as_str());
        let Some(name) = object.keys().find(is_type).cloned() else {
            return Err("it has no type: expected a field such as \"taskScheduled\"".to_owned());
        };
        let attributes = match object.get(&name) {
            Some(Value::Object(attributes)) => Value::Object(attributes.clone()),
            None => Value::Object(Map::new()),
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

/// Durable Task's own export writes the type as a field, `"event_type": "TaskScheduledEvent"`, and the fields
/// of the type beside it. Here they are within a field with the name of the type.
fn with_type_as_name(fields: Value) -> Value {
    let named = |fields: &Value| {
        let name = fields.get("event_type")?.as_str()?.strip_suffix("Event")?;
        let mut letters = name.chars();
        let first = letters.next()?.to_lowercase();
        Some(first.chain(letters).collect::<String>())
    };
    match (named(&fields), fields) {
        (Some(name), Value::Object(object)) => {
            let is_head = |name: &str| ["event_id", "timestamp"].contains(&name);
            let (mut head, mut own) = (Map::new(), Map::new());
            for (field, value) in object {
                match field.as_str() {
                    "event_type" => {}
                    field_name if is_head(field_name) => drop(head.insert(field, value)),
                    _ => drop(own.insert(field, value)),
                }
            }
            head.insert(name, Value::Object(own));
            Value::Object(head)
        }
        (_, fields) => fields,
    }
}

/// Leaves out stack traces.
fn hide(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|name, _| name != "stackTrace");
            object.values_mut().for_each(hide);
        }
        Value::Array(list) => list.iter_mut().for_each(hide),
        _ => {}
    }
}
