//! Values with a checksum. Knows no database.
//!
//! A value is a byte that says its format, eight bytes of checksum, then its content. The checksum
//! covers the content and the place of the value, which is its table and key: so a value that is read
//! from a wrong place is not taken for the one that belongs there.

use twox_hash::XxHash3_64;

/// What the first byte of a value says.
pub(super) const FORMAT: u8 = 3;

/// The bytes before the content.
pub(super) const HEAD: usize = 9;

/// Where a value belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u64);

impl Place {
    /// Under a key of a table.
    pub fn new(table: &str, key: &[u8]) -> Self {
        let table = XxHash3_64::oneshot(table.as_bytes());
        Self(XxHash3_64::oneshot_with_seed(table, key))
    }

    fn checksum(self, content: &[u8]) -> u64 {
        XxHash3_64::oneshot_with_seed(self.0, content)
    }
}

/// Why bytes are no value, or not the one that belongs in this place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadValue {
    /// It is too short to be one.
    #[error("its beginning is missing")]
    Short,
    /// Another program wrote it, or it is damaged.
    #[error("it has the format {0}, this program reads {FORMAT}")]
    Format(u8),
    /// It is damaged, or belongs in another place.
    #[error("its checksum does not match")]
    Checksum,
}

/// A content as a value for this place.
pub(super) fn seal(place: Place, content: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEAD + content.len());
    value.push(FORMAT);
    value.extend_from_slice(&place.checksum(content).to_le_bytes());
    value.extend_from_slice(content);
    value
}

/// The content of the value in this place.
pub(super) fn unseal(place: Place, value: &[u8]) -> Result<&[u8], BadValue> {
    let (head, content) = value.split_at_checked(HEAD).ok_or(BadValue::Short)?;
    match head {
        [FORMAT, checksum @ ..] if *checksum == place.checksum(content).to_le_bytes() => {
            Ok(content)
        }
        [FORMAT, ..] => Err(BadValue::Checksum),
        [format, ..] => Err(BadValue::Format(*format)),
        [] => Err(BadValue::Short),
    }
}
