//! JSON Schemas of data. Schemas are part of the score: nothing is fetched.

use std::{collections::HashSet, fmt, sync::Arc};

use jsonschema::{PatternOptions, Validator, error::ValidationErrorKind};
use serde_json::Value;

use super::value_error::ValueError;

/// The most mismatches that are reported.
const MAX_REPORTED: usize = 3;
/// The longest description of a mismatch, in characters.
const MAX_CHARS: usize = 160;

/// A compiled schema.
#[derive(Clone)]
pub struct Schema {
    document: Arc<Value>,
    validator: Arc<Validator>,
}

impl Schema {
    /// Compiles a schema. `$schema` selects the draft; the default is 2020-12.
    pub fn compile(document: Value) -> Result<Self, ValueError> {
        if let Some(reference) = external_reference(&document) {
            let message = format!(
                "invalid schema: it refers to `{reference}`, and Fermata fetches nothing from outside the \
                 score; put the schema under `$defs` and refer to it with `#/$defs/...`"
            );
            return Err(message.into());
        }
        if has_nested_id(&document, true) {
            return Err("invalid schema: a part has an `$id` of its own; remove it".into());
        }
        if let Some(reference) = circular_reference(&document) {
            let message = format!(
                "invalid schema: the reference `{reference}` leads back to itself without descending into \
                 the data"
            );
            return Err(message.into());
        }
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(&document)
            .map_err(|error| ValueError {
                pointer: error.instance_path().to_string(),
                at: 0,
                message: format!("invalid schema: {}", shortened(&error.to_string())),
            })?;
        Ok(Self {
            document: Arc::new(document),
            validator: Arc::new(validator),
        })
    }

    /// The schema itself.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Where data does not match, at most `most` places.
    pub fn mismatches(&self, data: &Value, most: usize) -> Vec<Mismatch> {
        let errors = self.validator.iter_errors(data).take(most);
        let mismatches = errors.map(|error| Mismatch {
            pointer: error.instance_path().to_string(),
            missing: match error.kind() {
                ValidationErrorKind::Required { property } => {
                    property.as_str().map(ToOwned::to_owned)
                }
                _ => None,
            },
            message: shortened(&error.to_string()),
        });
        mismatches.collect()
    }

    /// Checks whether data matches.
    pub fn check(&self, data: &Value) -> Result<(), SchemaMismatch> {
        let mismatches: Vec<String> = self
            .validator
            .iter_errors(data)
            .take(MAX_REPORTED)
            .map(|error| {
                let place = error.instance_path().to_string();
                let place = if place.is_empty() { "the data" } else { &place };
                format!("{place}: {}", shortened(&error.to_string()))
            })
            .collect();
        match mismatches.is_empty() {
            true => Ok(()),
            false => Err(SchemaMismatch(mismatches.join("; "))),
        }
    }
}

/// Data that does not match a schema; the message says where and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaMismatch(String);

/// A place in data that does not match a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// A JSON pointer into the data.
    pub pointer: String,
    /// The required member of this place that is missing.
    pub missing: Option<String>,
    /// What is wrong, in words.
    pub message: String,
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl Eq for Schema {}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({})", self.document)
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The keywords that refer to another schema.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// A reference to something other than a plain JSON pointer into the document.
fn external_reference(schema: &Value) -> Option<&str> {
    let mut every = Vec::new();
    references(schema, false, &mut every);
    let plain = |target: &str| target == "#" || (target.starts_with("#/") && !target.contains('%'));
    every.into_iter().find(|target| !plain(target))
}

/// Whether a part of the schema is a schema document of its own: references in it would resolve
/// against that part.
fn has_nested_id(schema: &Value, is_root: bool) -> bool {
    match schema {
        Value::Array(items) => items.iter().any(|item| has_nested_id(item, false)),
        Value::Object(entries) => entries.iter().any(|(key, value)| {
            (!is_root && matches!(key.as_str(), "$id" | "id") && value.is_string())
                || has_nested_id(value, false)
        }),
        _ => false,
    }
}

/// Keywords whose schemas apply to the same data as the schema that contains them.
const SAME_DATA: [&str; 7] = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"];

/// A reference that leads back to itself while it applies to the same data.
fn circular_reference(document: &Value) -> Option<String> {
    let mut every = Vec::new();
    references(document, false, &mut every);
    let mut harmless: HashSet<&str> = HashSet::new();
    for begin in every {
        let mut path = vec![(begin, false)];
        // Depth first: a reference is harmless once everything that it leads to is.
        while let Some((reference, left)) = path.pop() {
            if left {
                harmless.insert(reference);
                continue;
            }
            if harmless.contains(reference) {
                continue;
            }
            if path.iter().any(|(on, left)| *left && *on == reference) {
                return Some(reference.to_owned());
            }
            path.push((reference, true));
            let target = reference
                .strip_prefix('#')
                .and_then(|at| document.pointer(at));
            let mut next = Vec::new();
            if let Some(target) = target {
                references(target, true, &mut next);
            }
            path.extend(next.into_iter().map(|reference| (reference, false)));
        }
    }
    None
}

/// The references in a schema: only those that apply to the same data, or all.
fn references<'a>(schema: &'a Value, same_data: bool, found: &mut Vec<&'a str>) {
    match schema {
        Value::Array(items) => {
            for item in items {
                references(item, same_data, found);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                match value {
                    Value::String(target) if REFERENCES.contains(&key.as_str()) => {
                        found.push(target);
                    }
                    _ if !same_data || SAME_DATA.contains(&key.as_str()) => {
                        references(value, same_data, found);
                    }
                    Value::Object(schemas) if key == "dependentSchemas" => {
                        for schema in schemas.values() {
                            references(schema, same_data, found);
                        }
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mismatches_are_reported_with_their_position() {
        let schema = Schema::compile(json!({
            "type": "object",
            "required": ["id"],
            "properties": { "id": { "type": "string", "pattern": "^[a-z]+$" }, "n": { "$ref": "#/$defs/n" } },
            "$defs": { "n": { "maximum": 3 } },
        }))
        .unwrap();
        assert_eq!(schema.check(&json!({ "id": "a", "n": 3 })), Ok(()));
        let wrong = schema
            .check(&json!({ "id": "A", "n": 4 }))
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("/id: ") && wrong.contains("/n: "), "{wrong}");
        let wrong = schema.check(&json!({})).unwrap_err().to_string();
        assert!(wrong.starts_with("the data: "), "{wrong}");
    }

    #[test]
    fn external_and_circular_references_are_refused() {
        for reference in [
            "https://example.org/s.json",
            "file:///etc/passwd",
            "other.json",
        ] {
            let schema = json!({ "items": [{ "x": { "$ref": reference } }] });
            let error = Schema::compile(schema).unwrap_err();
            assert!(error.message.contains(reference), "{error}");
        }
        for schema in [
            json!({ "$ref": "#" }),
            json!({ "$ref": "#/$defs/a", "$defs": { "a": { "allOf": [{ "$ref": "#/$defs/a" }] } } }),
            json!({ "not": { "$ref": "#" } }),
        ] {
            let error = Schema::compile(schema.clone());
            assert!(error.is_err(), "{schema}");
        }
        let tree = json!({ "type": "object", "properties": { "child": { "$ref": "#" } } });
        let tree = Schema::compile(tree).unwrap();
        assert!(tree.check(&json!({ "child": { "child": 1 } })).is_err());
    }
}
