//! Data in Temporal's events.

use std::collections::{BTreeMap, HashMap};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};

use super::super::proto_json::{Bytes, read};
use crate::engine::Payload;

/// Data with its encoding. Temporal's web page can write it decoded: as JSON, with or without the name of its
/// encoding.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::backend) enum RawPayload {
    /// Nothing.
    #[default]
    None,
    /// Bytes, as the server has them.
    Encoded {
        /// The name of its encoding.
        encoding: String,
        /// The data.
        data: Vec<u8>,
    },
    /// Decoded.
    Decoded(Value),
}

#[derive(Deserialize)]
struct Encoded {
    #[serde(default)]
    metadata: BTreeMap<String, Bytes>,
    #[serde(default)]
    data: Option<Bytes>,
}

impl<'de> Deserialize<'de> for RawPayload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let is_field = |name: &String| ["metadata", "data", "externalPayloads"].contains(&&**name);
        let fields = match value {
            Value::Null => return Ok(Self::None),
            Value::Object(fields) if fields.keys().all(is_field) => fields,
            decoded => return Ok(Self::Decoded(decoded)),
        };
        let encoding = fields.get("metadata").and_then(|data| data.get("encoding"));
        let encoding = encoding.and_then(Value::as_str).unwrap_or_default();
        // Base64 of no encoding begins like this.
        if ["json/", "binary/"]
            .iter()
            .any(|start| encoding.starts_with(start))
        {
            let data = fields.get("data").cloned().unwrap_or_default();
            return Ok(Self::Decoded(data));
        }
        let encoded: Encoded = read(&Value::Object(fields)).map_err(de::Error::custom)?;
        let encoding = encoded.metadata.get("encoding");
        Ok(Self::Encoded {
            encoding: encoding.map_or_else(String::new, |name| text(&name.0)),
            data: encoded.data.unwrap_or_default().0,
        })
    }
}

impl RawPayload {
    /// Data with its encoding, as it is on the wire.
    pub fn new(metadata: &HashMap<String, Vec<u8>>, data: Vec<u8>) -> Self {
        let encoding = metadata.get("encoding");
        Self::Encoded {
            encoding: encoding.map_or_else(String::new, |name| text(name)),
            data,
        }
    }

    /// The data as JSON. What is encrypted, or in an encoding that is not known, is shown as base64 with
    /// the name of its encoding.
    pub fn payload(&self) -> Payload {
        let (encoding, data) = match self {
            Self::None => return Payload::null(),
            Self::Decoded(value) => return Payload::from(value.clone()),
            Self::Encoded { encoding, data } => (encoding, data),
        };
        match (encoding.as_str(), std::str::from_utf8(data)) {
            ("json/plain" | "json/protobuf", Ok(text)) => Payload::from_text(text),
            ("binary/null", _) => Payload::null(),
            ("", _) if data.is_empty() => Payload::null(),
            _ => Payload::from(json!({ "encoding": encoding, "data": STANDARD.encode(data) })),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A list of arguments or results.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub(in crate::backend) struct Payloads {
    #[serde(default)]
    payloads: Option<Vec<RawPayload>>,
}

impl Payloads {
    /// Nothing, the only one, or a list of all.
    pub fn payload(&self) -> Payload {
        match self.payloads.as_deref().unwrap_or_default() {
            [] => Payload::null(),
            [one] => one.payload(),
            several => {
                let values = several.iter().map(RawPayload::payload);
                let list: Vec<_> = values.map(|value| as_json(&value)).collect();
                Payload::from_text(&format!("[{}]", list.join(",")))
            }
        }
    }
}

/// The JSON of a payload; text that is not JSON becomes a JSON string.
fn as_json(payload: &Payload) -> String {
    match serde_json::from_str::<&serde_json::value::RawValue>(payload.as_str()) {
        Ok(_) => payload.as_str().to_owned(),
        Err(_) => payload.to_json().to_string(),
    }
}
