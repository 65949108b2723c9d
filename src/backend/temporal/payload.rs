//! Data in Temporal's events.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::json;

use super::super::proto_json::Bytes;
use crate::engine::Payload;

/// Data with its encoding.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub(in crate::backend) struct RawPayload {
    #[serde(default)]
    metadata: BTreeMap<String, Bytes>,
    #[serde(default)]
    data: Bytes,
}

impl RawPayload {
    /// The data as JSON. What is encrypted, or in an encoding that is not known, is shown as base64 with
    /// the name of its encoding.
    pub fn payload(&self) -> Payload {
        let encoding = self.metadata.get("encoding");
        let encoding = encoding.map_or_else(String::new, |name| text(&name.0));
        match encoding.as_str() {
            "json/plain" | "json/protobuf" => match std::str::from_utf8(&self.data.0) {
                Ok(text) => Payload::from_text(text),
                Err(_) => self.undecoded(&encoding),
            },
            "binary/null" => Payload::null(),
            _ => self.undecoded(&encoding),
        }
    }

    fn undecoded(&self, encoding: &str) -> Payload {
        let data = STANDARD.encode(&self.data.0);
        Payload::from(json!({ "encoding": encoding, "data": data }))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A list of arguments or results.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub(in crate::backend) struct Payloads {
    #[serde(default)]
    payloads: Vec<RawPayload>,
}

impl Payloads {
    /// Nothing, the only one, or a list of all.
    pub fn payload(&self) -> Payload {
        match self.payloads.as_slice() {
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
