//! Texts with secrets in them.
//!
//! A history must not have the value of a secret. So where a score puts one into a request, the workflow
//! works with a sealed text: it names the secrets, and says how they and other texts are put together. The
//! activity that sends the request reads the secrets and resolves the text.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::jq::Encoding;

/// A text whose secrets are only named.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealedText(Vec<Piece>);

/// A piece of a sealed text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Piece {
    /// The text itself.
    Text(String),
    /// A secret.
    Secret(SecretName),
    /// A text that is encoded.
    Encoded { encoding: Encoding, of: SealedText },
}

/// The name of a secret, or of a part of one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SecretName {
    /// Its name in `use.secrets`.
    pub secret: String,
    /// The keys that lead to a part of a secret that is a map; empty: the secret is a text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.secret)?;
        self.key.iter().try_for_each(|key| write!(f, ".{key}"))
    }
}

impl SealedText {
    /// A text without secrets.
    pub fn plain(text: String) -> Self {
        Self(vec![Piece::Text(text)])
    }

    /// A secret alone.
    pub fn secret(name: SecretName) -> Self {
        Self(vec![Piece::Secret(name)])
    }

    /// The text in an encoding.
    pub fn encoded(self, encoding: Encoding) -> Self {
        Self(vec![Piece::Encoded { encoding, of: self }])
    }

    /// This text and another one behind it.
    pub fn followed_by(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The whole text. `reveal` gives the values of secrets.
    pub fn resolved<E>(
        &self,
        reveal: &mut dyn FnMut(&SecretName) -> Result<String, E>,
    ) -> Result<String, E> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Secret(name) => text.push_str(&reveal(name)?),
                Piece::Encoded { encoding, of } => {
                    text.push_str(&encoding.apply(&of.resolved(reveal)?));
                }
            }
        }
        Ok(text)
    }
}

/// What is shown in its place.
impl fmt::Display for SealedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Secret(name) => write!(f, "{{$secrets.{name}}}"),
            Piece::Encoded { encoding, of } => write!(f, "@{}({of})", encoding.name()),
        })
    }
}

/// The sealed texts in data, by JSON pointers. The data has texts for display in their place.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seals(BTreeMap<String, SealedText>);

impl Seals {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one, and gives the text for display.
    pub fn add(&mut self, pointer: impl Into<String>, text: SealedText) -> String {
        let shown = text.to_string();
        self.0.insert(pointer.into(), text);
        shown
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &SealedText)> {
        self.0
            .iter()
            .map(|(pointer, text)| (pointer.as_str(), text))
    }

    /// Takes the one at a pointer out.
    pub fn take(&mut self, pointer: &str) -> Option<SealedText> {
        self.0.remove(pointer)
    }

    /// The rest of the pointers that begin with `start`.
    pub fn below<'s>(&'s self, start: &'s str) -> impl Iterator<Item = &'s str> {
        self.0
            .keys()
            .filter_map(move |pointer| pointer.strip_prefix(start))
    }

    /// Adds those of a part, which is at `pointer`.
    pub fn extend(&mut self, pointer: &str, part: Self) {
        let moved = part.0.into_iter();
        self.0
            .extend(moved.map(|(below, text)| (format!("{pointer}{below}"), text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> SecretName {
        SecretName {
            secret: "pets".into(),
            key: vec!["token".into()],
        }
    }

    #[test]
    fn a_sealed_text_is_resolved_and_shown_without_its_secrets() {
        let text = SealedText::plain("Basic ".into())
            .followed_by(SealedText::secret(token()).encoded(Encoding::Base64));
        assert_eq!(text.to_string(), "Basic @base64({$secrets.pets.token})");
        let mut reveal = |name: &SecretName| {
            assert_eq!(*name, token());
            Ok::<_, ()>("a:b".to_owned())
        };
        assert_eq!(text.resolved(&mut reveal), Ok("Basic YTpi".to_owned()));
        let mut missing = |_: &SecretName| Err("missing");
        assert_eq!(text.resolved(&mut missing), Err("missing"));
    }

    /// Histories have it in this form.
    #[test]
    fn a_sealed_text_is_written_as_its_pieces() {
        let text = SealedText::plain("Basic ".into())
            .followed_by(SealedText::secret(token()).encoded(Encoding::Base64));
        let written = serde_json::json!([
            "Basic ",
            { "encoding": "base64", "of": [{ "secret": "pets", "key": ["token"] }] },
        ]);
        assert_eq!(serde_json::to_value(&text).unwrap(), written);
        assert_eq!(serde_json::from_value::<SealedText>(written).unwrap(), text);
    }
}
