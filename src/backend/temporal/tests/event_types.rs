//! What becomes of each of the 60 types.

use serde_json::{Value, json};

use super::table::{noted, table};
use super::{super::EventType, assert_fields, event, import, made_of, one, started};

/// The place of the event under test: what it can refer to comes before it.
const PLACE: u64 = 20;

/// A run in which something of each kind is open. The numbers of the events that opened it are in the names
/// of the constants.
fn before() -> Vec<Value> {
    let other = json!({"workflowId": "other", "runId": "r"});
    let update =
        json!({"meta": {"updateId": "u1"}, "input": {"name": "tune", "args": one(&json!(440))}});
    vec![
        started(),
        event(2, "WorkflowTaskScheduled", json!({})),
        event(3, "WorkflowTaskStarted", json!({"scheduledEventId": "2"})),
        event(
            4,
            "WorkflowTaskCompleted",
            json!({"scheduledEventId": "2", "startedEventId": "3"}),
        ),
        event(
            5,
            "ActivityTaskScheduled",
            json!({"activityType": {"name": "strike"}}),
        ),
        event(6, "TimerStarted", json!({"startToFireTimeout": "9s"})),
        event(
            7,
            "StartChildWorkflowExecutionInitiated",
            json!({"workflowId": "solo", "workflowType": {"name": "Solo"}}),
        ),
        event(
            8,
            "SignalExternalWorkflowExecutionInitiated",
            json!({"workflowExecution": other, "signalName": "go"}),
        ),
        event(
            9,
            "RequestCancelExternalWorkflowExecutionInitiated",
            json!({"workflowExecution": other}),
        ),
        event(
            10,
            "NexusOperationScheduled",
            json!({"service": "hall", "operation": "book"}),
        ),
        event(
            11,
            "WorkflowExecutionUpdateAccepted",
            json!({"acceptedRequest": update}),
        ),
    ]
}

fn became(name: &str, attributes: Value) -> Vec<Value> {
    let mut events = before();
    events.push(event(PLACE, name, attributes));
    made_of(&import(&events), PLACE)
}

#[test]
fn each_of_the_60_types_becomes_what_it_means() {
    let table = table();
    for ((name, attributes, expected), number) in table.iter().zip(1..) {
        assert_eq!(EventType::of_number(number).name(), *name, "{number}");
        assert_fields(&became(name, attributes.clone()), expected, name);
    }
    assert_eq!(table.len(), 60);
}

#[test]
fn what_an_event_refers_to_need_not_be_in_the_history() {
    for (name, mut attributes, _) in table() {
        for reference in [
            "scheduledEventId",
            "startedEventId",
            "initiatedEventId",
            "acceptedEventId",
        ] {
            if attributes.get(reference).is_some() {
                attributes[reference] = json!("999");
            }
        }
        let found = became(name, attributes.clone());
        if attributes.to_string().contains("999") {
            assert_fields(&found, &[noted(name, Value::Null)], name);
        }
    }
}

#[test]
fn a_reference_to_something_of_another_kind_is_noted() {
    for (name, reference, about) in [
        ("TimerFired", json!({"startedEventId": "5"}), 4),
        ("ActivityTaskCompleted", json!({"scheduledEventId": "6"}), 5),
        (
            "ChildWorkflowExecutionFailed",
            json!({"initiatedEventId": "8"}),
            7,
        ),
    ] {
        assert_fields(&became(name, reference), &[noted(name, json!(about))], name);
    }
}

#[test]
fn a_type_that_a_later_server_invents_is_noted_with_its_fields() {
    let found = became("BandTuned", json!({"pitch": 440, "scheduledEventId": "5"}));
    let expected = json!({
        "type": "Noted",
        "what": "BandTuned",
        "details": {"pitch": 440, "scheduledEventId": "5"},
        "about": 4,
    });
    assert_fields(&found, &[expected], "BandTuned");
}
