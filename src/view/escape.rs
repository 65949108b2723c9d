//! Escaping of text from outside: names, payloads, error messages, paths.
//!
//! A terminal acts on control characters, and bidirectional overrides reorder what is read after them,
//! in a terminal and in a window. Both are shown as escapes instead.

use std::{borrow::Cow, fmt::Write as _};

/// Text in which control characters and bidirectional marks are escaped, such as `\u{1b}`. Line breaks
/// and tabs stay.
pub fn escape(text: &str) -> Cow<'_, str> {
    escape_with(text, |c, escaped| {
        // Writing to a `String` cannot fail.
        let _ = write!(escaped, "{}", c.escape_unicode());
    })
}

/// The same on one line: line breaks and tabs become spaces.
pub fn escape_line(text: &str) -> Cow<'_, str> {
    let escaped = escape(text);
    match escaped.contains(['\n', '\t']) {
        true => Cow::Owned(escaped.replace(['\n', '\t'], " ")),
        false => escaped,
    }
}

/// Text in which `write` replaces each character that [`escape`] would escape.
pub fn escape_with(text: &str, write: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match is_unsafe(c) {
            true => write(c, &mut escaped),
            false => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// Whether a terminal would act on a character, or text after it could be reordered.
pub fn is_unsafe(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        // Arabic letter mark, left-to-right and right-to-left mark, line and paragraph separator.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' => true,
        // Embeddings, overrides and isolates.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_bidi_overrides_are_shown_as_escapes() {
        assert_eq!(
            escape("\u{1b}[2J\u{7}\r\u{9b}1m\u{202e}x\u{2069}"),
            "\\u{1b}[2J\\u{7}\\u{d}\\u{9b}1m\\u{202e}x\\u{2069}"
        );
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        assert_eq!(escape("größe\t🎻 שלום\n"), "größe\t🎻 שלום\n");
        assert_eq!(escape_line("a\nb\tc"), "a b c");
    }
}
