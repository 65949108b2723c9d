//! JSON Schemas of data. A schema stands in the score: nothing is fetched.

use std::{collections::HashSet, fmt, sync::Arc};

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// How many things that are wrong with data are told.
const MAX_REPORTED: usize = 3;
/// How long the description of what is wrong may be, in characters.
const MAX_CHARS: usize = 160;

/// A schema, ready to be used.
#[derive(Clone)]
pub struct Schema {
    document: Arc<Value>,
    validator: Arc<Validator>,
}

impl Schema {
    /// Compiles a schema; its `$schema` says of which draft it is, else it is 2020-12. Errors are
    /// the end of a sentence that began with "this schema".
    pub fn compile(document: Value) -> Result<Self, String> {
        if let Some(reference) = outside(&document) {
            return Err(format!(
                "refers to `{reference}`, and nothing outside the score is fetched: put it under `$defs` and \
                 refer to it with `#/$defs/...`"
            ));
        }
        if has_parts(&document, true) {
            return Err("has a part with an `$id` of its own: leave that out".into());
        }
        if let Some(reference) = circle(&document) {
            return Err(format!(
                "leads back to itself at `{reference}` without going deeper into the data"
            ));
        }
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(&document)
            .map_err(|error| format!("is wrong: {}", shortened(&error.to_string())))?;
        Ok(Self {
            document: Arc::new(document),
            validator: Arc::new(validator),
        })
    }

    /// The schema itself.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Whether data fits. Errors are a sentence.
    pub fn check(&self, data: &Value) -> Result<(), String> {
        let wrong: Vec<String> = self
            .validator
            .iter_errors(data)
            .take(MAX_REPORTED)
            .map(|error| {
                let place = error.instance_path().to_string();
                let place = if place.is_empty() { "the data" } else { &place };
                format!("{place}: {}", shortened(&error.to_string()))
            })
            .collect();
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(wrong.join("; ")),
        }
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

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

/// The words that refer to another schema.
const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];

/// A reference to something that does not stand in the document at a plain JSON pointer.
fn outside(schema: &Value) -> Option<&str> {
    let mut every = Vec::new();
    references(schema, false, &mut every);
    let plain = |target: &str| target == "#" || (target.starts_with("#/") && !target.contains('%'));
    every.into_iter().find(|target| !plain(target))
}

/// Whether a part of the schema is a schema document of its own: references in it would lead
/// elsewhere than they seem to.
fn has_parts(schema: &Value, is_whole: bool) -> bool {
    match schema {
        Value::Array(items) => items.iter().any(|item| has_parts(item, false)),
        Value::Object(entries) => entries.iter().any(|(key, value)| {
            (!is_whole && matches!(key.as_str(), "$id" | "id") && value.is_string())
                || has_parts(value, false)
        }),
        _ => false,
    }
}

/// Words whose schemas are for the same data as the schema that they stand in.
const SAME_DATA: [&str; 7] = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"];

/// A reference that leads back to itself while it is about the same data all the time.
fn circle(document: &Value) -> Option<String> {
    let mut every = Vec::new();
    references(document, false, &mut every);
    let mut harmless: HashSet<&str> = HashSet::new();
    for begin in every {
        let mut path = vec![(begin, false)];
        // Depth first; a reference is harmless once everything behind it is.
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

/// The references in a schema; only those about the same data, or all.
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
    fn what_does_not_fit_is_told_with_its_place() {
        let schema = Schema::compile(json!({
            "type": "object",
            "required": ["id"],
            "properties": { "id": { "type": "string", "pattern": "^[a-z]+$" }, "n": { "$ref": "#/$defs/n" } },
            "$defs": { "n": { "maximum": 3 } },
        }))
        .unwrap();
        assert_eq!(schema.check(&json!({ "id": "a", "n": 3 })), Ok(()));
        let wrong = schema.check(&json!({ "id": "A", "n": 4 })).unwrap_err();
        assert!(wrong.contains("/id: ") && wrong.contains("/n: "), "{wrong}");
        let wrong = schema.check(&json!({})).unwrap_err();
        assert!(wrong.starts_with("the data: "), "{wrong}");
    }

    #[test]
    fn nothing_outside_is_fetched_and_nothing_goes_on_for_ever() {
        for reference in [
            "https://example.org/s.json",
            "file:///etc/passwd",
            "other.json",
        ] {
            let schema = json!({ "items": [{ "x": { "$ref": reference } }] });
            let error = Schema::compile(schema).unwrap_err();
            assert!(error.contains(reference), "{error}");
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
