//! Removal of whitespace from JSON.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// Removes insignificant whitespace from JSON; returns other text unchanged.
pub(super) fn minified(text: &str) -> Cow<'_, str> {
    let mut in_string = false;
    let mut is_escaped = false;
    let mut is_space = |c: char| {
        if in_string {
            in_string = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            return false;
        }
        in_string = c == '"';
        matches!(c, ' ' | '\t' | '\n' | '\r')
    };
    let Some(first) = text.find(&mut is_space) else {
        return Cow::Borrowed(text);
    };
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Cow::Borrowed(text);
    }
    // Insignificant whitespace is outside strings, so the state is the initial one.
    let (head, rest) = text.split_at(first);
    let mut minified = String::with_capacity(text.len());
    minified.push_str(head);
    minified.extend(rest.chars().filter(|c| !is_space(*c)));
    Cow::Owned(minified)
}
