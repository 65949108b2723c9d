//! Errors in calls that `fermata check` finds without making them.

use super::*;
use crate::harness::Room;

pub fn errors_of(task: Value, root: Value) -> String {
    let mut score = json!({
        "document": { "dsl": "1.0.3", "namespace": "t", "name": "wrong", "version": "1.0.0" },
        "do": [{ "ask": task }],
    });
    score
        .as_object_mut()
        .unwrap()
        .extend(root.as_object().unwrap().clone());
    let room = Room::new();
    room.write("wrong.json", &score.to_string());
    let outcome = room.run("check wrong.json");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    outcome.err
}

#[track_caller]
fn wrong(with: Value, says: &str) {
    let errors = errors_of(json!({ "call": "http", "with": with }), json!({}));
    assert!(errors.contains(says), "{errors}");
}

#[test]
fn arguments_are_checked() {
    let fine = "http://localhost/";
    wrong(
        json!({ "method": "get", "endpiont": fine }),
        "did you mean `endpoint`?",
    );
    wrong(
        json!({ "endpoint": fine }),
        "missing key `method` in `call: http`",
    );
    wrong(
        json!({ "method": "gte", "endpoint": fine }),
        "did you mean `GET`?",
    );
    wrong(
        json!({ "method": "get", "endpoint": fine, "output": "body" }),
        "`content`, `response` or `raw`",
    );
    wrong(
        json!({ "method": "get", "endpoint": fine, "redirect": 1 }),
        "a boolean",
    );
    wrong(
        json!({ "method": "get", "endpoint": fine, "headers": { "a b": 1 } }),
        "not a valid header name",
    );
    wrong(
        json!({ "method": "get", "endpoint": fine, "headers": { "Content-Length": 1 } }),
        "remove it",
    );
    wrong(
        json!({ "method": "get", "endpoint": fine, "query": { "a": { "b": 1 } } }),
        "a string, a number or a list",
    );
    let openapi = json!({ "call": "openapi", "with": { "document": { "endpoint": fine }, "operationID": "x" } });
    let errors = errors_of(openapi, json!({}));
    assert!(errors.contains("did you mean `operationId`?"), "{errors}");
}

#[test]
fn addresses_are_checked() {
    for (address, says) in [
        ("localhost/x", "http:// or https://"),
        ("ftp://localhost/x", "http:// or https://"),
        ("file:///etc/passwd", "http:// or https://"),
        ("http://", "invalid address"),
        ("http://me:hush@localhost/", "use `authentication`"),
        ("http://localhost/a b", "%20"),
        ("http://localhost/{+path}", "only `{name}`"),
        ("http://localhost/{}", "name of a value"),
        ("http://localhost/{open", "unclosed"),
        ("http://localhost/${ .x }", "must be the whole address"),
        ("http://localhost:port/", "invalid address"),
    ] {
        wrong(
            json!({ "method": "get", "endpoint": { "uri": address } }),
            says,
        );
    }
}

#[test]
fn authentication_is_checked() {
    let ask = |authentication: Value| {
        let endpoint = json!({ "uri": "http://localhost/", "authentication": authentication });
        let policies = json!({ "mine": { "bearer": { "token": "t" } } });
        errors_of(
            json!({ "call": "http", "with": { "method": "get", "endpoint": endpoint } }),
            json!({ "use": { "authentications": policies } }),
        )
    };
    for (authentication, says) in [
        (json!({ "use": "mime" }), "did you mean `mine`?"),
        (json!({ "basik": {} }), "did you mean `basic`?"),
        (
            json!({ "basic": { "username": "u" } }),
            "missing key `password` in `basic`",
        ),
        (
            json!({ "basic": { "use": "secret" } }),
            "no secret named `secret` in the list `use.secrets`",
        ),
        (
            json!({ "certificate": {} }),
            "use `basic`, `digest`, `bearer`",
        ),
        (json!({ "bearer": { "token": [] } }), "expected a string"),
    ] {
        let errors = ask(authentication);
        assert!(errors.contains(says), "{errors}");
    }
}
