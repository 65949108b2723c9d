//! The forms that exports have: of different commands, pages and times.

use serde_json::{Value, json};

use super::{
    super::{super::proto_json, EventType},
    assert_fields, data, event, import, import_file, made_of, one, read, started,
};
use crate::backend::{Imported, Private};

/// A short run.
fn strike() -> Vec<Value> {
    let retry = json!({"initialInterval": "0.5s", "backoffCoefficient": 2, "maximumAttempts": 3});
    let scheduled = json!({
        "activityType": {"name": "strike"},
        "input": one(&json!({"drum_size": 1})),
        "retryPolicy": retry,
        "startToCloseTimeout": "20s",
    });
    let completed = json!({"scheduledEventId": "2", "result": one(&json!("hit"))});
    vec![
        started(),
        event(2, "ActivityTaskScheduled", scheduled),
        event(
            3,
            "ActivityTaskStarted",
            json!({"scheduledEventId": "2", "attempt": 1}),
        ),
        event(4, "ActivityTaskCompleted", completed),
    ]
}

fn events_of(imported: &Imported) -> Vec<Value> {
    let events = imported.history.events.iter();
    events.map(crate::engine::Event::to_json).collect()
}

fn snake_case(value: &Value) -> Value {
    let renamed = |name: &String| {
        let letters = name.chars().map(|c| match c.is_uppercase() {
            true => format!("_{}", c.to_lowercase()),
            false => c.to_string(),
        });
        letters.collect::<String>()
    };
    match value {
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| (renamed(name), snake_case(value)));
            fields.collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(list) => list.iter().map(snake_case).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_type_is_written_in_capitals_or_in_camel_case_or_as_a_number() {
    let expected = events_of(&import(&strike()));
    assert_eq!(expected.len(), 4);
    let spellings: [fn(&str) -> Value; 2] = [
        |name| {
            let mut capitals = String::from("EVENT_TYPE");
            for letter in name.chars() {
                if letter.is_uppercase() {
                    capitals.push('_');
                }
                capitals.push(letter.to_ascii_uppercase());
            }
            json!(capitals)
        },
        |name| {
            let mut numbers = 1..=60;
            json!(numbers.find(|number| EventType::of_number(*number).name() == name))
        },
    ];
    for spelling in spellings {
        let mut events = strike();
        for event in &mut events {
            event["eventType"] = spelling(event["eventType"].as_str().unwrap());
        }
        assert_eq!(events_of(&import(&events)), expected);
    }
}

#[test]
fn fields_may_be_named_as_in_the_protocol_at_every_depth_but_not_in_data() {
    let expected = events_of(&import(&strike()));
    assert_eq!(expected[1]["input"], json!({"drum_size": 1}));
    assert_eq!(expected[1]["retry"]["maxAttempts"], json!(3));
    assert_eq!(
        events_of(&import_file(&snake_case(&json!({"events": strike()})))),
        expected
    );
}

#[test]
fn the_events_are_a_list_or_within_events_or_history() {
    let expected = events_of(&import(&strike()));
    for content in [
        json!(strike()),
        json!({"history": {"events": strike()}}),
        json!({"nextPageToken": "", "history": {"events": strike()}, "archived": false}),
    ] {
        assert_eq!(events_of(&import_file(&content)), expected);
    }
}

#[test]
fn the_last_event_may_stand_first() {
    let expected = events_of(&import(&strike()));
    let mut events = strike();
    events.reverse();
    assert_eq!(events_of(&import(&events)), expected);
}

#[test]
fn each_event_may_stand_on_a_line() {
    let expected = events_of(&import(&strike()));
    let lines: Vec<_> = strike().iter().map(Value::to_string).collect();
    let file = crate::backend::HistoryFile {
        bytes: (lines.join("\n") + "\n\n").as_bytes(),
        name: "a file",
        private: Private::Hidden,
    }
    .read();
    assert_eq!(events_of(&file.unwrap()), expected);
}

#[test]
fn a_field_that_is_null_counts_as_missing() {
    let mut events = strike();
    for event in &mut events {
        let name = event["eventType"].as_str().unwrap();
        let field = name[..1].to_lowercase() + &name[1..] + "EventAttributes";
        for name in [
            "memo",
            "header",
            "parentWorkflowExecution",
            "lastFailure",
            "failure",
            "details",
        ] {
            event[&field][name] = Value::Null;
        }
        event["userMetadata"] = Value::Null;
    }
    assert_eq!(events_of(&import(&events)), events_of(&import(&strike())));
}

#[test]
fn the_web_page_writes_data_decoded_with_or_without_its_encoding() {
    let expected = events_of(&import(&strike()));
    let decoded: [fn(Value) -> Value; 2] = [
        |data| data,
        |data| json!({"metadata": {"encoding": "json/plain"}, "data": data}),
    ];
    for decoded in decoded {
        let mut events = strike();
        events[1]["activityTaskScheduledEventAttributes"]["input"]["payloads"][0] =
            decoded(json!({"drum_size": 1}));
        events[3]["activityTaskCompletedEventAttributes"]["result"]["payloads"][0] =
            decoded(json!("hit"));
        assert_eq!(events_of(&import(&events)), expected);
    }
}

#[test]
fn a_workflow_without_an_id_is_named_after_its_file() {
    let mut events = strike();
    events[0]["workflowExecutionStartedEventAttributes"]["workflowId"] = json!("");
    assert_eq!(import(&events).history.instance.as_str(), "a file");
    assert_eq!(import(&strike()).history.instance.as_str(), "order-7");
}

#[test]
fn markers_of_the_sdks_are_local_activities_and_versions() {
    let in_core = json!({"attempt": 2, "activity_type": "strike", "activity_id": "3"});
    let in_go = json!({"ActivityID": "3", "ActivityType": "strike", "Attempt": 2});
    let failed = json!({"message": "no", "applicationFailureInfo": {"type": "Broken"}});
    for (name, details) in [
        (
            "core_local_activity",
            json!({"data": one(&in_core), "result": one(&json!("hit"))}),
        ),
        (
            "LocalActivity",
            json!({"data": one(&in_go), "result": one(&json!("hit"))}),
        ),
        (
            "LocalActivity",
            json!({
                "type": one(&json!("strike")),
                "meta": one(&json!({"firstSkd": 1, "atpt": 2})),
                "result": one(&json!("hit")),
            }),
        ),
    ] {
        let mut attributes = json!({"markerName": name, "details": details});
        let marker = |attributes: &Value| {
            let marker = event(2, "MarkerRecorded", attributes.clone());
            made_of(&import(&[started(), marker]), 2)
        };
        let begins = [
            json!({"type": "TaskScheduled", "name": "strike"}),
            json!({"type": "TaskStarted", "scheduled": 1, "attempt": 2}),
        ];
        let completed = json!({"type": "TaskCompleted", "scheduled": 1, "result": "hit"});
        assert_fields(
            &marker(&attributes),
            &[&begins[..], &[completed]].concat(),
            name,
        );
        attributes["failure"] = failed.clone();
        let ends = json!({"type": "TaskFailed", "scheduled": 1, "attempt": 2});
        assert_fields(&marker(&attributes), &[&begins[..], &[ends]].concat(), name);
    }
    for (name, details, version) in [
        (
            "core_patch",
            json!({"patch-data": one(&json!({"id": "louder", "deprecated": false}))}),
            1,
        ),
        (
            "Version",
            json!({"change-id": one(&json!("louder")), "version": one(&json!(3))}),
            3,
        ),
        (
            "Version",
            json!({"changeId": one(&json!("louder")), "version": one(&json!(-1))}),
            0,
        ),
    ] {
        let attributes = json!({"markerName": name, "details": details});
        let found = made_of(
            &import(&[started(), event(2, "MarkerRecorded", attributes)]),
            2,
        );
        let expected = json!({"type": "VersionMarked", "change": "louder", "version": version});
        assert_fields(&found, &[expected], name);
    }
    let attributes = json!({"markerName": "LocalActivity", "details": {"data": one(&json!(7))}});
    let found = made_of(
        &import(&[started(), event(2, "MarkerRecorded", attributes)]),
        2,
    );
    assert_fields(
        &found,
        &[json!({"type": "Noted"})],
        "a marker that nobody understands",
    );
}

#[test]
fn users_hosts_and_stack_traces_are_shown_only_on_request() {
    let failure = json!({"message": "no", "stackTrace": "at the_drum", "cause": {"stackTrace": "at the_stick"}});
    let queue =
        json!({"name": "1@hall-secret", "kind": "TASK_QUEUE_KIND_STICKY", "normalName": "stage"});
    let events = json!([
        started(),
        event(2, "WorkflowTaskScheduled", json!({"taskQueue": queue})),
        event(
            3,
            "WorkflowTaskStarted",
            json!({"scheduledEventId": "2", "identity": "9@anna"})
        ),
        event(4, "WorkflowExecutionFailed", json!({"failure": failure})),
    ]);
    let text = |private| {
        let imported = read(&events, private).unwrap();
        let origins: Vec<_> = imported
            .origins
            .iter()
            .map(|origin| &origin.fields)
            .collect();
        format!("{:?} {origins:?}", events_of(&imported))
    };
    let (hidden, shown) = (text(Private::Hidden), text(Private::Shown));
    for private in ["hall-secret", "9@anna", "the_drum", "the_stick"] {
        assert!(!hidden.contains(private), "{private}");
        assert!(shown.contains(private), "{private}");
    }
    assert!(hidden.contains("stage"));
}

#[test]
fn what_cannot_be_read_is_named_with_its_place_and_field() {
    for (content, expected) in [
        (json!([]), "this is not an exported history"),
        (json!({"events": 7}), "this is not an exported history"),
        (json!({"events": [7]}), "this is not an exported history"),
        (
            json!([event(1, "TimerFired", json!({}))]),
            "does not begin with WorkflowExecutionStarted: export it from its first event on",
        ),
        (
            json!([started(), 7]),
            "event 2 of this Temporal history cannot be read: expected an object",
        ),
        (
            json!([started(), {"eventId": "x", "eventType": "TimerFired"}]),
            "event 2 of this Temporal history cannot be read: eventId: ",
        ),
        (
            json!([started(), {"eventId": 0, "eventType": "TimerFired"}]),
            "event 2 of this Temporal history cannot be read: eventId: 0 is less than 1",
        ),
        (
            json!([
                started(),
                event(2, "TimerStarted", json!({"startToFireTimeout": 5}))
            ]),
            "event 2 of this Temporal history cannot be read: TimerStarted: startToFireTimeout: ",
        ),
        (
            json!([
                started(),
                event(
                    2,
                    "WorkflowExecutionSignaled",
                    json!({"input": {"payloads": [
                        {"metadata": {"encoding": "?"}, "data": data(&json!(1))["data"]},
                    ]}})
                )
            ]),
            "WorkflowExecutionSignaled: input.payloads[0]: metadata.encoding: ",
        ),
    ] {
        let error = read(&content, Private::Hidden).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
    proto_json::read::<proto_json::Seconds>(&json!(5)).unwrap_err();
}
