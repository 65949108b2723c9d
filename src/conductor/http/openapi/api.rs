//! An OpenAPI document.

use serde_json::Value;
use url::Url;

/// The most references that are followed for one value.
const MAX_REFERENCES: usize = 16;

/// A document and its address.
pub(in crate::conductor::http) struct Api {
    pub(super) url: Url,
    pub(super) root: Value,
}

impl Api {
    /// A document of a supported version.
    pub fn new(url: Url, root: Value) -> Result<Self, String> {
        let version = |key: &str, known: &str| {
            let version = root.get(key).and_then(Value::as_str);
            version.is_some_and(|version| version.starts_with(known))
        };
        if !version("swagger", "2.") && !version("openapi", "3.") {
            return Err("it has neither `swagger: \"2.0\"` nor `openapi: 3.x`".into());
        }
        Ok(Self { url, root })
    }

    /// The value behind a `$ref` of this document.
    pub(super) fn resolved<'a>(&'a self, mut value: &'a Value) -> &'a Value {
        for _ in 0..MAX_REFERENCES {
            let reference = value.get("$ref").and_then(Value::as_str);
            let pointer = reference.and_then(|text| text.strip_prefix('#'));
            match pointer.and_then(|pointer| self.root.pointer(pointer)) {
                Some(target) => value = target,
                None => break,
            }
        }
        value
    }
}
