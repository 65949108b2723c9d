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
use crate::view::escape::{escape, escape_with};

/// Prints a line of text.
pub(super) fn print(line: &str) -> Result<(), CliError> {
    print_bytes(format!("{}\n", escape(line)).as_bytes())
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
    raw_message(&format!("fermata: {}\n", escape(text)));
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

/// JSON in which control characters and bidirectional marks are escaped. Only strings can contain them.
fn json_escaped(json: &str) -> Cow<'_, str> {
    escape_with(json, |c, escaped| {
        // All of them have at most four hexadecimal digits.
        let _ = write!(escaped, "\\u{:04x}", u32::from(c));
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
