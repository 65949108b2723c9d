//! JSON as text, to the last digit.

use std::{borrow::Cow, cell::RefCell, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::payload::{MAX_DEPTH, Next, Reader, pack};

/// How deep a history lies around its payloads.
pub(super) const AROUND_PAYLOADS: usize = 8;

/// A JSON value as text, in which every number has all its digits.
///
/// `{}` writes it on one line, `{:#}` on many. For a serializer it is a value, not quoted text.
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

    /// The value, for showing: integers of more than 64 bits are rounded.
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// If it is an object, its fields in their order; none if it is not.
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

/// The fields of an object in their order, each as it is written.
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
                return Err(A::Error::custom(format!("it has {name:?} twice")));
            }
            fields.push((name, map.next_value()?));
        }
        Ok(Fields(fields))
    }
}

/// JSON without the spaces between its parts; a text that is not JSON as it is.
pub(super) fn minified(text: &str) -> Cow<'_, str> {
    let mut in_string = false;
    let mut is_escaped = false;
    let mut is_space = |c: char| {
        if in_string {
            in_string = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            return false;
        }
        in_string = c == '"';
        matches!(c, ' ' | '\t' | '\n' | '\r')
    };
    let Some(first) = text.find(&mut is_space) else {
        return Cow::Borrowed(text);
    };
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Cow::Borrowed(text);
    }
    // A space lies outside of strings, so from here on counting begins as it did at the start.
    let (head, rest) = text.split_at(first);
    let mut minified = String::with_capacity(text.len());
    minified.push_str(head);
    minified.extend(rest.chars().filter(|c| !is_space(*c)));
    Cow::Owned(minified)
}
