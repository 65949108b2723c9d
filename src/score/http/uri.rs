//! Addresses, and the part of URI templates (RFC 6570) that the standard uses: `{name}`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The longest address.
const MAX_BYTES: usize = 8 << 10;

/// Operators of RFC 6570, which are not supported.
const OPERATORS: &str = "+#./;?&=,!@|";

/// A URI with variables that the task's input provides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriTemplate(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

/// An error in an address or a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct UriError {
    /// The position in the template, a byte.
    pub at: usize,
    /// What is wrong, and what is expected.
    pub message: String,
}

impl UriError {
    fn new(message: impl Into<String>) -> Self {
        let (at, message) = (0, message.into());
        Self { at, message }
    }
}

impl UriTemplate {
    /// Parses a template. Its text must make a valid address once the variables are filled in.
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
                    "an expression must be the whole address; use `{name}` to insert a value of the \
                     input",
                );
            }
            let Some(inner) = from.strip_prefix('{') else {
                return wrong(at, "unmatched `}`: write %7D for a literal brace");
            };
            let Some((name, after)) = inner.split_once('}') else {
                return wrong(at, "unclosed `{`: write %7B for a literal brace");
            };
            if name.is_empty() || name.contains(['{', '"']) || name.contains(char::is_whitespace) {
                return wrong(
                    at,
                    "expected the name of a value of the input between { and }",
                );
            }
            if name.starts_with(|first| OPERATORS.contains(first)) {
                return wrong(at, "unsupported URI template: only `{name}` is allowed");
            }
            parts.push(Part::Text(before.to_owned()));
            parts.push(Part::Name(name.to_owned()));
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        let template = Self(parts);
        // A digit is valid in any part of an address, even as a port. A template that starts with a
        // variable gets its scheme from there.
        if !text.starts_with('{') {
            let sample = template.filled(|_| Ok("1".to_owned()));
            uri(&sample?)?;
        }
        Ok(template)
    }

    /// The address for an input. A variable that the input does not have is empty.
    pub fn expand(&self, input: &Value) -> Result<String, UriError> {
        self.filled(|name| {
            let value = match input.get(name) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(value @ (Value::Bool(_) | Value::Number(_))) => value.to_string(),
                Some(_) => {
                    return Err(UriError::new(format!(
                        "`{{{name}}}` is a list or a map: an address can only contain strings, \
                         numbers and booleans"
                    )));
                }
            };
            Ok(escaped(&value))
        })
    }

    fn filled(&self, value: impl Fn(&str) -> Result<String, UriError>) -> Result<String, UriError> {
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

/// Percent-encodes text as a part of an address.
pub fn escaped(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Checks an address: absolute, http or https, without a user name or password. The error does not
/// repeat it.
pub fn uri(text: &str) -> Result<String, UriError> {
    if text.len() > MAX_BYTES {
        return Err(UriError::new(format!(
            "the address is longer than {MAX_BYTES} bytes"
        )));
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(UriError::new("an address cannot contain spaces: write %20"));
    }
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => {
            UriError::new("an address starts with http:// or https://")
        }
        error => UriError::new(format!("invalid address: {error}")),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UriError::new("an address starts with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UriError::new(
            "an address cannot contain a user name or password: use `authentication`",
        ));
    }
    Ok(text.to_owned())
}
