//! Whether bytes that come from elsewhere are a payload.

use super::{
    pack::pack,
    wire::{self, BadBytes, Item, MAX_DEPTH, Reader, shortest},
};

/// Checks that bytes are one value as this program writes it, which can be read in every way there
/// is. Returns whether there is text in it that MessagePack could not hold.
pub(super) fn check(bytes: &[u8]) -> Result<bool, BadBytes> {
    let mut reader = Reader::new(bytes);
    let mut has_text = false;
    // How many items each open array or map still has; of a map the names count as well.
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
        // The item is done; with it, perhaps, what it is in.
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

/// Checks that a text could not have been kept better, `depth` arrays and maps deep.
fn check_text(item: Item<'_>, text: &str, depth: usize) -> Result<(), BadBytes> {
    let mut kept = Vec::with_capacity(text.len() + 6);
    wire::write(&mut kept, item);
    let is_within = depth > 0 && matches!(item, Item::NotJson(_));
    match !is_within && pack(text, MAX_DEPTH - depth).0 == kept {
        true => Ok(()),
        false => Err(BadBytes::Kept),
    }
}
