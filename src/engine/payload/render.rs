//! Converts MessagePack to JSON text or to any serializer.

use std::cell::RefCell;

use serde::{
    Serialize, Serializer,
    ser::{Error as _, SerializeMap, SerializeSeq},
};
use serde_json::value::RawValue;

use super::wire::{BadBytes, Item, Reader};

/// Converts MessagePack to JSON text. `depth` is the maximum nesting depth.
pub(in crate::engine) fn text(bytes: &[u8], depth: usize) -> Result<String, BadBytes> {
    let mut reader = Reader::new(bytes);
    let mut text = Vec::with_capacity(bytes.len() + bytes.len() / 2 + 8);
    value(&mut reader, depth, &mut text)?;
    match reader.left() {
        0 => String::from_utf8(text).map_err(|_| BadBytes::Utf8),
        left => Err(BadBytes::Trailing(left)),
    }
}

fn value(reader: &mut Reader<'_>, depth: usize, out: &mut Vec<u8>) -> Result<(), BadBytes> {
    let inside = || depth.checked_sub(1).ok_or(BadBytes::Depth(depth));
    match reader.item()? {
        Item::Null => out.extend_from_slice(b"null"),
        Item::Bool(value) => scalar(&value, out)?,
        Item::Unsigned(n) => scalar(&n, out)?,
        Item::Signed(n) => scalar(&n, out)?,
        Item::Float(n) => scalar(&n, out)?,
        Item::Text(text) => scalar(text, out)?,
        Item::Json(text) | Item::NotJson(text) => out.extend_from_slice(text.as_bytes()),
        Item::Array(len) => {
            let depth = inside()?;
            out.push(b'[');
            for n in 0..len {
                if n > 0 {
                    out.push(b',');
                }
                value(reader, depth, out)?;
            }
            out.push(b']');
        }
        Item::Map(len) => {
            let depth = inside()?;
            out.push(b'{');
            for n in 0..len {
                if n > 0 {
                    out.push(b',');
                }
                let Item::Text(name) = reader.item()? else {
                    return Err(BadBytes::Key);
                };
                scalar(name, out)?;
                out.push(b':');
                value(reader, depth, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn scalar<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<(), BadBytes> {
    // Writing a number or string to a `Vec` cannot fail.
    serde_json::to_writer(out, value).map_err(|_| BadBytes::NotCanonical)
}

/// The next value of a reader, for serialization.
pub(in crate::engine) struct Next<'r, 'a>(pub &'r RefCell<Reader<'a>>);

impl Serialize for Next<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let item = self.0.borrow_mut().item().map_err(S::Error::custom)?;
        match item {
            Item::Null => serializer.serialize_unit(),
            Item::Bool(value) => serializer.serialize_bool(value),
            Item::Unsigned(n) => serializer.serialize_u64(n),
            Item::Signed(n) => serializer.serialize_i64(n),
            Item::Float(n) => serializer.serialize_f64(n),
            Item::Text(text) | Item::NotJson(text) => serializer.serialize_str(text),
            Item::Json(text) => {
                let raw: &RawValue = serde_json::from_str(text).map_err(S::Error::custom)?;
                raw.serialize(serializer)
            }
            Item::Array(len) => {
                let mut seq = serializer.serialize_seq(usize::try_from(len).ok())?;
                for _ in 0..len {
                    seq.serialize_element(&Next(self.0))?;
                }
                seq.end()
            }
            Item::Map(len) => {
                let mut map = serializer.serialize_map(usize::try_from(len).ok())?;
                for _ in 0..len {
                    map.serialize_entry(&Next(self.0), &Next(self.0))?;
                }
                map.end()
            }
        }
    }
}
