//! The fields of a message on the wire.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Content<'a> {
    /// An integer, a truth value or an enumeration.
    Varint(u64),
    /// Eight bytes.
    Fixed64(u64),
    /// Four bytes.
    Fixed32(u32),
    /// Text, bytes, a message or numbers in a row.
    Bytes(&'a [u8]),
}

/// The fields of a message. The first `None` says that the rest cannot be read, and is the last.
pub(in super::super) struct Fields<'a>(pub &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u32, Content<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = match take(self.0) {
            Some((field, rest)) => {
                self.0 = rest;
                Some(field)
            }
            None => {
                self.0 = &[];
                None
            }
        };
        Some(field)
    }
}

type Taken<'a, T> = Option<(T, &'a [u8])>;

fn take(bytes: &[u8]) -> Taken<'_, (u32, Content<'_>)> {
    let (key, rest) = varint(bytes)?;
    let number = u32::try_from(key >> 3).ok().filter(|number| *number > 0)?;
    let (content, rest) = match key & 7 {
        0 => {
            let (value, rest) = varint(rest)?;
            (Content::Varint(value), rest)
        }
        1 => {
            let (value, rest) = rest.split_first_chunk()?;
            (Content::Fixed64(u64::from_le_bytes(*value)), rest)
        }
        2 => {
            let (length, rest) = varint(rest)?;
            let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            (Content::Bytes(value), rest)
        }
        5 => {
            let (value, rest) = rest.split_first_chunk()?;
            (Content::Fixed32(u32::from_le_bytes(*value)), rest)
        }
        // Groups are not used.
        _ => return None,
    };
    Some(((number, content), rest))
}

/// An integer of one to ten bytes, and what follows it.
pub(super) fn varint(bytes: &[u8]) -> Taken<'_, u64> {
    let mut value = 0_u64;
    for (place, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[place + 1..]));
        }
    }
    None
}
