//! Every type of the events of Durable Task and Dapr.

mod exports;

use serde_json::{Value, json};

use crate::backend::{HistoryFile, Imported, Private, SourceEngine};

fn event(id: i64, name: &str, attributes: Value) -> Value {
    json!({"eventId": id, "timestamp": "1970-01-01T00:00:00Z", name: attributes})
}

/// The turn that begins at a second.
fn turn(second: u32) -> Value {
    let timestamp = format!("2026-01-31T12:00:{second:02}Z");
    json!({"eventId": -1, "timestamp": timestamp, "orchestratorStarted": {}})
}

fn started() -> Value {
    let instance = json!({"instanceId": "order-9"});
    event(
        -1,
        "executionStarted",
        json!({"name": "order", "orchestrationInstance": instance}),
    )
}

fn read(content: &str, private: Private) -> Result<Imported, String> {
    let (bytes, name) = (content.as_bytes(), "a file");
    let file = HistoryFile {
        bytes,
        name,
        private,
    };
    file.read().map_err(|error| error.to_string())
}

fn import(events: &[Value]) -> Imported {
    read(&json!({ "events": events }).to_string(), Private::Hidden).unwrap()
}

/// What the events became, as JSON.
fn became(events: &[Value]) -> Vec<Value> {
    let imported = import(&[&[turn(1), started()], events].concat());
    let events = imported.history.events.iter().zip(&imported.origins);
    let events = events.filter(|(_, origin)| origin.number > 2);
    events.map(|(event, _)| event.to_json()).collect()
}

#[track_caller]
fn assert_fields(found: &[Value], expected: &[Value], about: &str) {
    assert_eq!(found.len(), expected.len(), "{about}: {found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&found[name], value, "{about}, {name}: {found:#}");
        }
    }
}

fn failure() -> Value {
    json!({"errorType": "SoldOut", "errorMessage": "no tickets left", "isNonRetriable": true})
}

fn sold_out() -> Value {
    json!({"errorType": "SoldOut", "message": "no tickets left", "details": null, "nonRetryable": true})
}

/// Type, fields, and what becomes of an event alone.
fn table() -> Vec<(&'static str, Value, Value)> {
    vec![
        (
            "executionCompleted",
            json!({"orchestrationStatus": "ORCHESTRATION_STATUS_COMPLETED", "result": "[1,2]"}),
            json!({"type": "ExecutionCompleted", "output": [1, 2]}),
        ),
        (
            "executionCompleted",
            json!({"workflowStatus": "ORCHESTRATION_STATUS_FAILED", "failureDetails": failure()}),
            json!({"type": "ExecutionFailed", "failure": sold_out()}),
        ),
        (
            "executionCompleted",
            json!({"orchestrationStatus": "ORCHESTRATION_STATUS_CANCELED"}),
            json!({"type": "ExecutionCanceled"}),
        ),
        (
            "executionCompleted",
            json!({"orchestrationStatus": 5, "result": "\"enough\""}),
            json!({"type": "ExecutionTerminated", "reason": "enough"}),
        ),
        (
            "executionCompleted",
            json!({"orchestrationStatus": "ORCHESTRATION_STATUS_CONTINUED_AS_NEW", "result": "7"}),
            json!({"type": "ContinuedAsNew", "input": 7}),
        ),
        (
            "executionTerminated",
            json!({"input": "enough", "recurse": true}),
            json!({"type": "ExecutionTerminated", "reason": "enough"}),
        ),
        (
            "continueAsNew",
            json!({"input": "8"}),
            json!({"type": "ContinuedAsNew", "input": 8}),
        ),
        (
            "executionSuspended",
            json!({"input": "\"tuning\""}),
            json!({"type": "ExecutionSuspended", "reason": "tuning", "freezeTime": false}),
        ),
        (
            "executionResumed",
            json!({}),
            json!({"type": "ExecutionResumed", "reason": ""}),
        ),
        (
            "executionStalled",
            json!({"reason": "PATCH_MISMATCH", "description": "another step"}),
            json!({"type": "ExecutionStalled", "reason": "another step"}),
        ),
        (
            "eventRaised",
            json!({"name": "paid", "input": "{\"by\":\"card\"}"}),
            json!({"type": "EventRaised", "name": "paid", "input": {"by": "card"}}),
        ),
        (
            "eventSent",
            json!({"instanceId": "bar", "name": "order", "input": "\"wine\""}),
            json!({"type": "EventSent", "target": "bar", "name": "order", "input": "wine"}),
        ),
        (
            "subOrchestrationInstanceCreated",
            json!({"instanceId": "solo", "name": "child", "input": "21"}),
            json!({"type": "ChildWorkflowInstanceCreated", "instance": "solo", "input": 21, "detached": false}),
        ),
        (
            "childWorkflowInstanceCreated",
            json!({"instanceId": "solo", "name": "child"}),
            json!({"type": "ChildWorkflowInstanceCreated", "name": "child", "detached": false}),
        ),
        (
            "detachedWorkflowInstanceCreated",
            json!({"instanceId": "mailing"}),
            json!({"type": "ChildWorkflowInstanceCreated", "name": "mailing", "detached": true}),
        ),
        (
            "timerCreated",
            json!({"fireAt": "2026-01-31T12:00:05Z", "name": "breath"}),
            json!({
                "type": "TimerCreated",
                "fireAt": "2026-01-31T12:00:05.000000000Z",
                "origin": {"Wait": {"name": "breath"}},
            }),
        ),
        (
            "timerCreated",
            json!({"fireAt": "9999-12-31T23:59:59.999999999Z", "externalEvent": {"name": "paid"}}),
            json!({"type": "TimerCreated", "fireAt": null, "origin": {"ExternalEvent": {"name": "paid"}}}),
        ),
        (
            "timerCreated",
            json!({"fireAt": "2026-01-31T12:00:05Z", "activityRetry": {"taskExecutionId": "x"}}),
            json!({"type": "TimerCreated", "origin": {"Retry": {"name": "", "attempt": 2}}}),
        ),
    ]
}

#[test]
fn each_type_becomes_what_it_means() {
    for (name, attributes, expected) in table() {
        assert_fields(&became(&[event(4, name, attributes)]), &[expected], name);
    }
}

#[test]
fn what_there_is_no_word_for_is_noted_with_its_fields() {
    for name in [
        "orchestratorStarted",
        "orchestratorCompleted",
        "genericEvent",
        "historyState",
        "entityOperationSignaled",
        "entityOperationCalled",
        "entityOperationCompleted",
        "entityOperationFailed",
        "entityLockRequested",
        "entityLockGranted",
        "entityUnlockSent",
        "executionRewound",
        "bandTuned",
    ] {
        let mut letters = name.chars();
        let what: String = letters
            .next()
            .unwrap()
            .to_uppercase()
            .chain(letters)
            .collect();
        let details = json!({"data": "\"x\"", "pitch": 440});
        let found = became(&[event(-1, name, details.clone())]);
        let expected = json!({"type": "Noted", "what": what, "details": details, "about": null});
        assert_fields(&found, &[expected], name);
    }
}

#[test]
fn what_ends_refers_to_what_was_begun_by_its_number() {
    let begun = [
        event(5, "taskScheduled", json!({"name": "strike", "input": "1"})),
        event(6, "timerCreated", json!({"fireAt": "2026-01-31T12:00:05Z"})),
        event(
            7,
            "subOrchestrationInstanceCreated",
            json!({"instanceId": "solo", "name": "child"}),
        ),
    ];
    for (name, attributes, expected) in [
        (
            "taskCompleted",
            json!({"taskScheduledId": 5, "result": "\"hit\""}),
            json!({"type": "TaskCompleted", "scheduled": 2, "result": "hit"}),
        ),
        (
            "taskFailed",
            json!({"taskScheduledId": 5, "failureDetails": failure()}),
            json!({"type": "TaskFailed", "scheduled": 2, "attempt": 1, "failure": sold_out(), "retryAt": null}),
        ),
        (
            "taskFailed",
            json!({"taskScheduledId": 5}),
            json!({"type": "TaskFailed", "scheduled": 2}),
        ),
        (
            "timerFired",
            json!({"timerId": 6}),
            json!({"type": "TimerFired", "timer": 4}),
        ),
        (
            "subOrchestrationInstanceCompleted",
            json!({"taskScheduledId": 7, "result": "42"}),
            json!({"type": "ChildWorkflowInstanceCompleted", "created": 5, "result": 42}),
        ),
        (
            "childWorkflowInstanceCompleted",
            json!({"taskScheduledId": 7}),
            json!({"type": "ChildWorkflowInstanceCompleted", "created": 5, "result": null}),
        ),
        (
            "subOrchestrationInstanceFailed",
            json!({"taskScheduledId": 7, "failureDetails": failure()}),
            json!({"type": "ChildWorkflowInstanceFailed", "created": 5, "failure": sold_out()}),
        ),
        (
            "childWorkflowInstanceFailed",
            json!({"taskScheduledId": 7}),
            json!({"type": "ChildWorkflowInstanceFailed", "created": 5}),
        ),
    ] {
        let found = became(&[&begun[..], &[event(-1, name, attributes.clone())]].concat());
        assert_fields(&found[4..], &[expected], name);
        // Twice, or without its beginning, it is noted.
        let ended = event(-1, name, attributes);
        let again = became(&[&begun[..], &[ended.clone(), ended.clone()]].concat());
        assert_fields(&again[5..], &[json!({"type": "Noted"})], name);
        assert_fields(&became(&[ended]), &[json!({"type": "Noted"})], name);
    }
}

#[test]
fn a_number_may_be_given_again_once_its_operation_is_over() {
    let task = |name: &str| event(5, "taskScheduled", json!({"name": name}));
    let done = event(-1, "taskCompleted", json!({"taskScheduledId": 5}));
    let found = became(&[task("strike"), done.clone(), task("pluck"), done]);
    let expected = [
        json!({"type": "TaskScheduled", "name": "strike"}),
        json!({"type": "TaskStarted", "scheduled": 2}),
        json!({"type": "TaskCompleted", "scheduled": 2}),
        json!({"type": "TaskScheduled", "name": "pluck"}),
        json!({"type": "TaskStarted", "scheduled": 5}),
        json!({"type": "TaskCompleted", "scheduled": 5}),
    ];
    assert_fields(&found, &expected, "two tasks of one number");
}

#[test]
fn an_event_ends_the_wait_for_it() {
    let wait = |id, name: &str| {
        let fire_at = "9999-12-31T23:59:59.999999999Z";
        event(
            id,
            "timerCreated",
            json!({"fireAt": fire_at, "externalEvent": {"name": name}}),
        )
    };
    let raised = event(-1, "eventRaised", json!({"name": "PAID"}));
    let found = became(&[wait(3, "tuned"), wait(4, "paid"), raised.clone(), raised]);
    let expected = [
        json!({"type": "TimerCreated"}),
        json!({"type": "TimerCreated"}),
        json!({"type": "EventRaised"}),
        json!({"type": "TimerCanceled", "timer": 3}),
        json!({"type": "EventRaised"}),
    ];
    assert_fields(&found, &expected, "names are case-insensitive");
}

#[test]
fn the_start_comes_first_and_has_parent_version_tags_and_delay() {
    let attributes = json!({
        "name": "order",
        "version": "2",
        "input": "\"harp\"",
        "workflowInstance": {"instanceId": "order-9"},
        "parentInstance": {"taskScheduledId": 3, "workflowInstance": {"instanceId": "tour-7"}},
        "scheduledStartTimestamp": "2026-01-31T12:00:09Z",
        "tags": {"city_name": "Wien"},
    });
    let imported = import(&[
        turn(1),
        event(-1, "executionStarted", attributes.clone()),
        turn(4),
    ]);
    let numbers: Vec<_> = imported
        .origins
        .iter()
        .map(|origin| origin.number)
        .collect();
    assert_eq!(numbers, [2, 1, 3]);
    let start = imported.history.events[0].to_json();
    let expected = json!({
        "type": "ExecutionStarted",
        "timestamp": "2026-01-31T12:00:01.000000000Z",
        "version": "2",
        "input": "harp",
        "tags": {"city_name": "Wien"},
        "startAt": "2026-01-31T12:00:09.000000000Z",
    });
    assert_fields(std::slice::from_ref(&start), &[expected], "the start");
    assert_eq!(start["parent"]["instance"], "tour-7");
    // A second start is noted, and events without a time have that of their turn.
    let again = import(&[
        turn(1),
        started(),
        turn(4),
        event(-1, "executionStarted", attributes),
    ]);
    let last = again.history.events.last().unwrap().to_json();
    let expected = json!({"type": "Noted", "timestamp": "2026-01-31T12:00:04.000000000Z"});
    assert_fields(&[last], &[expected], "the second start");
}

#[test]
fn what_comes_after_the_end_is_noted() {
    let end = event(-1, "executionTerminated", json!({"input": "\"enough\""}));
    let completed = event(-1, "executionCompleted", json!({"orchestrationStatus": 5}));
    let found = became(&[end, completed]);
    let expected = [
        json!({"type": "ExecutionTerminated"}),
        json!({"type": "Noted"}),
    ];
    assert_fields(&found, &expected, "terminated");
}

#[test]
fn dapr_is_known_by_its_own_words() {
    let engine = |events: &[Value]| import(events).engine;
    assert_eq!(engine(&[turn(1), started()]), SourceEngine::DurableTask);
    let own = json!({"eventId": -1, "timestamp": "2026-01-31T12:00:01Z", "workflowStarted": {}});
    assert_eq!(engine(&[own, started()]), SourceEngine::Dapr);
    let mut routed = event(1, "taskScheduled", json!({"name": "echo"}));
    routed["router"] = json!({"sourceAppID": "shop"});
    assert_eq!(engine(&[turn(1), started(), routed]), SourceEngine::Dapr);
}
