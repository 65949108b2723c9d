//! The output of `fermata schema`, compared with every document that the tests perform.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value;

use crate::harness::Room;

static SCORES: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(fermata::score::SCHEMA).unwrap();
    jsonschema::draft7::new(&schema).unwrap()
});

/// Fails if a document that is performed is wrong by the schema.
pub fn takes(document: &Value) {
    let wrong: Vec<String> = SCORES
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{document:#}");
}

#[test]
fn the_schema_is_printed_completely() {
    let out = Room::new().succeed("schema");
    let schema: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert_eq!(out.trim(), fermata::score::SCHEMA.trim());
}
