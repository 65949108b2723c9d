//! CloudEvents.

use serde_json::{Map, Value, json};

use crate::engine::{InstanceId, RaisedEvent};

/// The version of CloudEvents.
const VERSION: &str = "1.0";
/// The source of events that are raised by hand.
const MANUAL_SOURCE: &str = "fermata:stage";

/// A CloudEvent in its JSON format.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudEvent {
    members: Map<String, Value>,
    /// Raised by hand: only its name and data are known.
    is_manual: bool,
}

/// Attributes that do not make a valid CloudEvent; the message says why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidEvent(String);

impl CloudEvent {
    /// The event with these attributes. `id` and `time` are filled in if they are missing.
    pub fn new(
        mut members: Map<String, Value>,
        id: impl FnOnce() -> String,
        time: impl FnOnce() -> String,
    ) -> Result<Self, InvalidEvent> {
        let version = members
            .entry("specversion")
            .or_insert_with(|| VERSION.into());
        if version != VERSION {
            let message =
                format!("unsupported `specversion` {version} of the event: only 1.0 is supported");
            return Err(InvalidEvent(message));
        }
        members.entry("id").or_insert_with(|| id().into());
        members.entry("time").or_insert_with(|| time().into());
        for name in ["id", "source", "type"] {
            match members.get(name) {
                Some(Value::String(text)) if !text.is_empty() => {}
                Some(other) => {
                    let message =
                        format!("the event's `{name}` must be a non-empty string, not {other}");
                    return Err(InvalidEvent(message));
                }
                None => return Err(InvalidEvent(format!("the event needs a `{name}`"))),
            }
        }
        for (name, value) in &members {
            let is_text = matches!(value, Value::String(text) if !text.is_empty());
            let is_simple = is_text || value.is_boolean() || value.is_i64();
            let fits = match name.as_str() {
                "data" => true,
                "time" => value.as_str().is_some_and(is_timestamp),
                "subject" | "datacontenttype" | "dataschema" | "data_base64" => is_text,
                _ => is_simple,
            };
            if !fits {
                let message = format!("invalid `{name}` of the event: {value}");
                return Err(InvalidEvent(message));
            }
        }
        let is_manual = false;
        Ok(Self { members, is_manual })
    }

    /// An event that an instance received.
    pub(super) fn from_incoming(incoming: &RaisedEvent, instance: &InstanceId) -> Self {
        let input = incoming.input.to_json();
        match input {
            Value::Object(members) if is_event(&members, &incoming.name) => {
                let is_manual = false;
                Self { members, is_manual }
            }
            data => {
                let manual = json!({
                    "specversion": VERSION,
                    "id": format!("{instance}/{}", incoming.event),
                    "source": MANUAL_SOURCE,
                    "type": incoming.name,
                    "data": data,
                });
                let members = match manual {
                    Value::Object(members) => members,
                    _ => Map::new(),
                };
                let is_manual = true;
                Self { members, is_manual }
            }
        }
    }

    /// An attribute. For an event raised by hand, the members of its data count as well.
    pub(super) fn attribute(&self, name: &str) -> Option<&Value> {
        let in_data = || self.members.get("data")?.get(name);
        let found = self.members.get(name);
        found.or_else(|| in_data().filter(|_| self.is_manual))
    }

    /// Its type.
    pub fn kind(&self) -> &str {
        self.text("type")
    }

    /// Its source and id, which identify it.
    pub(super) fn identity(&self) -> (String, String) {
        (self.text("source").to_owned(), self.text("id").to_owned())
    }

    fn text(&self, name: &str) -> &str {
        let member = self.members.get(name);
        member.and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it was raised by hand; letter case does not matter in its type then.
    pub(super) fn is_manual(&self) -> bool {
        self.is_manual
    }

    /// The whole event.
    pub fn to_value(&self) -> Value {
        Value::Object(self.members.clone())
    }

    /// Its data; null if it has none.
    pub(in crate::score) fn data(&self) -> Value {
        self.members.get("data").cloned().unwrap_or(Value::Null)
    }

    /// Its data as received, encoded or not.
    pub(in crate::score) fn raw_data(&self) -> Value {
        let raw = self.members.get("data");
        let raw = raw.or_else(|| self.members.get("data_base64"));
        raw.cloned().unwrap_or(Value::Null)
    }
}

/// Whether the input of an event with this name is a CloudEvent.
fn is_event(members: &Map<String, Value>, name: &str) -> bool {
    let text = |key: &str| members.get(key).and_then(Value::as_str);
    let kind = text("type").is_some_and(|kind| kind.to_lowercase() == name.to_lowercase());
    kind && text("specversion") == Some(VERSION) && text("id").is_some() && text("source").is_some()
}

/// Whether a text is an RFC 3339 timestamp. jiff also reads other forms, such as one without seconds
/// or with a space for the `T`.
pub fn is_timestamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has = |at: usize, letters: &[u8]| bytes.get(at).is_some_and(|b| letters.contains(b));
    let is_date_time = [(4, b"-"), (7, b"-"), (13, b":"), (16, b":")]
        .iter()
        .all(|(at, letter)| has(*at, *letter))
        && has(10, b"Tt");
    let offset = text
        .get(19..)
        .and_then(|rest| rest.find(['Z', 'z', '+', '-']));
    let offset = offset.and_then(|at| text.get(19 + at..));
    let is_offset = offset.is_some_and(|offset| match offset.as_bytes() {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', hours @ .., b':', _, _] if hours.len() == 2 => hours <= b"23".as_slice(),
        _ => false,
    });
    is_date_time && is_offset && text.parse::<jiff::Timestamp>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(members: Value) -> Result<CloudEvent, InvalidEvent> {
        let members = members.as_object().unwrap().clone();
        CloudEvent::new(members, || "7".into(), || "2000-01-01T00:00:00Z".into())
    }

    #[test]
    fn missing_attributes_are_filled_in() {
        let made = event(json!({ "source": "s", "type": "t", "data": [1] })).unwrap();
        let whole = json!({
            "specversion": "1.0", "id": "7", "time": "2000-01-01T00:00:00Z",
            "source": "s", "type": "t", "data": [1],
        });
        assert_eq!(made.to_value(), whole);
        let said =
            json!({ "source": "s", "type": "t", "id": "1", "time": "2024-02-29T12:00:00+01:00" });
        let made = event(said.clone()).unwrap().to_value();
        assert_eq!((&made["id"], &made["time"]), (&said["id"], &said["time"]));
    }

    #[test]
    fn invalid_events_are_refused_with_a_reason() {
        for (members, reason) in [
            (json!({ "source": "s" }), "needs a `type`"),
            (
                json!({ "source": "", "type": "t" }),
                "`source` must be a non-empty string",
            ),
            (
                json!({ "source": "s", "type": 3 }),
                "`type` must be a non-empty string",
            ),
            (
                json!({ "source": "s", "type": "t", "specversion": "0.3" }),
                "only 1.0",
            ),
            (
                json!({ "source": "s", "type": "t", "time": "now" }),
                "`time`",
            ),
            (
                json!({ "source": "s", "type": "t", "time": "é1:00" }),
                "`time`",
            ),
            (
                json!({ "source": "s", "type": "t", "extra": {} }),
                "`extra`",
            ),
        ] {
            let error = event(members.clone()).unwrap_err().to_string();
            assert!(error.contains(reason), "{members}: {error}");
        }
    }

    #[test]
    fn timestamps_follow_rfc_3339() {
        for valid in [
            "2024-02-29T12:00:00Z",
            "2024-02-29t12:00:00.123456789z",
            "2024-02-29T12:00:00+01:00",
            "2024-02-29T12:00:00.5-23:59",
        ] {
            assert!(is_timestamp(valid), "{valid}");
        }
        for invalid in [
            "",
            "now",
            "2024-02-29",
            "2024-02-30T12:00:00Z",
            "2024-02-29T12:00:00",
            "2024-02-29T12:00Z",
            "2024-02-29 12:00:00Z",
            "20240229T120000Z",
            "2024-02-29T12:00:00+99:99",
            "2024-02-29T12:00:00+24:00",
            "2024-02-29T12:00:00+01:60",
            "2024-02-29T12:00:00+0100",
            "2024-02-29T12:00:00+01:00:00",
            "2024-02-29T12:00:00Z[UTC]",
            "2024-02-29T25:00:00Z",
            "é024-02-29T12:00:00Z",
        ] {
            assert!(!is_timestamp(invalid), "{invalid}");
        }
    }

    #[test]
    fn an_event_raised_by_hand_becomes_a_cloud_event_of_that_type() {
        let instance = InstanceId::new("a").unwrap();
        let came = |input: Value| RaisedEvent {
            event: crate::engine::EventId(4),
            name: "cue".into(),
            input: input.into(),
            from: None,
        };
        let plain = CloudEvent::from_incoming(&came(json!({ "n": 1 })), &instance);
        assert_eq!(plain.kind(), "cue");
        assert_eq!(plain.data(), json!({ "n": 1 }));
        assert_eq!(plain.attribute("n"), Some(&json!(1)));
        assert_eq!(plain.identity(), ("fermata:stage".into(), "a/4".into()));
        let whole = json!({ "specversion": "1.0", "id": "1", "source": "s", "type": "cue" });
        let event = CloudEvent::from_incoming(&came(whole.clone()), &instance);
        assert_eq!((event.to_value(), event.data()), (whole, Value::Null));
    }
}
