//! Values with checksums.
//!
//! A sealed value consists of a format byte, eight bytes of checksum and the content. The checksum
//! covers the content and the location (table and key), so a value at a wrong location is detected.

use twox_hash::XxHash3_64;

/// The format byte.
pub(super) const FORMAT: u8 = 3;

/// The length of the header.
pub(super) const HEAD: usize = 9;

/// The location of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Location(u64);

impl Location {
    /// The location of a key in a table.
    pub fn new(table: &str, key: &[u8]) -> Self {
        let table = XxHash3_64::oneshot(table.as_bytes());
        Self(XxHash3_64::oneshot_with_seed(table, key))
    }

    fn checksum(self, content: &[u8]) -> u64 {
        XxHash3_64::oneshot_with_seed(self.0, content)
    }
}

/// Why a value is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadValue {
    /// It is too short.
    #[error("it is too short")]
    Short,
    /// It has an unknown format, or is damaged.
    #[error("it has format {0}, expected {FORMAT}")]
    Format(u8),
    /// It is damaged, or belongs to another location.
    #[error("its checksum does not match")]
    Checksum,
}

/// Seals content for a location.
pub(super) fn seal(location: Location, content: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEAD + content.len());
    value.push(FORMAT);
    value.extend_from_slice(&location.checksum(content).to_le_bytes());
    value.extend_from_slice(content);
    value
}

/// Returns the content of a sealed value after checking it.
pub(super) fn unseal(location: Location, value: &[u8]) -> Result<&[u8], BadValue> {
    let (head, content) = value.split_at_checked(HEAD).ok_or(BadValue::Short)?;
    match head {
        [FORMAT, checksum @ ..] if *checksum == location.checksum(content).to_le_bytes() => {
            Ok(content)
        }
        [FORMAT, ..] => Err(BadValue::Checksum),
        [format, ..] => Err(BadValue::Format(*format)),
        [] => Err(BadValue::Short),
    }
}
