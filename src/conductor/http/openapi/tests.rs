use serde_json::{Map, json};

use super::*;

fn base(document: Value) -> String {
    let url = Url::parse("https://docs.example.com/api/doc.json").unwrap();
    let mut document = document;
    document["paths"] = json!({ "/x": { "get": { "operationId": "x" } } });
    let api = Api::new(url, document).unwrap();
    let wanted = Operation {
        document: String::new(),
        document_authentication: None,
        operation_id: "x".into(),
        parameters: Map::new(),
    };
    api.request(&wanted)
        .map_or_else(|e| format!("{e:?}"), |request| request.uri)
}

#[test]
fn missing_parts_of_a_server_address_come_from_the_document() {
    let two = |more: Value| {
        let mut document = json!({ "swagger": "2.0" });
        document
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        base(document)
    };
    assert_eq!(two(json!({})), "https://docs.example.com/x");
    assert_eq!(
        two(json!({ "basePath": "/v2/" })),
        "https://docs.example.com/v2/x"
    );
    assert_eq!(
        two(json!({ "host": "h:1", "schemes": ["http", "ws"] })),
        "http://h:1/x"
    );
    assert_eq!(
        two(json!({ "host": "h", "schemes": ["http", "https"] })),
        "https://h/x"
    );
}

#[test]
fn servers_are_used_with_their_variables() {
    let three = |servers: Value| base(json!({ "openapi": "3.1.0", "servers": servers }));
    assert_eq!(three(json!([])), "https://docs.example.com/x");
    assert_eq!(
        three(json!([{ "url": "v1" }])),
        "https://docs.example.com/api/v1/x"
    );
    let server = json!([{ "url": "http://{host}/{v}",
        "variables": { "host": { "default": "h" }, "v": { "default": "2" } } }]);
    assert_eq!(three(server), "http://h/2/x");
    assert!(three(json!([{ "url": "file:///etc" }])).contains("http:// or https://"));
    assert!(three(json!([{ "url": "http://{host}/" }])).contains("server"));
}

#[test]
fn circular_references_end() {
    let url = Url::parse("http://h/").unwrap();
    let root = json!({ "openapi": "3.0.0", "a": { "$ref": "#/b" }, "b": { "$ref": "#/a" } });
    let api = Api::new(url.clone(), root).unwrap();
    assert!(api.resolved(&api.root["a"]).get("$ref").is_some());
    assert!(Api::new(url, json!({ "openapi": 3 })).is_err());
}

#[test]
fn a_server_address_cannot_fill_the_memory() {
    let long = "x".repeat(MAX_URL);
    let server = |url: &str| {
        let variables = json!({ "a": { "default": long }, "b": { "default": "{b}{b}" } });
        base(json!({ "openapi": "3.0.0", "servers": [{ "url": url, "variables": variables }] }))
    };
    assert!(server(&"{a}".repeat(100_000)).contains("bytes"));
    assert!(server("http://h/{b}").contains("without a default"));
}
