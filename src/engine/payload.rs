//! Data that passes through the engine: JSON text, kept as it was written.

use std::sync::Arc;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// An input, output, event payload or custom status: JSON text that the engine never looks into.
///
/// Cheap to clone. Inside other JSON it is a value, not quoted text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Payload(Arc<str>);

impl Payload {
    /// JSON `null`.
    pub fn null() -> Self {
        Self("null".into())
    }

    /// Encodes a value.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        Ok(Self(serde_json::to_string(value)?.into()))
    }

    /// JSON text as it was written.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// Decodes to a value.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }

    /// How long the JSON text is in bytes.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value, for showing; text that is not JSON (which only a damaged store could hold) comes
    /// back as a JSON string.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::from_str(&self.0)
            .unwrap_or_else(|_| serde_json::Value::String(self.0.to_string()))
    }
}

impl Serialize for Payload {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.to_json().serialize(serializer)
        } else {
            serializer.serialize_str(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            serde_json::Value::deserialize(deserializer).map(Self::from)
        } else {
            // A text that is borrowed from the row is copied once.
            <&str>::deserialize(deserializer).map(|text| Self(text.into()))
        }
    }
}

impl From<serde_json::Value> for Payload {
    fn from(value: serde_json::Value) -> Self {
        Self(value.to_string().into())
    }
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
