//! The JSON Schema agrees with the reader of scores, as far as a schema can.

use std::{path::Path, sync::LazyLock};

use fermata::{
    music::Patch,
    score::{Color, EventName, SCHEMA, parse, source::Node, starter},
};
use jsonschema::Validator;
use serde_json::{Value, json};

static SCORES: LazyLock<Validator> = LazyLock::new(|| {
    let schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    jsonschema::draft7::meta::validate(&schema).expect("the schema is valid");
    jsonschema::draft7::new(&schema).expect("the schema compiles")
});

/// The errors that the schema reports.
fn wrong(score: &Value) -> Vec<String> {
    let text =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    SCORES.iter_errors(score).map(text).collect()
}

fn json(text: &str) -> Value {
    Node::parse(text).expect("YAML").to_json()
}

#[test]
fn every_bundled_score_is_valid_by_the_schema() {
    let folders = ["scores", "scores/studies"];
    let mut texts: Vec<String> = folders
        .into_iter()
        .flat_map(|folder| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            std::fs::read_dir(folder).expect("the scores")
        })
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .filter(|path| !path.ends_with("setlist.yaml") && !path.ends_with("tour.yaml"))
        .map(|path| std::fs::read_to_string(path).expect("a score"))
        .collect();
    assert!(texts.len() >= 5);
    texts.push(include_str!("all-words.yaml").into());
    texts.push(include_str!("short.yaml").into());
    texts.push(starter("A new one").expect("a name").1);
    let small = fermata::score::import::import(include_bytes!("small.mid"), "small.mid");
    texts.push(small.expect("a score").score);
    texts.push(
        r#"{"Title": "x", "Bpm": 120, "Notes": [{"NoteName": "C4", "NoteLength": "1/4"}]}"#.into(),
    );
    for text in texts {
        assert_eq!(wrong(&json(&text)), [""; 0], "{text}");
    }
}

fn document(tasks: Value) -> Value {
    json!({
        "document": { "dsl": "1.0.0", "namespace": "test", "name": "test", "version": "1.0.0",
            "metadata": { "fermata": { "instruments": { "a": { "patch": "bell" } } } } },
        "do": tasks,
    })
}

/// The keywords of the standard that Fermata supports, and its own.
#[test]
fn every_keyword_is_in_the_schema() {
    for task in [
        json!({ "call": "http", "with": { "method": "get", "endpoint": "https://example.org/{id}", "output": "response",
            "headers": { "accept": "text/plain" }, "query": { "q": 1 }, "redirect": true } }),
        json!({ "call": "http", "with": { "method": "post", "body": { "a": 1 }, "endpoint":
            { "uri": "https://example.org", "authentication": { "basic": { "username": "me", "password": "${ .p }" } } } } }),
        json!({ "call": "openapi", "with": { "document": { "endpoint": "https://example.org/api.json" },
            "operationId": "find", "parameters": { "id": 3 }, "authentication": { "use": "mine" } } }),
        json!({ "call": "http", "with": { "method": "get", "endpoint": { "uri": "https://example.org", "authentication":
            { "digest": { "use": "user" }, "origins": ["https://example.org"] } } } }),
        json!({ "call": "http", "with": { "method": "get", "headers": { "X-Key": "${ $secrets.key }" }, "endpoint":
            { "uri": "https://example.org", "authentication": { "oauth2": { "authority": "https://example.org",
            "endpoints": { "token": "/t" }, "grant": "password", "client": { "id": "a", "secret": "${ $secrets.key }",
            "authentication": "client_secret_basic" }, "request": { "encoding": "application/json" }, "issuers": ["a"],
            "scopes": ["a"], "audiences": ["a"], "username": "a", "password": "b" } } } } }),
        json!({ "call": "http", "with": { "method": "get", "endpoint": { "uri": "https://example.org", "authentication":
            { "oidc": { "authority": "https://example.org", "grant": "client_credentials",
            "client": { "authentication": "none" } } } } } }),
        json!({ "call": "own", "with": { "x": 1 } }),
        json!({ "call": "play", "with": { "instrument": "${ .who }", "pattern": "c4'maj", "arp": "up&down", "fast": 1.5, "slow": "<1 2>",
            "rev": "${ .x }", "ply": 2, "off": { "by": "1/8", "transpose": 12 }, "every": [{ "cycles": 4, "rev": true },
            { "cycles": 3, "off": [{ "by": 0.25, "velocity": 50 }], "degrade": 0.2 }], "degrade": true } }),
        json!({ "call": "tempo", "with": { "bpm": 93.5 } }),
        json!({ "call": "control", "with": { "instrument": "a", "cc": 7, "value": 100 } }),
        json!({ "call": "control", "with": { "instrument": "a", "bend": -0.5 } }),
        json!({ "emit": { "event": { "with": { "source": "https://example.org", "type": "done", "data": { "x": "${ .x }" } } } } }),
        json!({ "listen": { "to": { "any": [{ "with": { "type": "a" } }, { "with": { "type": "b" } }], "until": "${ .x }" }, "read": "envelope" },
            "foreach": { "item": "e", "at": "n", "do": [{ "x": { "set": {} } }] } }),
        json!({ "listen": { "to": { "all": [{ "with": { "type": "a" }, "correlate": { "order": { "from": ".id", "expect": "7" } } }] } } }),
        json!({ "run": { "workflow": { "namespace": "test", "name": "other", "version": "1.0.0", "input": { "a": 1 } }, "await": false } }),
        json!({ "set": "${ . }", "if": true, "then": "later" }),
        json!({ "set": {}, "input": { "schema": { "format": "json", "document": { "type": "object" } } } }),
    ] {
        let score = document(json!([{ "one": task }]));
        assert_eq!(wrong(&score), [""; 0], "{task}");
    }
    let mut whole = document(json!([{ "one": { "wait": { "seconds": 1 } } }]));
    whole["schedule"] = json!({ "cron": "0 8 * * *" });
    whole["use"] = json!({ "functions": { "own": { "set": { "a": 1 } } }, "authentications": { "mine": { "bearer": { "token": "x" } } },
        "catalogs": { "global": { "endpoint": { "uri": "https://example.org" } } } });
    assert_eq!(wrong(&whole), [""; 0]);
}

#[test]
fn errors_of_the_schema_are_errors_of_the_reader() {
    let mut scores: Vec<Value> = [
        json!([]),
        json!([{ "one": {} }]),
        json!([{ "one": { "set": {}, "wait": "PT1S" } }]),
        json!([{ "one": { "set": {}, "do": [{ "x": { "set": {} } }] } }]),
        json!([{ "one": { "set": {} }, "two": { "set": {} } }]),
        json!([{ "one": { "sett": {} } }]),
        json!([{ "one": { "set": {}, "with": {} } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a" } } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a", "pattern": "c4", "notes": [] } } }]),
        json!([{ "one": { "call": "play", "with": { "instrumnet": "a", "pattern": "c4" } } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a", "pattern": "c4", "bars": -1 } } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a", "notes": [{ "at": "1/0x", "note": "c4" }] } } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a", "notes": [{ "at": 1 }] } } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a", "pattern": "c4", "velocity": 0.8 } } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a", "pattern": "c4", "fast": 0 } } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a", "pattern": "c4", "arp": "upward" } } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a", "pattern": "c4", "degrade": 50 } } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a", "pattern": "c4", "off": { "transpose": 12 } } } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a", "pattern": "c4", "every": { "cycles": 4 } } } }]),
        json!([{ "one": { "call": "play", "with": { "instrument": "a", "pattern": "c4", "every": { "cycles": 4, "reverse": true } } } }]),
        json!([{ "one": { "call": "play" } }]),
        json!([{ "one": { "call": "rest", "with": { "beats": 1, "bars": 1 } } }]),
        json!([{ "one": { "call": "rest", "with": { "beats": [1] } } }]),
        json!([{ "one": { "call": "grpc", "with": {} } }]),
        json!([{ "one": { "run": { "shell": { "command": "ls" } } } }]),
        json!([{ "one": { "for": { "in": "." } } }]),
        json!([{ "one": { "for": { "each": "x" }, "do": [{ "x": { "set": {} } }] } }]),
        json!([{ "one": { "do": [{ "x": { "set": {} } }], "while": "." } }]),
        json!([{ "one": { "fork": { "branches": [] } } }]),
        json!([{ "one": { "fork": { "branches": [{ "x": { "set": {} } }], "compete": "yes" } } }]),
        json!([{ "one": { "switch": [{ "x": { "when": "." } }] } }]),
        json!([{ "one": { "wait": { "weeks": 1 } } }]),
        json!([{ "one": { "wait": "1S" } }]),
        json!([{ "one": { "wait": 3 } }]),
        json!([{ "one": { "try": [{ "x": { "set": {} } }] } }]),
        json!([{ "one": { "try": [{ "x": { "set": {} } }], "catch": { "retry": { "backoff": { "fast": {} } } } } }]),
        json!([{ "one": { "raise": { "error": { "type": "x" } } } }]),
        json!([{ "one": { "listen": { "to": {} } } }]),
        json!([{ "one": { "listen": { "to": { "one": {} } } } }]),
        json!([{ "one": { "set": 3 } }]),
        json!([{ "one": { "set": {}, "timeout": { "before": "PT1S" } } }]),
    ]
    .map(document)
    .to_vec();
    for (pointer, value) in [
        ("/document/dsl", json!("2.0.0")),
        ("/document/name", json!("No Name")),
        ("/document/version", json!(1)),
        ("/document/metadata/fermata", json!({ "temp": 3 })),
        ("/document/metadata/fermata", json!({ "tempo": 0.5 })),
        ("/document/metadata/fermata", json!({ "meter": "4/5" })),
        ("/document/metadata/fermata/instruments/a", json!({})),
        (
            "/document/metadata/fermata/instruments/a",
            json!({ "patch": "no tuba" }),
        ),
        (
            "/document/metadata/fermata/instruments/a",
            json!({ "patch": "bell", "pan": 2 }),
        ),
        (
            "/document/metadata/fermata/instruments/a",
            json!({ "patch": "bell", "reverb": "much" }),
        ),
        (
            "/document/metadata/fermata/instruments/a",
            json!({ "patch": "bell", "kit": "studio" }),
        ),
        (
            "/document/metadata/fermata/instruments/a",
            json!({ "program": 128 }),
        ),
        (
            "/document/metadata/fermata/instruments/a",
            json!({ "patch": "bell", "channel": 17 }),
        ),
        (
            "/document/metadata/fermata/instruments/a",
            json!({ "patch": "bell", "color": "#12345" }),
        ),
        (
            "/document/metadata/fermata/instruments/a",
            json!({ "patch": "bell", "fault": {} }),
        ),
        ("/do", json!({})),
    ] {
        let mut score = document(json!([{ "one": { "set": {} } }]));
        *score.pointer_mut(pointer).expect("it is there") = value;
        scores.push(score);
    }
    for score in scores {
        assert_ne!(wrong(&score), [""; 0], "the schema takes {score}");
        let read = parse(&score.to_string(), "x");
        assert!(read.is_err(), "the reader takes {score}");
    }
}

#[test]
fn lists_in_the_schema_are_complete() {
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let instrument = &schema["definitions"]["instrument"]["properties"];
    let patches: Vec<&str> = Patch::ALL.iter().map(|patch| patch.name()).collect();
    assert_eq!(instrument["patch"]["anyOf"][0]["enum"], json!(patches));
    let kits = fermata::music::Kit::ALL.map(fermata::music::Kit::name);
    assert_eq!(instrument["kit"]["enum"], json!(kits));
    let colors = Color::PALETTE.map(|(name, _)| name);
    assert_eq!(instrument["color"]["anyOf"][0]["enum"], json!(colors));
    let orders = fermata::score::pattern::Arp::ALL.map(|(word, _)| word);
    assert_eq!(schema["definitions"]["arpeggio"]["enum"], json!(orders));
    let events: Vec<&str> = EventName::ALL.iter().map(|event| event.name()).collect();
    let listed = &schema["definitions"]["sound"]["properties"]["on"]["enum"];
    assert_eq!(listed, &json!(events));
}

#[test]
fn every_keyword_has_a_description() {
    fn look(schema: &Value, path: &str, without: &mut Vec<String>) {
        let Some(map) = schema.as_object() else {
            return;
        };
        if let Some(properties) = map.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let path = format!("{path}/{name}");
                let described = ["description", "$ref", "allOf", "const"]
                    .iter()
                    .any(|word| property.get(word).is_some());
                if !described && !path.contains("/if/") && !path.contains("/then/") {
                    without.push(path.clone());
                }
            }
        }
        for (key, value) in map {
            match value {
                Value::Array(items) => items
                    .iter()
                    .for_each(|item| look(item, &format!("{path}/{key}"), without)),
                _ => look(value, &format!("{path}/{key}"), without),
            }
        }
    }
    let schema: Value = serde_json::from_str(SCHEMA).expect("JSON");
    let mut without = Vec::new();
    look(&schema, "", &mut without);
    assert_eq!(without, [""; 0]);
}
