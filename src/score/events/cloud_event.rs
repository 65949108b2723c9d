//! CloudEvents, as they travel between performances.

use serde_json::{Map, Value, json};

use crate::engine::{InstanceId, RaisedEvent};

/// The version of CloudEvents.
const VERSION: &str = "1.0";
/// The source of events that are raised by hand.
const BY_HAND: &str = "fermata:stage";

/// A CloudEvent in its JSON format.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudEvent {
    members: Map<String, Value>,
    /// Raised by hand: only its name and data are known.
    is_plain: bool,
}

/// Why a map is no CloudEvent: a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAnEvent(String);

impl CloudEvent {
    /// The event with these attributes. What it does not say about `id` and `time` is filled in.
    pub fn new(
        mut members: Map<String, Value>,
        id: impl FnOnce() -> String,
        time: impl FnOnce() -> String,
    ) -> Result<Self, NotAnEvent> {
        let version = members
            .entry("specversion")
            .or_insert_with(|| VERSION.into());
        if version != VERSION {
            let sentence = format!("the event's `specversion` is {version}, but only 1.0 is known");
            return Err(NotAnEvent(sentence));
        }
        members.entry("id").or_insert_with(|| id().into());
        members.entry("time").or_insert_with(|| time().into());
        for name in ["id", "source", "type"] {
            match members.get(name) {
                Some(Value::String(text)) if !text.is_empty() => {}
                Some(other) => {
                    let sentence =
                        format!("the event's `{name}` must be text that is not empty, not {other}");
                    return Err(NotAnEvent(sentence));
                }
                None => return Err(NotAnEvent(format!("the event needs a `{name}`"))),
            }
        }
        for (name, value) in &members {
            let is_text = matches!(value, Value::String(text) if !text.is_empty());
            let is_simple = is_text || value.is_boolean() || value.is_i64();
            let fits = match name.as_str() {
                "data" => true,
                "time" => value.as_str().is_some_and(is_time),
                "subject" | "datacontenttype" | "dataschema" | "data_base64" => is_text,
                _ => is_simple,
            };
            if !fits {
                let sentence = format!("the event's `{name}` cannot be {value}");
                return Err(NotAnEvent(sentence));
            }
        }
        let is_plain = false;
        Ok(Self { members, is_plain })
    }

    /// The event that came to an instance.
    pub(super) fn of(incoming: &RaisedEvent, instance: &InstanceId) -> Self {
        let input = incoming.input.to_json();
        match input {
            Value::Object(members) if is_event(&members, &incoming.name) => {
                let is_plain = false;
                Self { members, is_plain }
            }
            data => {
                let plain = json!({
                    "specversion": VERSION,
                    "id": format!("{instance}/{}", incoming.event),
                    "source": BY_HAND,
                    "type": incoming.name,
                    "data": data,
                });
                let members = match plain {
                    Value::Object(members) => members,
                    _ => Map::new(),
                };
                let is_plain = true;
                Self { members, is_plain }
            }
        }
    }

    /// An attribute. Of what was raised by hand, the members of its data count as well.
    pub(super) fn attribute(&self, name: &str) -> Option<&Value> {
        let in_data = || self.members.get("data")?.get(name);
        let found = self.members.get(name);
        found.or_else(|| in_data().filter(|_| self.is_plain))
    }

    /// Its type.
    pub fn kind(&self) -> &str {
        self.text("type")
    }

    /// Its source and id: what makes it the one that it is.
    pub(super) fn identity(&self) -> (String, String) {
        (self.text("source").to_owned(), self.text("id").to_owned())
    }

    fn text(&self, name: &str) -> &str {
        let member = self.members.get(name);
        member.and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether letter case counts in its type: not where it was raised by hand.
    pub(super) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// All of it.
    pub fn to_value(&self) -> Value {
        Value::Object(self.members.clone())
    }

    /// Its data; null if it has none.
    pub(in crate::score) fn data(&self) -> Value {
        self.members.get("data").cloned().unwrap_or(Value::Null)
    }

    /// Its data as it came, encoded or not.
    pub(in crate::score) fn raw_data(&self) -> Value {
        let raw = self.members.get("data");
        let raw = raw.or_else(|| self.members.get("data_base64"));
        raw.cloned().unwrap_or(Value::Null)
    }
}

/// Whether data that came under this name is a whole event.
fn is_event(members: &Map<String, Value>, name: &str) -> bool {
    let text = |key: &str| members.get(key).and_then(Value::as_str);
    let kind = text("type").is_some_and(|kind| kind.to_lowercase() == name.to_lowercase());
    kind && text("specversion") == Some(VERSION) && text("id").is_some() && text("source").is_some()
}

/// Whether a text is a moment as RFC 3339 writes it.
fn is_time(text: &str) -> bool {
    let moment = humantime::parse_rfc3339(text);
    moment.is_ok() || has_offset(text)
}

/// The same with an offset from UTC in place of `Z`.
fn has_offset(text: &str) -> bool {
    let Some(at) = text
        .len()
        .checked_sub(6)
        .filter(|at| text.is_char_boundary(*at))
    else {
        return false;
    };
    let (moment, offset) = text.split_at(at);
    let mut signs = offset.chars();
    let is_signed = matches!(signs.next(), Some('+' | '-'));
    let is_offset = signs.enumerate().all(|(index, sign)| match index {
        2 => sign == ':',
        _ => sign.is_ascii_digit(),
    });
    is_signed && is_offset && humantime::parse_rfc3339(&format!("{moment}Z")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(members: Value) -> Result<CloudEvent, NotAnEvent> {
        let members = members.as_object().unwrap().clone();
        CloudEvent::new(members, || "7".into(), || "2000-01-01T00:00:00Z".into())
    }

    #[test]
    fn what_is_not_said_is_filled_in() {
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
    fn what_is_no_event_is_refused_with_a_reason() {
        for (members, reason) in [
            (json!({ "source": "s" }), "needs a `type`"),
            (
                json!({ "source": "", "type": "t" }),
                "`source` must be text",
            ),
            (json!({ "source": "s", "type": 3 }), "`type` must be text"),
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
    fn what_is_raised_by_hand_becomes_an_event_of_that_type() {
        let instance = InstanceId::new("a").unwrap();
        let came = |input: Value| RaisedEvent {
            event: crate::engine::EventId(4),
            name: "cue".into(),
            input: input.into(),
            from: None,
        };
        let plain = CloudEvent::of(&came(json!({ "n": 1 })), &instance);
        assert_eq!(plain.kind(), "cue");
        assert_eq!(plain.data(), json!({ "n": 1 }));
        assert_eq!(plain.attribute("n"), Some(&json!(1)));
        assert_eq!(plain.identity(), ("fermata:stage".into(), "a/4".into()));
        let whole = json!({ "specversion": "1.0", "id": "1", "source": "s", "type": "cue" });
        let event = CloudEvent::of(&came(whole.clone()), &instance);
        assert_eq!((event.to_value(), event.data()), (whole, Value::Null));
    }
}
