//! Validation of encoded payloads.

use super::{
    pack::pack,
    wire::{self, BadBytes, Item, MAX_DEPTH, Reader, shortest},
};

/// Checks that bytes are exactly one value in this program's encoding. Returns whether it contains
/// text extensions.
pub(super) fn check(bytes: &[u8]) -> Result<bool, BadBytes> {
    let mut reader = Reader::new(bytes);
    let mut has_text = false;
    // The remaining items of each open array or map; map keys count as items.
    let mut open: Vec<(bool, u64)> = Vec::new();
    loop {
        let before = reader.left();
        let item = reader.item()?;
        if before - reader.left() != shortest(item) {
            return Err(BadBytes::Length);
        }
        if let Some((true, left)) = open.last()
            && left % 2 == 0
            && !matches!(item, Item::Text(_))
        {
            return Err(BadBytes::Key);
        }
        match item {
            Item::Array(len) => open.push((false, u64::from(len) + 1)),
            Item::Map(len) => open.push((true, 2 * u64::from(len) + 1)),
            Item::Json(text) | Item::NotJson(text) => {
                has_text = true;
                check_text(item, text, open.len())?;
            }
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            return Err(BadBytes::Depth(MAX_DEPTH));
        }
        // The item is complete, and possibly its containers.
        while let Some((_, left)) = open.last_mut() {
            *left -= 1;
            if *left > 0 {
                break;
            }
            open.pop();
        }
        if open.is_empty() {
            return match reader.left() {
                0 => Ok(has_text),
                left => Err(BadBytes::Trailing(left)),
            };
        }
    }
}

/// Checks that a text extension is necessary, `depth` containers deep.
fn check_text(item: Item<'_>, text: &str, depth: usize) -> Result<(), BadBytes> {
    let mut written = Vec::with_capacity(text.len() + 6);
    wire::write(&mut written, item);
    let is_within = depth > 0 && matches!(item, Item::NotJson(_));
    match !is_within && pack(text, MAX_DEPTH - depth).0 == written {
        true => Ok(()),
        false => Err(BadBytes::NotCanonical),
    }
}
