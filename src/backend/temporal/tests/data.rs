//! Data and failures.

use serde_json::{Value, json};

use super::{assert_fields, data, encoded, event, import, made_of, one, started};

/// The data of a signal, as it is shown.
fn shown(input: Value) -> Value {
    let signal = event(
        2,
        "WorkflowExecutionSignaled",
        json!({"signalName": "go", "input": input}),
    );
    made_of(&import(&[started(), signal]), 2)[0]["input"].clone()
}

fn payload(payload: Value) -> Value {
    shown(json!({"payloads": [payload]}))
}

#[test]
fn data_is_shown_as_json_whatever_its_encoding() {
    let note = json!({"key": 60, "name": "Übung"});
    assert_eq!(
        payload(encoded("json/plain", note.to_string().as_bytes())),
        note
    );
    assert_eq!(
        payload(encoded("json/protobuf", b"{\"a\":1}")),
        json!({"a": 1})
    );
    assert_eq!(payload(encoded("binary/null", b"")), Value::Null);
    assert_eq!(
        payload(encoded("binary/plain", &[0, 255])),
        json!({"encoding": "binary/plain", "data": "AP8="})
    );
    assert_eq!(
        payload(encoded("binary/encrypted", b"??")),
        json!({"encoding": "binary/encrypted", "data": "Pz8="})
    );
    assert_eq!(payload(json!({})), Value::Null);
    assert_eq!(
        payload(json!({"metadata": {"encoding": "YmluYXJ5L251bGw="}, "data": null})),
        Value::Null
    );
    // Big numbers keep their digits; bytes that are no text are shown as base64.
    assert_eq!(
        payload(encoded("json/plain", b"12345678901234567890")),
        json!(12345678901234567890_u64)
    );
    assert_eq!(
        payload(encoded("json/plain", &[0xff])),
        json!({"encoding": "json/plain", "data": "/w=="})
    );
    assert_eq!(payload(encoded("json/plain", b"no JSON")), json!("no JSON"));
}

#[test]
fn several_arguments_are_a_list() {
    assert_eq!(shown(json!({})), Value::Null);
    assert_eq!(shown(json!({"payloads": null})), Value::Null);
    assert_eq!(shown(json!({"payloads": []})), Value::Null);
    let several = json!([
        data(&json!(1)),
        data(&json!("two")),
        encoded("json/plain", b"three")
    ]);
    assert_eq!(
        shown(json!({"payloads": several})),
        json!([1, "two", "three"])
    );
}

/// The failure of a workflow.
fn failed(failure: Value) -> Value {
    let end = event(2, "WorkflowExecutionFailed", json!({"failure": failure}));
    made_of(&import(&[started(), end]), 2)[0]["failure"].clone()
}

#[test]
fn a_failure_is_the_cause_within_what_it_passed_through() {
    let cause = json!({
        "message": "no tickets left",
        "source": "PythonSDK",
        "applicationFailureInfo": {"type": "SoldOut", "nonRetryable": true, "details": one(&json!({"row": 7}))},
        "cause": {"message": "the printer is on fire"},
    });
    let through = [
        ("activityFailureInfo", "Activity task failed"),
        ("childWorkflowExecutionFailureInfo", "Child failed"),
        (
            "nexusOperationExecutionFailureInfo",
            "nexus operation failed",
        ),
        ("nexusHandlerFailureInfo", "handler error"),
    ];
    for (field, message) in through {
        let failure = failed(json!({"message": message, field: {}, "cause": cause}));
        assert_eq!(failure["errorType"], "SoldOut");
        assert_eq!(failure["message"], "no tickets left");
        assert_eq!(failure["nonRetryable"], true);
        assert_eq!(failure["details"]["details"], json!({"row": 7}));
        assert_eq!(failure["details"]["source"], "PythonSDK");
        assert_eq!(failure["details"]["cause"], "Error: the printer is on fire");
        // Without a cause it is itself.
        assert_eq!(
            failed(json!({"message": message, field: {}}))["message"],
            message
        );
    }
}

#[test]
fn a_failure_has_a_type_even_if_the_code_gave_it_none() {
    for (failure, expected) in [
        (json!({"applicationFailureInfo": {}}), "ApplicationError"),
        (
            json!({"timeoutFailureInfo": {"timeoutType": "TIMEOUT_TYPE_HEARTBEAT"}}),
            "HeartbeatTimeout",
        ),
        (
            json!({"timeoutFailureInfo": {"timeoutType": "StartToClose"}}),
            "StartToCloseTimeout",
        ),
        (
            json!({"timeoutFailureInfo": {"timeoutType": 2}}),
            "ScheduleToStartTimeout",
        ),
        (
            json!({"timeoutFailureInfo": {"timeoutType": 3}}),
            "ScheduleToCloseTimeout",
        ),
        (json!({"timeoutFailureInfo": {}}), "Timeout"),
        (json!({"canceledFailureInfo": {}}), "Canceled"),
        (json!({"terminatedFailureInfo": {}}), "Terminated"),
        (json!({"serverFailureInfo": {}}), "ServerError"),
        (json!({"resetWorkflowFailureInfo": {}}), "Reset"),
        (json!({}), "Error"),
    ] {
        assert_eq!(failed(failure.clone())["errorType"], expected, "{failure}");
    }
}

#[test]
fn a_message_that_was_encrypted_is_read_if_the_file_has_it_decoded() {
    let encoded = data(&json!({"message": "no tickets left", "stack_trace": ""}));
    let failure = json!({"message": "Encoded failure", "encodedAttributes": encoded});
    assert_eq!(failed(failure)["message"], "no tickets left");
    let secret = super::encoded("binary/encrypted", b"??");
    let failure = json!({"message": "Encoded failure", "encodedAttributes": secret});
    assert_eq!(failed(failure)["message"], "Encoded failure");
}

#[test]
fn an_attempt_begins_with_how_the_one_before_failed() {
    let timeout = json!({
        "message": "activity Heartbeat timeout",
        "timeoutFailureInfo": {"timeoutType": "TIMEOUT_TYPE_HEARTBEAT", "lastHeartbeatDetails": one(&json!(7))},
    });
    let begun = json!({"scheduledEventId": "2", "attempt": 3, "lastFailure": timeout});
    let ended = json!({"scheduledEventId": "2", "failure": {"message": "no"}});
    let imported = import(&[
        started(),
        event(
            2,
            "ActivityTaskScheduled",
            json!({"activityType": {"name": "strike"}}),
        ),
        event(3, "ActivityTaskStarted", begun),
        event(4, "ActivityTaskFailed", ended),
    ]);
    let expected = [
        json!({"type": "TaskFailed", "attempt": 2, "heartbeat": 7, "retryAt": "2026-01-31T12:00:03.000000000Z"}),
        json!({"type": "TaskStarted", "attempt": 3}),
    ];
    assert_fields(&made_of(&imported, 3), &expected, "the third attempt");
    let expected = json!({"type": "TaskFailed", "attempt": 3, "retryAt": null});
    assert_fields(&made_of(&imported, 4), &[expected], "the end");
}

#[test]
fn the_start_has_parent_limits_and_tags() {
    let attributes = json!({
        "workflowId": "order-7/solo",
        "workflowType": {"name": "Solo"},
        "input": one(&json!(21)),
        "parentWorkflowExecution": {"workflowId": "order-7", "runId": "r"},
        "parentInitiatedEventId": "40",
        "workflowExecutionTimeout": "60s",
        "memo": {"fields": {"hall": data(&json!("Musikverein"))}},
        "searchAttributes": {"indexedFields": {
            "Seats": data(&json!(7)),
            "TemporalChangeVersion": data(&json!(["louder-1"])),
            "BuildIds": data(&json!(["unversioned"])),
        }},
    });
    let expected = json!({
        "type": "ExecutionStarted",
        "name": "Solo",
        "input": 21,
        "tags": {"hall": "Musikverein", "Seats": "7"},
        "deadline": "2026-01-31T12:01:01.000000000Z",
    });
    let imported = import(&[event(1, "WorkflowExecutionStarted", attributes)]);
    let found = made_of(&imported, 1);
    assert_fields(&found, &[expected], "the start");
    assert_eq!(found[0]["parent"]["instance"], "order-7");
    assert_eq!(imported.history.instance.as_str(), "order-7/solo");
}
