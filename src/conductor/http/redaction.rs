//! Hides secrets in what comes back: a service may repeat what it was sent.

use std::borrow::Cow;

use base64::{
    Engine as _, alphabet,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig,
        general_purpose::{STANDARD, URL_SAFE},
    },
};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use url::form_urlencoded;

use crate::score::http::escaped;

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// Shorter secrets are hidden only where they are the whole text: they are in texts by chance.
const SHORT: usize = 4;

/// Decodes what is not a whole number of bytes, too.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The secrets of a call.
#[derive(Default)]
pub(super) struct Redactor {
    /// The secrets themselves.
    secrets: Vec<String>,
    /// The secrets, and the usual ways to write them; the longest first.
    forms: Vec<String>,
}

impl Redactor {
    /// Whether nothing is hidden.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Hides a text from now on.
    pub fn hide(&mut self, secret: &str) {
        /// Parts of a secret that is JSON are hidden, unless they are ordinary words.
        const WORD: usize = 4;
        if secret.is_empty() || self.secrets.iter().any(|known| known == secret) {
            return;
        }
        self.secrets.push(secret.to_owned());
        if secret.len() >= SHORT {
            let json = Value::from(secret).to_string();
            // Without its quotes.
            let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
            let html = secret.replace('&', "&amp;").replace('<', "&lt;");
            let html = html.replace('>', "&gt;").replace('"', "&quot;");
            let form = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let base64 = [STANDARD.encode(secret), URL_SAFE.encode(secret)];
            let [standard, safe] = base64.map(|text| text.trim_end_matches('=').to_owned());
            let own = secret.to_owned();
            self.forms
                .extend([own, json, html, form, escaped(secret), standard, safe]);
            let longest_first = |one: &String, other: &String| {
                other.len().cmp(&one.len()).then_with(|| one.cmp(other))
            };
            self.forms.sort_by(longest_first);
            self.forms.dedup();
        }
        // A secret that is JSON may come back as data.
        if secret.starts_with(['{', '['])
            && let Ok(value) = serde_json::from_str::<Value>(secret)
        {
            each_text(&value, &mut |text| {
                if text.len() >= WORD {
                    self.hide(text);
                }
            });
        }
    }

    /// A text without secrets.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.secrets.iter().any(|secret| secret == text) {
            return HIDDEN.into();
        }
        let mut text = Cow::Borrowed(text);
        for form in &self.forms {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), HIDDEN).into();
            }
        }
        if self.is_empty() {
            return text;
        }
        let text = self.without_words(text, is_base64, |word| self.is_in_base64(word));
        match text.contains('%') {
            true => self.without_words(text, is_uri, |word| {
                let decoded = percent_decode_str(word).decode_utf8_lossy();
                self.is_in(decoded.as_bytes()) || self.is_in(decoded.replace('+', " ").as_bytes())
            }),
            false => text,
        }
    }

    /// Bytes without secrets.
    pub fn bytes<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let mut bytes = Cow::Borrowed(bytes);
        for form in &self.forms {
            if let Some(hidden) = without(&bytes, form.as_bytes()) {
                bytes = hidden.into();
            }
        }
        bytes
    }

    /// Data without secrets.
    pub fn value(&self, value: Value) -> Value {
        if self.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => self.text(&text).into(),
            Value::Number(number) => {
                let text = number.to_string();
                match self.text(&text) == text {
                    true => Value::Number(number),
                    false => HIDDEN.into(),
                }
            }
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(entries) => {
                let entries = entries.into_iter();
                let hidden =
                    entries.map(|(key, value)| (self.text(&key).into_owned(), self.value(value)));
                Value::Object(hidden.collect())
            }
            other => other,
        }
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        let mut forms = self.forms.iter();
        forms.any(|form| position(bytes, form.as_bytes()).is_some())
    }

    /// Whether a secret is in what a word encodes, wherever the encoding begins in it.
    fn is_in_base64(&self, word: &str) -> bool {
        let standard = word.replace('-', "+").replace('_', "/");
        let letters = standard.trim_end_matches('=');
        (0..4).any(|begin| {
            let rest = letters.get(begin..).unwrap_or_default();
            let whole = match rest.len() % 4 {
                1 => rest.get(..rest.len() - 1).unwrap_or_default(),
                _ => rest,
            };
            LENIENT.decode(whole).is_ok_and(|bytes| self.is_in(&bytes))
        })
    }

    /// A text in which words that are secret are hidden.
    fn without_words<'t>(
        &self,
        text: Cow<'t, str>,
        is_part: fn(char) -> bool,
        is_secret: impl Fn(&str) -> bool,
    ) -> Cow<'t, str> {
        /// Shorter words encode no secret.
        const MIN: usize = 6;
        let mut words = text.split(|letter: char| !is_part(letter));
        if !words.any(|word| word.len() >= MIN && is_secret(word)) {
            return text;
        }
        let mut hidden = String::with_capacity(text.len());
        for piece in text.split_inclusive(|letter: char| !is_part(letter)) {
            let word = piece.trim_end_matches(|letter: char| !is_part(letter));
            let after = piece.get(word.len()..).unwrap_or_default();
            match word.len() >= MIN && is_secret(word) {
                true => hidden.push_str(HIDDEN),
                false => hidden.push_str(word),
            }
            hidden.push_str(after);
        }
        hidden.into()
    }
}

fn is_base64(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '-' | '_' | '=')
}

fn is_uri(letter: char) -> bool {
    !letter.is_whitespace() && letter != '"'
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, _) = wanted.split_first()?;
    let mut from = 0;
    loop {
        let rest = bytes.get(from..)?;
        let at = from + rest.iter().position(|byte| byte == first)?;
        if bytes.get(at..).is_some_and(|rest| rest.starts_with(wanted)) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// The bytes with all `wanted` hidden; `None` if there are none.
fn without(bytes: &[u8], wanted: &[u8]) -> Option<Vec<u8>> {
    position(bytes, wanted)?;
    let (mut hidden, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some(at) = position(rest, wanted) {
        let (before, from) = rest.split_at(at);
        hidden.extend_from_slice(before);
        hidden.extend_from_slice(HIDDEN.as_bytes());
        rest = from.get(wanted.len()..).unwrap_or_default();
    }
    hidden.extend_from_slice(rest);
    Some(hidden)
}

fn each_text(value: &Value, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, visit)),
        Value::Object(entries) => entries.values().for_each(|item| each_text(item, visit)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECRET: &str = "p4ss/ wörd+\"&<x>";

    fn redactor(secrets: &[&str]) -> Redactor {
        let mut redactor = Redactor::default();
        secrets.iter().for_each(|secret| redactor.hide(secret));
        redactor
    }

    #[test]
    fn a_secret_is_hidden_however_it_is_written() {
        let redactor = redactor(&[SECRET]);
        let written = [
            SECRET.to_owned(),
            format!("Bearer {SECRET}."),
            json!({ "a": SECRET }).to_string(),
            escaped(SECRET),
            escaped(SECRET).to_lowercase(),
            form_urlencoded::byte_serialize(SECRET.as_bytes()).collect(),
            STANDARD.encode(SECRET),
            URL_SAFE.encode(SECRET),
            format!("Basic {}", STANDARD.encode(format!("me:{SECRET}"))),
            format!("/x/{}?y", STANDARD.encode(format!("{SECRET}!"))),
            STANDARD.encode(json!([SECRET, SECRET]).to_string()),
        ];
        for text in written {
            let hidden = redactor.text(&text);
            assert!(hidden.contains(HIDDEN), "{text}: {hidden}");
            for trace in ["p4ss", "wörd", "cDRzcy", "w%C3", "w%c3"] {
                assert!(!hidden.contains(trace), "{text}: {hidden}");
            }
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let redactor = redactor(&[SECRET, "1"]);
        let value =
            json!({ "text": "100% of AAAAAAAAAAAAAAAA", "n": 11, "list": [null, true, 1.5] });
        assert_eq!(redactor.value(value.clone()), value);
        assert_eq!(redactor.bytes(b"\x00\xff").as_ref(), b"\x00\xff");
        let none = Redactor::default();
        assert_eq!(none.text("x"), "x");
    }

    #[test]
    fn secrets_are_hidden_in_all_data() {
        let redactor = redactor(&["4711-0815", "471100", "7", r#"{"key":"-----private-----"}"#]);
        let value = json!({ "x 4711-0815": ["4711-0815"], "n": 471100, "s": "7", "m": 47,
            "data": { "key": "-----private-----" } });
        let hidden = json!({ "x ***": ["***"], "n": "***", "s": "***", "m": 47,
            "data": { "key": "***" } });
        assert_eq!(redactor.value(value), hidden);
        let bytes = redactor.bytes(b"\x004711-0815\xff471100");
        assert_eq!(bytes.as_ref(), b"\x00***\xff***");
    }

    proptest::proptest! {
        #![proptest_config(crate::seed::cases(256))]

        #[test]
        fn no_text_panics_and_no_secret_remains(before in "\\PC{0,8}", after in "\\PC{0,8}") {
            let redactor = redactor(&["s3cr3t-value"]);
            let text = format!("{before}s3cr3t-value{after}");
            assert!(!redactor.text(&text).contains("s3cr3t"));
            let encoded = STANDARD.encode(&text);
            let hidden = redactor.text(&encoded);
            let decoded = STANDARD.decode(hidden.as_ref()).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&decoded).contains("s3cr3t-value"));
        }
    }
}
