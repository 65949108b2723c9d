//! JSON text with exact numbers.

use std::{cell::RefCell, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::payload::{MAX_DEPTH, Next, Reader, pack};

/// The nesting depth of payloads in an exported history.
pub(super) const AROUND_PAYLOADS: usize = 8;

/// A JSON value as text, with numbers of any precision.
///
/// `{}` formats it on one line, `{:#}` on multiple lines. It serializes as a value, not as a quoted
/// string.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonText(Box<str>);

impl JsonText {
    /// Text that is known to be JSON.
    pub(super) fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text, on one line.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value, for display: integers of more than 64 bits are rounded.
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// The fields of an object in order; empty if it is not an object.
    pub fn fields(&self) -> Vec<(String, JsonText)> {
        serde_json::from_str::<Fields<'_>>(&self.0).map_or_else(
            |_| Vec::new(),
            |fields| {
                let fields = fields.0.into_iter();
                fields
                    .map(|(name, raw)| (name, Self::new(raw.get().to_owned())))
                    .collect()
            },
        )
    }
}

impl fmt::Display for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match f.alternate() {
            false => f.write_str(&self.0),
            true => f.write_str(&serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?),
        }
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for JsonText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (bytes, _) = pack(&self.0, MAX_DEPTH + AROUND_PAYLOADS);
        Next(&RefCell::new(Reader::new(&bytes))).serialize(serializer)
    }
}

/// The fields of an object in order, as raw text.
pub(super) struct Fields<'a>(pub Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields: Vec<(String, &'de RawValue)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if fields.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format!("duplicate field {name:?}")));
            }
            fields.push((name, map.next_value()?));
        }
        Ok(Fields(fields))
    }
}
