//! The operations of a service: one table for requests, their checks and the OpenAPI document.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::message::{Answer, Method};

/// The longest text in a body or a path, in bytes.
const MAX_TEXT: usize = 200;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text that is not empty.
    Text,
    /// An integer that is not negative.
    Integer,
    /// True or false.
    Boolean,
    /// An array of objects.
    Array,
}

/// A part of a body or an answer.
#[derive(Debug)]
pub(super) struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub about: &'static str,
}

/// A field.
pub(super) const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, about }
}

/// An operation of a service.
#[derive(Debug)]
pub(super) struct Operation {
    /// The `operationId`.
    pub id: &'static str,
    pub method: Method,
    /// Below the path of the service: `/charges/{id}/refund`.
    pub path: &'static str,
    pub about: &'static str,
    /// The status of success.
    pub status: u16,
    /// What the body must have.
    pub takes: &'static [Field],
    /// What a successful answer has.
    pub returns: &'static [Field],
    /// Other statuses, with what they mean.
    pub refusals: &'static [(u16, &'static str)],
}

/// The values of a request: those in its path and those in its body.
#[derive(Debug, Default)]
pub(super) struct Given {
    path: Vec<String>,
    body: Map<String, Value>,
}

impl Given {
    /// A value in the path; they are in the order of the path. Operations ask only for those that they have.
    pub fn path(&self, place: usize) -> &str {
        self.path.get(place).map_or("", String::as_str)
    }

    /// A text of the body.
    pub fn text(&self, name: &str) -> &str {
        self.body
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// A number of the body.
    pub fn whole(&self, name: &str) -> u64 {
        self.body
            .get(name)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    }
}

impl Operation {
    /// The values in a path, if it is one of this operation.
    pub fn matches(&self, path: &str) -> Option<Vec<String>> {
        let (mut wanted, mut got) = (self.path.split('/'), path.split('/'));
        let mut values = Vec::new();
        loop {
            match (wanted.next(), got.next()) {
                (None, None) => return Some(values),
                (Some(part), Some(text)) if part.starts_with('{') => {
                    let text = percent_decode_str(text).decode_utf8().ok()?;
                    if text.is_empty() || text.len() > MAX_TEXT {
                        return None;
                    }
                    values.push(text.into_owned());
                }
                (Some(part), Some(text)) if part == text => {}
                _ => return None,
            }
        }
    }

    /// The values of a request, or the answer that says what is wrong with its body.
    pub fn given(&self, path: Vec<String>, body: &[u8]) -> Result<Given, Answer> {
        if self.takes.is_empty() {
            return Ok(Given {
                path,
                ..Given::default()
            });
        }
        let body = object(body)?;
        for field in self.takes {
            let value = body.get(field.name).unwrap_or(&Value::Null);
            let is_right = match field.kind {
                Kind::Text => value
                    .as_str()
                    .is_some_and(|text| !text.is_empty() && text.len() <= MAX_TEXT),
                Kind::Integer => value.is_u64(),
                Kind::Boolean => value.is_boolean(),
                Kind::Array => value.is_array(),
            };
            if !is_right {
                let (name, kind) = (field.name, field.kind.name());
                let detail = format!("`{name}` must be {kind}: {}", field.about);
                return Err(Answer::problem(422, detail));
            }
        }
        Ok(Given { path, body })
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "a text of at most 200 bytes",
            Self::Integer => "an integer from 0",
            Self::Boolean => "true or false",
            Self::Array => "an array",
        }
    }
}

/// The object in a body.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, Answer> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Answer::problem(400, "the body must be a JSON object")),
        Err(error) => Err(Answer::problem(
            400,
            format!("the body is not JSON: {error}"),
        )),
    }
}
