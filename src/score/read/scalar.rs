//! Positions inside scalars: from a byte of the text to the byte of the source that shows it.

/// The byte of `source`, which starts with a scalar, that shows byte `at` of the scalar's text.
///
/// Line breaks and indentation may differ between the two, so this compares everything but white
/// space. `None`: the source writes the text with escapes.
pub(super) fn offset(source: &str, text: &str, at: usize) -> Option<usize> {
    let start = match source.chars().next()? {
        // A block scalar starts after the line with its header.
        '|' | '>' => source.find('\n')? + 1,
        '"' | '\'' => 1,
        _ => 0,
    };
    aligned(source, start, text, at).or_else(|| aligned(source, 0, text, at))
}

fn aligned(source: &str, start: usize, text: &str, at: usize) -> Option<usize> {
    let mut position = start;
    let mut found = None;
    for (index, letter) in text.char_indices() {
        if letter.is_whitespace() {
            continue;
        }
        let rest = source.get(position..)?;
        let rest = rest.trim_start();
        position = source.len() - rest.len();
        if index >= at && found.is_none() {
            found = Some(position);
        }
        if let Some(after) = rest.strip_prefix(letter) {
            position = source.len() - after.len();
        } else {
            let escaped = rest.strip_prefix('\\')?;
            let after = escaped.strip_prefix(letter)?;
            position = source.len() - after.len();
        }
        // A quote inside single quotes is written twice.
        if letter == '\'' && source.starts_with('\'') && start == 1 {
            position += usize::from(source.get(position..)?.starts_with('\''));
        }
    }
    found.or(Some(position))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The source from the byte of the text on that `mark` starts.
    fn shown<'a>(source: &'a str, text: &str, mark: &str) -> Option<&'a str> {
        let at = text.find(mark).unwrap();
        offset(source, text, at).map(|offset| &source[offset..])
    }

    #[test]
    fn positions_are_found_in_every_style() {
        assert_eq!(shown("a b x\n", "a b x", "x"), Some("x\n"));
        assert_eq!(shown("\"a b x\"", "a b x", "x"), Some("x\""));
        assert_eq!(shown("'it''s x'", "it's x", "x"), Some("x'"));
        assert_eq!(shown("\"a \\\"b\\\" x\"", "a \"b\" x", "x"), Some("x\""));
        assert_eq!(shown(">-\n  a b\n  c x\n", "a b c x", "x"), Some("x\n"));
        assert_eq!(shown("|\n  a b\n  c x\n", "a b\nc x\n", "c"), Some("c x\n"));
        assert_eq!(shown("a\n    b x\n", "a b x", "x"), Some("x\n"));
        assert_eq!(shown("\"a \\u0062 x\"", "a b x", "x"), None);
    }
}
