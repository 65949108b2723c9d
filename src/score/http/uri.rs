//! Addresses, and the standard's part of URI templates (RFC 6570): `{name}`, nothing else.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The longest address that is called.
const MAX_BYTES: usize = 8 << 10;

/// Characters that make something else of an expansion.
const OPERATORS: &str = "+#./;?&=,!@|";

/// A URI with names in it that the task's input gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriTemplate(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

/// A template that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UriError {
    /// The byte of the template.
    pub at: usize,
    /// What is wrong with it, a sentence.
    pub message: String,
}

impl UriTemplate {
    /// Reads a template. What it says besides its names must make an address.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        let wrong = |at: usize, message: &str| {
            let message = message.to_owned();
            Err(UriError { at, message })
        };
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find(['{', '}']) {
            let at = text.len() - rest.len() + open;
            let (before, from) = rest.split_at(open);
            if before.ends_with('$') && from.starts_with('{') {
                return wrong(
                    at - 1,
                    "an expression must be the whole address here; `{name}` puts a value of the \
                     input into it",
                );
            }
            let Some(inner) = from.strip_prefix('{') else {
                return wrong(at, "this `}` closes nothing: write %7D for the character");
            };
            let Some((name, after)) = inner.split_once('}') else {
                return wrong(at, "this `{` is never closed: write %7B for the character");
            };
            if name.is_empty() || name.contains(['{', '"']) || name.contains(char::is_whitespace) {
                return wrong(
                    at,
                    "the name of a value of the input is expected between { and }",
                );
            }
            if name.starts_with(|first| OPERATORS.contains(first)) {
                return wrong(at, "of URI templates the standard has only `{name}`");
            }
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Name(name.to_owned()));
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        let template = Self(parts);
        // A digit can stand for any part of an address, a port too; what begins with a name has
        // its scheme from there.
        if !text.starts_with('{') {
            let sample = template.filled(|_| Ok("1".to_owned()));
            if let Err(message) = sample.and_then(|sample| uri(&sample)) {
                return Err(UriError { at: 0, message });
            }
        }
        Ok(template)
    }

    /// The address for an input. A name that the input does not have stands for nothing.
    pub fn expand(&self, input: &Value) -> Result<String, String> {
        self.filled(|name| {
            let value = match input.get(name) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
                Some(_) => {
                    return Err(format!(
                        "`{{{name}}}` is a list or a map; only text, numbers, true and false can \
                         stand in an address"
                    ));
                }
            };
            Ok(escaped(&value))
        })
    }

    fn filled(&self, value: impl Fn(&str) -> Result<String, String>) -> Result<String, String> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Name(name) => filled.push_str(&value(name)?),
            }
        }
        Ok(filled)
    }
}

/// Text as a part of an address.
pub fn escaped(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Checks an address: absolute, http or https, with a host and without a password. The error is a
/// sentence that does not repeat it.
pub fn uri(text: &str) -> Result<String, String> {
    if text.len() > MAX_BYTES {
        return Err(format!("the address is longer than {MAX_BYTES} bytes"));
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("an address has no spaces: write %20".into());
    }
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => {
            "an address begins with http:// or https://".to_owned()
        }
        error => format!("this is no address: {error}"),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("an address begins with http:// or https://".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "an address holds no name and no password: say them under `authentication`".into(),
        );
    }
    Ok(text.to_owned())
}
