//! MessagePack items with a JSON counterpart.

use rmp::{Marker, encode};

/// The extension type of JSON text that MessagePack cannot represent exactly: an integer of more
/// than 64 bits, or text in another form than `serde_json` writes.
pub(super) const JSON: i8 = 1;
/// The extension type of text that is not JSON.
pub(super) const TEXT: i8 = 2;

/// The maximum nesting depth, the same as in `serde_json`.
pub(in crate::engine) const MAX_DEPTH: usize = 127;

/// Why bytes cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub(in crate::engine) enum BadBytes {
    #[error("the data ends too early")]
    End,
    #[error("{0} bytes follow the end of the data")]
    Trailing(usize),
    #[error("a string is not UTF-8")]
    Utf8,
    #[error("a number is NaN or infinite")]
    NotFinite,
    #[error("the MessagePack type {0:?} has no JSON counterpart")]
    Type(Marker),
    #[error("MessagePack extension {0} is unknown")]
    Extension(i8),
    #[error("a map key is not a string")]
    Key,
    #[error("arrays and objects are nested more than {0} deep")]
    Depth(usize),
    #[error("a number or a length is not written in its shortest form")]
    Length,
    #[error("a text extension is not in canonical form")]
    NotCanonical,
}

/// One item; the items of an array or map follow it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::engine) enum Item<'a> {
    Null,
    Bool(bool),
    Unsigned(u64),
    /// A negative number, if this program wrote it.
    Signed(i64),
    Float(f64),
    Text(&'a str),
    Array(u32),
    /// The number of entries, each a key and a value.
    Map(u32),
    /// JSON embedded as text.
    Json(&'a str),
    /// Text that is not JSON.
    NotJson(&'a str),
}

/// Reads items.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The number of remaining bytes.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// The next item.
    pub fn item(&mut self) -> Result<Item<'a>, BadBytes> {
        let [first] = self.array()?;
        let marker = Marker::from_u8(first);
        Ok(match marker {
            Marker::Null => Item::Null,
            Marker::True => Item::Bool(true),
            Marker::False => Item::Bool(false),
            Marker::FixPos(n) => Item::Unsigned(n.into()),
            Marker::U8 => Item::Unsigned(u8::from_be_bytes(self.array()?).into()),
            Marker::U16 => Item::Unsigned(u16::from_be_bytes(self.array()?).into()),
            Marker::U32 => Item::Unsigned(u32::from_be_bytes(self.array()?).into()),
            Marker::U64 => Item::Unsigned(u64::from_be_bytes(self.array()?)),
            Marker::FixNeg(n) => Item::Signed(n.into()),
            Marker::I8 => Item::Signed(i8::from_be_bytes(self.array()?).into()),
            Marker::I16 => Item::Signed(i16::from_be_bytes(self.array()?).into()),
            Marker::I32 => Item::Signed(i32::from_be_bytes(self.array()?).into()),
            Marker::I64 => Item::Signed(i64::from_be_bytes(self.array()?)),
            Marker::F32 => float(f32::from_be_bytes(self.array()?).into())?,
            Marker::F64 => float(f64::from_be_bytes(self.array()?))?,
            Marker::FixStr(len) => Item::Text(self.text(len.into())?),
            Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                let len = self.length(marker)?;
                Item::Text(self.text(len)?)
            }
            Marker::FixArray(len) => Item::Array(len.into()),
            Marker::Array16 | Marker::Array32 => Item::Array(self.length(marker)?),
            Marker::FixMap(len) => Item::Map(len.into()),
            Marker::Map16 | Marker::Map32 => Item::Map(self.length(marker)?),
            Marker::FixExt1 => self.extension(1)?,
            Marker::FixExt2 => self.extension(2)?,
            Marker::FixExt4 => self.extension(4)?,
            Marker::FixExt8 => self.extension(8)?,
            Marker::FixExt16 => self.extension(16)?,
            Marker::Ext8 | Marker::Ext16 | Marker::Ext32 => {
                let len = self.length(marker)?;
                self.extension(len)?
            }
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 | Marker::Reserved => {
                return Err(BadBytes::Type(marker));
            }
        })
    }

    /// Skips a value with everything in it.
    pub fn skip(&mut self) -> Result<(), BadBytes> {
        let mut left = 1_u64;
        while left > 0 {
            left -= 1;
            left += match self.item()? {
                Item::Array(len) => u64::from(len),
                Item::Map(len) => 2 * u64::from(len),
                _ => 0,
            };
        }
        Ok(())
    }

    fn length(&mut self, marker: Marker) -> Result<u32, BadBytes> {
        Ok(match marker {
            Marker::Str8 | Marker::Ext8 => u8::from_be_bytes(self.array()?).into(),
            Marker::Str16 | Marker::Ext16 | Marker::Array16 | Marker::Map16 => {
                u16::from_be_bytes(self.array()?).into()
            }
            _ => u32::from_be_bytes(self.array()?),
        })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BadBytes> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(BadBytes::End)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn text(&mut self, len: u32) -> Result<&'a str, BadBytes> {
        // A length that exceeds the address space exceeds the data.
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(BadBytes::End)?;
        self.rest = rest;
        std::str::from_utf8(bytes).map_err(|_| BadBytes::Utf8)
    }

    fn extension(&mut self, len: u32) -> Result<Item<'a>, BadBytes> {
        match i8::from_be_bytes(self.array()?) {
            JSON => Ok(Item::Json(self.text(len)?)),
            TEXT => Ok(Item::NotJson(self.text(len)?)),
            other => Err(BadBytes::Extension(other)),
        }
    }
}

fn float(n: f64) -> Result<Item<'static>, BadBytes> {
    match n.is_finite() {
        true => Ok(Item::Float(n)),
        false => Err(BadBytes::NotFinite),
    }
}

/// Writes an item in its shortest form.
pub(super) fn write(out: &mut Vec<u8>, item: Item<'_>) {
    // Writing to a `Vec` cannot fail.
    let _ = match item {
        Item::Null => encode::write_nil(out).map_err(drop),
        Item::Bool(value) => encode::write_bool(out, value).map_err(drop),
        Item::Unsigned(n) => encode::write_uint(out, n).map(drop).map_err(drop),
        Item::Signed(n) => encode::write_sint(out, n).map(drop).map_err(drop),
        Item::Float(n) => encode::write_f64(out, n).map_err(drop),
        Item::Text(text) => encode::write_str(out, text).map_err(drop),
        Item::Array(len) => encode::write_array_len(out, len).map(drop).map_err(drop),
        Item::Map(len) => encode::write_map_len(out, len).map(drop).map_err(drop),
        Item::Json(text) => extension(out, JSON, text),
        Item::NotJson(text) => extension(out, TEXT, text),
    };
}

fn extension(out: &mut Vec<u8>, kind: i8, text: &str) -> Result<(), ()> {
    let len = u32::try_from(text.len()).map_err(drop)?;
    encode::write_ext_meta(out, len, kind).map_err(drop)?;
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// The size of an item in its shortest form.
pub(super) fn shortest(item: Item<'_>) -> usize {
    let length = |len: usize, fix: usize| match len {
        _ if len < fix => 1,
        0..=0xff => 2,
        0x100..=0xffff => 3,
        _ => 5,
    };
    match item {
        Item::Null | Item::Bool(_) => 1,
        Item::Unsigned(n) => match n {
            0..=0x7f => 1,
            0x80..=0xff => 2,
            0x100..=0xffff => 3,
            0x1_0000..=0xffff_ffff => 5,
            _ => 9,
        },
        Item::Signed(n) => match n {
            // Written as an unsigned number.
            0.. => 0,
            -32.. => 1,
            -0x80.. => 2,
            -0x8000.. => 3,
            -0x8000_0000.. => 5,
            _ => 9,
        },
        Item::Float(_) => 9,
        Item::Text(text) => length(text.len(), 32) + text.len(),
        Item::Array(len) | Item::Map(len) => match len {
            0..=15 => 1,
            16..=0xffff => 3,
            _ => 5,
        },
        Item::Json(text) | Item::NotJson(text) => {
            let header = match text.len() {
                1 | 2 | 4 | 8 | 16 => 1,
                len => length(len, 0),
            };
            header + 1 + text.len()
        }
    }
}
