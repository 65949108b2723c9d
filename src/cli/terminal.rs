//! Writing to standard output and standard error.
//!
//! Text from outside, such as the answer of a service, may contain control characters; they are
//! escaped, so that it can neither move the cursor nor reorder what is read.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{ErrorKind, IsTerminal, Write},
};

use super::CliError;

/// Prints a line of text.
pub(super) fn print(line: &str) -> Result<(), CliError> {
    print_bytes(format!("{}\n", escaped(line)).as_bytes())
}

/// Prints JSON. Control characters become JSON escapes: the value is the same.
pub(super) fn print_json(json: &str) -> Result<(), CliError> {
    print_bytes(format!("{}\n", json_escaped(json)).as_bytes())
}

/// Prints data as it is. A reader that has gone (`| head`) has what it wanted; a full disk is an error.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        _ => Ok(()),
    }
}

/// Writes a message to standard error, in place of the progress line. A closed or full standard error
/// never ends the program.
pub(super) fn message(text: &str) {
    clear_progress_line();
    raw_message(&format!("fermata: {}\n", escaped(text)));
}

/// Writes text to standard error as it is.
pub(super) fn raw_message(text: &str) {
    // There is nowhere left to report this.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Removes the progress line.
pub(super) fn clear_progress_line() {
    if std::io::stderr().is_terminal() {
        raw_message("\r\x1b[K");
    }
}

/// Text in which control characters and marks that change the direction of writing are escaped.
/// Line ends and tabs stay.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    escape(text, |c, escaped| {
        // A `String` takes everything.
        let _ = write!(escaped, "{}", c.escape_unicode());
    })
}

/// JSON in which the same characters are escaped. They can only be inside of strings there.
fn json_escaped(json: &str) -> Cow<'_, str> {
    escape(json, |c, escaped| {
        // All of them have at most four hexadecimal digits.
        let _ = write!(escaped, "\\u{:04x}", u32::from(c));
    })
}

fn escape(text: &str, write: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match is_dangerous(c) {
            true => write(c, &mut escaped),
            false => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// Whether a terminal would act on a character, or read what follows in another direction.
fn is_dangerous(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
        )
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_control_the_terminal() {
        assert_eq!(escaped("größe\t🎻\n"), "größe\t🎻\n");
        assert_eq!(
            escaped("\u{1b}[2J\r\u{9b}1m\u{202e}x"),
            "\\u{1b}[2J\\u{d}\\u{9b}1m\\u{202e}x"
        );
    }

    #[test]
    fn escaped_json_is_the_same_value() {
        let value = serde_json::json!({ "a": "\u{9b}\u{202e}\u{7f}" });
        let text = value.to_string();
        let escaped = json_escaped(&text);
        assert!(escaped.is_ascii());
        let read: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read, value);
    }
}
