//! The forms of exports, and what cannot be read.

use serde_json::{Value, json};

use super::{assert_fields, event, read, started, turn};
use crate::backend::{HistoryFile, Private, SourceEngine};

/// A run in Durable Task's own form of export.
fn exported() -> Vec<Value> {
    let at = |second: u32| format!("2026-01-31T12:00:{second:02}+00:00");
    let failure = json!({
        "message": "no tickets left",
        "error_type": "SoldOut",
        "stack_trace": "at the_printer",
        "inner_failure": null,
        "properties": {"row_number": 7},
    });
    vec![
        json!({"event_id": -1, "event_type": "OrchestratorStartedEvent", "timestamp": at(1)}),
        json!({
            "event_id": -1,
            "event_type": "ExecutionStartedEvent",
            "name": "order",
            "input": "\"harp\"",
            "orchestration_instance": {"instance_id": "order-9", "execution_id": null},
            "tags": {"city_name": "Wien"},
            "timestamp": at(1),
        }),
        json!({"event_id": 1, "event_type": "TaskScheduledEvent", "name": "print", "timestamp": at(1)}),
        json!({
            "event_id": -1,
            "event_type": "TaskFailedEvent",
            "task_scheduled_id": 1,
            "failure_details": failure,
            "timestamp": at(2),
        }),
        json!({
            "event_id": 2,
            "event_type": "ExecutionCompletedEvent",
            "orchestration_status": 3,
            "failure_details": failure,
            "timestamp": at(3),
        }),
    ]
}

#[test]
fn the_own_export_of_durable_task_is_json_or_json_lines() {
    let document = json!({"schema_version": "1.0", "instance_id": "order-9", "events": exported()});
    let lines = [json!({"instance_id": "order-9", "kind": "metadata", "schema_version": "1.0"})];
    let lines = lines
        .iter()
        .chain(&exported())
        .map(Value::to_string)
        .collect::<Vec<_>>();
    for content in [document.to_string(), lines.join("\n")] {
        assert!(HistoryFile::is_one(content.as_bytes()), "{content}");
        let imported = read(&content, Private::Hidden).unwrap();
        assert_eq!(imported.engine, SourceEngine::DurableTask);
        assert_eq!(imported.history.instance.as_str(), "order-9");
        assert_eq!(imported.recorded(), 5);
        let events: Vec<_> = imported
            .history
            .events
            .iter()
            .map(crate::engine::Event::to_json)
            .collect();
        let expected = [
            json!({"type": "ExecutionStarted", "input": "harp", "tags": {"city_name": "Wien"}}),
            json!({"type": "Noted", "what": "OrchestratorStarted"}),
            json!({"type": "TaskScheduled", "name": "print"}),
            json!({"type": "TaskStarted", "scheduled": 2}),
            json!({"type": "TaskFailed", "scheduled": 2}),
            json!({"type": "ExecutionFailed", "timestamp": "2026-01-31T12:00:03.000000000Z"}),
        ];
        assert_fields(&events, &expected, &content);
        assert_eq!(events[5]["failure"]["message"], "no tickets left");
        assert!(!format!("{imported:?}").contains("the_printer"));
        let shown = read(&content, Private::Shown).unwrap();
        assert!(format!("{shown:?}").contains("the_printer"));
    }
    let compressed = HistoryFile {
        bytes: &[0x1f, 0x8b, 8, 0],
        name: "a file",
        private: Private::Hidden,
    };
    let error = compressed.read().unwrap_err().to_string();
    assert!(error.contains("gunzip"), "{error}");
}

#[test]
fn what_cannot_be_read_is_named_with_its_place_and_field() {
    for (events, expected) in [
        (json!([turn(1)]), "does not begin with executionStarted"),
        (
            json!([turn(1), started(), 7]),
            "event 3 of this Durable Task history cannot be read: expected an object",
        ),
        (
            json!([turn(1), {"eventId": 1, "timestamp": "2026-01-31T12:00:01Z"}]),
            "event 2 of this Durable Task history cannot be read: it has no type",
        ),
        (
            json!([
                turn(1),
                started(),
                event(1, "taskScheduled", json!({"name": 7}))
            ]),
            "event 3 of this Durable Task history cannot be read: taskScheduled: name: ",
        ),
        (
            json!([
                turn(1),
                started(),
                event(1, "timerCreated", json!({"fireAt": "soon"}))
            ]),
            "timerCreated: fireAt: ",
        ),
        (
            json!([turn(1), {"eventId": 1, "timestamp": "now", "taskScheduled": {}}]),
            "event 2 of this Durable Task history cannot be read: timestamp: ",
        ),
    ] {
        let error = read(&events.to_string(), Private::Hidden).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
