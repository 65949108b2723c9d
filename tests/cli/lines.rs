//! Output for other programs.

use serde_json::{Value, json};

use crate::harness::{Room, json_lines, score};

const PIECE: &str = r#"  - bars: { call: play, with: { instrument: drums, pattern: "bd", repeat: 2 } }
"#;

/// A text such as `2000-01-01T00:00:00.1Z`.
fn is_rfc3339(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes
            .get(range)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    signs.iter().all(|(at, sign)| bytes.get(*at) == Some(sign))
        && [0..4, 5..7, 8..10, 11..13, 14..16, 17..19]
            .into_iter()
            .all(digits)
        && (text.ends_with('Z') || text.ends_with("+00:00"))
}

fn members(value: &Value) -> Vec<&str> {
    let mut members: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    members.sort_unstable();
    members
}

#[test]
fn each_instance_is_one_line_in_the_order_of_the_command() {
    let room = Room::new();
    room.write(
        "good.yaml",
        &score("good", 400, "  - one: { set: { sum: \"${ .a + 1 }\" } }\n"),
    );
    let raise = r#"  - one: { raise: { error: { type: "https://example.org/no", status: 409, title: No, detail: "not now" } } }
"#;
    room.write("bad.yaml", &score("bad", 400, raise));
    let outcome = room
        .run("play bad.yaml good.yaml --clock virtual --store s.redb --input {\"a\":41} -o json");
    assert_eq!(outcome.code, Some(1), "one of them failed");
    assert_eq!(outcome.err, "");
    let lines = json_lines(&outcome.out);
    assert_eq!(
        lines[1],
        json!({ "id": "good-2", "workflow": "good", "status": "Completed", "output": { "sum": 42 }, "failure": null })
    );
    let failed = &lines[0];
    assert_eq!(failed["id"], "bad-1");
    assert_eq!(failed["status"], "Failed");
    assert_eq!(failed["output"], Value::Null);
    assert_eq!(failed["failure"]["errorType"], "https://example.org/no");
    assert_eq!(failed["failure"]["message"], "No: not now");
    assert_eq!(
        failed["failure"]["details"],
        json!({ "type": "https://example.org/no", "status": 409, "title": "No", "detail": "not now", "instance": "/do/0/one" })
    );
    assert_eq!(lines.len(), 2);

    let text = room.run("play good.yaml --clock virtual --store t.redb --input {\"a\":1}");
    assert_eq!(text.out, "good-1: Completed after 0.0 s\n");

    let list: Vec<Value> =
        serde_json::from_str(&room.succeed("list --store s.redb -o json")).unwrap();
    assert_eq!(list.len(), 2);
    assert_eq!(
        members(&list[0]),
        [
            "closedAt",
            "customStatus",
            "failure",
            "foldedAttempts",
            "fork",
            "id",
            "inFlight",
            "output",
            "parent",
            "run",
            "startedAt",
            "status",
            "tags",
            "version",
            "workflow"
        ]
    );
    assert!(
        is_rfc3339(&list[0]["startedAt"]) && is_rfc3339(&list[0]["closedAt"]),
        "{list:#?}"
    );
    assert_eq!(
        (&list[0]["id"], &list[0]["status"]),
        (&json!("bad-1"), &json!("Failed"))
    );
    assert_eq!(list[1]["output"], json!({ "sum": 42 }));
}

#[test]
fn a_history_is_printed_with_the_usual_event_names() {
    let room = Room::new();
    room.write("good.yaml", &score("good", 400, PIECE));
    let outcome = room.run("play good.yaml --clock virtual --store s.redb");
    assert_eq!(
        outcome.code,
        Some(1),
        "the drummer misses a note, and nobody catches it"
    );
    let history = room.history("s.redb", "good-1");
    let types: Vec<&str> = history
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "ExecutionStarted",
            "TaskScheduled",
            "TaskStarted",
            "TaskCompleted",
            "TaskScheduled",
            "TaskStarted",
            "TaskCompleted",
            "TaskScheduled",
            "TaskStarted",
            "TaskFailed",
            "ExecutionFailed",
        ]
    );
    for (index, event) in history.iter().enumerate() {
        assert_eq!(event["eventId"], index);
        assert!(is_rfc3339(&event["timestamp"]), "{event}");
    }
    assert_eq!(
        members(&history[0]),
        [
            "customStatus",
            "deadline",
            "eventId",
            "fork",
            "input",
            "limits",
            "name",
            "parent",
            "run",
            "seed",
            "startAt",
            "tags",
            "timestamp",
            "type",
            "version"
        ]
    );
    assert_eq!(history[0]["name"], "good");
    let scheduled = &history[4];
    assert_eq!(
        members(scheduled),
        [
            "eventId",
            "input",
            "name",
            "retry",
            "timeouts",
            "timestamp",
            "type"
        ]
    );
    assert_eq!(scheduled["name"], "play");
    assert_eq!(scheduled["input"]["instrument"], "drums");
    assert_eq!(history[5]["scheduled"], 4);
    assert_eq!(history[5]["attempt"], 1);
    assert_eq!(history[6]["scheduled"], 4);
    assert_eq!(members(&history[6]["result"]), ["at", "onset", "until"]);
    let failed = &history[9];
    assert_eq!(
        members(failed),
        [
            "attempt",
            "eventId",
            "failure",
            "heartbeat",
            "retryAt",
            "scheduled",
            "timestamp",
            "type"
        ]
    );
    assert_eq!(
        members(&failed["failure"]),
        [
            "details",
            "errorType",
            "injected",
            "message",
            "nonRetryable"
        ]
    );
    assert_eq!(failed["retryAt"], Value::Null);

    let table = room.succeed("history good-1 --store s.redb");
    assert_eq!(table.lines().count(), 1 + history.len());
    assert!(
        table.lines().all(|line| line.chars().count() < 240),
        "{table}"
    );
}
