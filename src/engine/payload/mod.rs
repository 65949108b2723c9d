//! Payloads: MessagePack internally, JSON at the interfaces.
//!
//! A value is encoded as JSON by `serde_json` and then as MessagePack. What MessagePack cannot
//! represent exactly is embedded as text, so the original JSON is always preserved: floats to the
//! bit, integers of any length, even text that is not JSON.

mod check;
mod finite;
mod minify;
mod pack;
mod read;
mod render;
#[cfg(test)]
mod tests;
mod wire;

use std::{
    cell::RefCell,
    hash::{Hash, Hasher},
    sync::{Arc, LazyLock, OnceLock},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned, ser::Error as _};
use serde_json::value::RawValue;

use minify::minified;
pub(super) use pack::pack;
pub(super) use render::{Next, text as render};
pub(super) use wire::{BadBytes, MAX_DEPTH, Reader};

/// An input, output, event payload or custom status: a JSON value that is opaque to the engine.
///
/// Cheap to clone. It is stored as MessagePack; [`as_str`](Self::as_str) returns its JSON. In other
/// JSON it is embedded as a value, not as a quoted string. Two payloads are equal if their JSON is,
/// apart from insignificant whitespace: `1` and `1.0` are not.
#[derive(Clone)]
pub struct Payload(Arc<Data>);

struct Data {
    /// One validated MessagePack value.
    bytes: Box<[u8]>,
    /// Whether it contains text extensions.
    has_text: bool,
    /// The JSON, computed on demand.
    json: OnceLock<Box<str>>,
}

static NULL: LazyLock<Payload> = LazyLock::new(|| Payload::packed("null"));

impl Payload {
    /// JSON `null`.
    pub fn null() -> Self {
        NULL.clone()
    }

    /// Encodes a value. NaN and infinite numbers are an error, because JSON cannot represent them.
    pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        let json = serde_json::to_string(value)?;
        if json.contains("null") {
            finite::check(value)?;
        }
        if u32::try_from(json.len()).is_err() {
            return Err(serde_json::Error::custom("it exceeds 4 GiB"));
        }
        Ok(Self::from_text(&json))
    }

    /// Creates a payload from JSON text. Text that is not JSON is preserved and cannot be decoded.
    pub fn from_text(text: &str) -> Self {
        match text {
            "null" => Self::null(),
            text => Self::packed(text),
        }
    }

    fn packed(text: &str) -> Self {
        let (bytes, has_text) = pack(text, MAX_DEPTH);
        Self::new(bytes, has_text)
    }

    fn new(bytes: Vec<u8>, has_text: bool) -> Self {
        Self(Arc::new(Data {
            bytes: bytes.into(),
            has_text,
            json: OnceLock::new(),
        }))
    }

    /// Creates a payload from stored MessagePack.
    fn from_messagepack(bytes: &[u8]) -> Result<Self, BadBytes> {
        match bytes {
            [0xc0] => Ok(Self::null()),
            bytes => Ok(Self::new(bytes.to_vec(), check::check(bytes)?)),
        }
    }

    /// Decodes the payload as `serde_json` would.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        if !self.0.has_text
            && let Ok(value) = T::deserialize(read::Next(&mut Reader::new(&self.0.bytes)))
        {
            return Ok(value);
        }
        match self.0.json.get() {
            Some(json) => serde_json::from_str(json),
            None => serde_json::from_str(&self.json()),
        }
    }

    /// The encoded size in bytes.
    pub fn size(&self) -> usize {
        self.0.bytes.len()
    }

    /// The JSON text.
    pub fn as_str(&self) -> &str {
        self.0.json.get_or_init(|| self.json().into_boxed_str())
    }

    fn json(&self) -> String {
        // The bytes were validated or created by this program.
        render(&self.0.bytes, MAX_DEPTH).unwrap_or_default()
    }

    /// The value, for display: integers of more than 64 bits are rounded. Text that is not JSON
    /// becomes a JSON string.
    pub fn to_json(&self) -> serde_json::Value {
        self.decode()
            .unwrap_or_else(|_| serde_json::Value::String(self.as_str().to_owned()))
    }

    /// The payload without insignificant whitespace, if it has any.
    fn without_spaces(&self) -> Option<Self> {
        let minified = minified(self.as_str());
        (minified != self.as_str()).then(|| Self::from_text(&minified))
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: &Self, b: &Self| a.0.bytes == b.0.bytes;
        if Arc::ptr_eq(&self.0, &other.0) || same(self, other) {
            return true;
        }
        if !self.0.has_text && !other.0.has_text {
            return false;
        }
        let (one, two) = (self.without_spaces(), other.without_spaces());
        same(one.as_ref().unwrap_or(self), two.as_ref().unwrap_or(other))
    }
}

impl Eq for Payload {}

impl Hash for Payload {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let without_spaces = self.0.has_text.then(|| self.without_spaces()).flatten();
        without_spaces.as_ref().unwrap_or(self).0.bytes.hash(state);
    }
}

/// Serializes as the value in human-readable formats, and as MessagePack bytes in others.
impl Serialize for Payload {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let reader = RefCell::new(Reader::new(&self.0.bytes));
            Next(&reader).serialize(serializer)
        } else {
            serializer.serialize_bytes(&self.0.bytes)
        }
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let raw = Box::<RawValue>::deserialize(deserializer)?;
            Ok(Self::from_text(&minified(raw.get())))
        } else {
            deserializer.deserialize_bytes(Bytes)
        }
    }
}

/// Decodes MessagePack bytes.
struct Bytes;

impl serde::de::Visitor<'_> for Bytes {
    type Value = Payload;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the MessagePack of a payload as bytes")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Payload, E> {
        Payload::from_messagepack(bytes).map_err(E::custom)
    }
}

impl From<serde_json::Value> for Payload {
    fn from(value: serde_json::Value) -> Self {
        Self::from_text(&value.to_string())
    }
}

impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
