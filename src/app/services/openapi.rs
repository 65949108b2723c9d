//! The OpenAPI document of a service.

use serde_json::{Map, Value, json};

use super::{
    message::Method,
    operation::{Field, Kind, Operation},
};

/// The document, in version 3.1. Its server is relative to its own address.
pub(super) fn document(name: &str, about: &str, operations: &[Operation]) -> Value {
    let mut paths = Map::new();
    for operation in operations {
        let item = paths
            .entry(operation.path)
            .or_insert_with(|| Value::Object(Map::new()));
        let method = operation.method.name().to_ascii_lowercase();
        item[method.as_str()] = described(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": env!("CARGO_PKG_VERSION"),
            "description": about,
        },
        "servers": [{ "url": format!("/{name}") }],
        "paths": paths,
        "components": { "schemas": { "Problem": problem() } },
    })
}

fn described(operation: &Operation) -> Value {
    let mut parameters: Vec<Value> = in_path(operation.path)
        .map(|name| {
            json!({
                "name": name,
                "in": "path",
                "required": true,
                "schema": { "type": "string" },
            })
        })
        .collect();
    if operation.method != Method::Get {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The same key gets the same answer, without a second effect.",
            "schema": { "type": "string" },
        }));
    }
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.about,
        "responses": responses(operation),
    });
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if !operation.takes.is_empty() {
        described["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": schema(operation.takes) } },
        });
    }
    described
}

fn in_path(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn responses(operation: &Operation) -> Value {
    let mut responses = Map::new();
    let done = json!({
        "description": "Done",
        "content": { "application/json": { "schema": schema(operation.returns) } },
    });
    responses.insert(operation.status.to_string(), done);
    let down = (503, "The service fails, and the request had no effect");
    for (status, meaning) in operation.refusals.iter().chain([&down]) {
        let refusal = json!({
            "description": meaning,
            "content": { "application/problem+json": {
                "schema": { "$ref": "#/components/schemas/Problem" },
            } },
        });
        responses.insert(status.to_string(), refusal);
    }
    Value::Object(responses)
}

fn schema(fields: &[Field]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        let mut property = match field.kind {
            Kind::Text => json!({ "type": "string", "minLength": 1, "maxLength": 200 }),
            Kind::Integer => json!({ "type": "integer", "minimum": 0 }),
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Array => json!({ "type": "array", "items": { "type": "object" } }),
        };
        property["description"] = field.about.into();
        properties.insert(field.name.to_owned(), property);
    }
    let required: Vec<&str> = fields.iter().map(|field| field.name).collect();
    json!({ "type": "object", "required": required, "properties": properties })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "Problem details (RFC 9457)",
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "injected": { "type": "boolean", "description": "Whether a fault was injected" },
        },
    })
}
