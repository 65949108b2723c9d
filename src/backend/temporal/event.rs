//! An event of a Temporal history, as its JSON says it.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    super::{
        history_file::Private,
        proto_json::{Integer, Moment, read, with_json_names},
    },
    event_type::EventType,
    payload::RawPayload,
};
use crate::engine::Timestamp;

/// An event.
#[derive(Debug, Clone)]
pub(in crate::backend) struct TemporalEvent {
    /// 1, 2, ...
    pub id: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Its type.
    pub event_type: EventType,
    /// What the author of the workflow wrote about it.
    pub summary: Option<RawPayload>,
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
    event_time: Moment,
    event_type: Name,
    #[serde(default)]
    user_metadata: Option<UserMetadata>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "the name or number of a type of event")]
enum Name {
    Number(i64),
    Text(String),
}

#[derive(Deserialize)]
struct UserMetadata {
    #[serde(default)]
    summary: Option<RawPayload>,
}

impl TemporalEvent {
    /// Reads an event. An error names the field.
    pub fn read(mut fields: Value, private: Private) -> Result<Self, String> {
        if !fields.is_object() {
            return Err("expected an object".to_owned());
        }
        fields = with_json_names(fields);
        if private == Private::Hidden {
            hide(&mut fields);
        }
        let head: Head = read(&fields)?;
        let Ok(id @ 1..) = u64::try_from(head.event_id.0) else {
            return Err(format!("eventId: {} is less than 1", head.event_id.0));
        };
        let event_type = match head.event_type {
            Name::Number(number) => EventType::of_number(number),
            Name::Text(name) => EventType::of_name(&name),
        };
        let attributes = attributes(&fields).cloned().unwrap_or_default();
        Ok(Self {
            id,
            at: head.event_time.0,
            event_type,
            summary: head.user_metadata.and_then(|metadata| metadata.summary),
            attributes,
            fields,
        })
    }

    /// The fields of its type. An error names the field.
    pub fn attributes<T: DeserializeOwned>(&self) -> Result<T, String> {
        let empty = Value::Object(Map::new());
        let attributes = match &self.attributes {
            Value::Null => &empty,
            attributes => attributes,
        };
        read(attributes).map_err(|reason| format!("{}: {reason}", self.event_type.name()))
    }

    /// The event that it refers to, if any: the one that scheduled, started or initiated what it is about.
    pub fn refers_to(&self) -> Option<u64> {
        const REFERENCES: [&str; 4] = [
            "scheduledEventId",
            "initiatedEventId",
            "acceptedEventId",
            "startedEventId",
        ];
        let number = |name: &&str| read::<Integer>(self.attributes.get(*name)?).ok();
        let mut found = REFERENCES.iter().filter_map(number);
        found.find_map(|number| u64::try_from(number.0).ok().filter(|id| *id > 0))
    }
}

/// The fields of the type of an event.
fn attributes(fields: &Value) -> Option<&Value> {
    let mut fields = fields.as_object()?.iter();
    let found = fields.find(|(name, _)| name.ends_with("EventAttributes"));
    found.map(|(_, attributes)| attributes)
}

/// Leaves out users, hosts and stack traces.
fn hide(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|name, _| name != "identity" && name != "stackTrace");
            // The queue of one worker is named after its host.
            let usual = object.get("normalName").cloned();
            if let (Some(usual), Some(name)) = (usual, object.get_mut("name")) {
                *name = usual;
            }
            object.values_mut().for_each(hide);
        }
        Value::Array(list) => list.iter_mut().for_each(hide),
        _ => {}
    }
}

/// The events in the order in which they happened. Temporal records some of them later: the start of an
/// activity when it ends, and what arrives during a workflow task after it.
pub(super) fn in_order_of_time(events: Vec<TemporalEvent>) -> Vec<TemporalEvent> {
    let mut events = events;
    let mut latest = Timestamp(0);
    let mut times = std::collections::HashMap::with_capacity(events.len());
    let start = events.first().map_or(Timestamp(0), |first| first.at);
    for event in &mut events {
        // Never before what it is about, whatever the clocks of the servers say.
        let opened = event.refers_to().and_then(|id| times.get(&id).copied());
        event.at = event.at.max(opened.unwrap_or(start));
        if event.event_type.closes() {
            event.at = event.at.max(latest);
        }
        latest = latest.max(event.at);
        times.insert(event.id, event.at);
    }
    events.sort_by_key(|event| event.at);
    events
}
