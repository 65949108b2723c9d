//! The 60 types, in the order of their numbers.

use serde_json::{Value, json};

use super::one;

/// An event that is noted, about another one.
pub(super) fn noted(name: &str, about: Value) -> Value {
    json!({"type": "Noted", "what": name, "about": about})
}

/// Type, fields, and what becomes of it. Events 5 to 11 are here 4 to 10.
pub(super) fn table() -> Vec<(&'static str, Value, Vec<Value>)> {
    let failure = || json!({"message": "no", "applicationFailureInfo": {"type": "Broken"}});
    let broken =
        || json!({"errorType": "Broken", "message": "no", "details": null, "nonRetryable": false});
    let child = || json!({"initiatedEventId": "7"});
    let task = || json!({"scheduledEventId": "5"});
    let operation = || json!({"scheduledEventId": "10"});
    let turn = || json!({"scheduledEventId": "2"});
    let with = |mut fields: Value, name: &str, value: Value| {
        fields[name] = value;
        fields
    };
    vec![
        (
            "WorkflowExecutionStarted",
            json!({}),
            vec![noted("WorkflowExecutionStarted", Value::Null)],
        ),
        (
            "WorkflowExecutionCompleted",
            json!({"result": one(&json!("bravo"))}),
            vec![json!({"type": "ExecutionCompleted", "output": "bravo"})],
        ),
        (
            "WorkflowExecutionFailed",
            json!({"failure": failure()}),
            vec![json!({"type": "ExecutionFailed", "failure": broken()})],
        ),
        (
            "WorkflowExecutionTimedOut",
            json!({}),
            vec![json!({"type": "ExecutionFailed"})],
        ),
        (
            "WorkflowTaskScheduled",
            json!({}),
            vec![noted("WorkflowTaskScheduled", Value::Null)],
        ),
        (
            "WorkflowTaskStarted",
            turn(),
            vec![noted("WorkflowTaskStarted", json!(1))],
        ),
        (
            "WorkflowTaskCompleted",
            turn(),
            vec![noted("WorkflowTaskCompleted", json!(1))],
        ),
        (
            "WorkflowTaskTimedOut",
            turn(),
            vec![noted("WorkflowTaskTimedOut", json!(1))],
        ),
        (
            "WorkflowTaskFailed",
            turn(),
            vec![noted("WorkflowTaskFailed", json!(1))],
        ),
        (
            "ActivityTaskScheduled",
            json!({"activityType": {"name": "pluck"}, "input": one(&json!(1))}),
            vec![json!({"type": "TaskScheduled", "name": "pluck", "input": 1})],
        ),
        (
            "ActivityTaskStarted",
            with(task(), "attempt", json!(1)),
            vec![json!({"type": "TaskStarted", "scheduled": 4, "attempt": 1})],
        ),
        (
            "ActivityTaskCompleted",
            with(task(), "result", one(&json!("hit"))),
            vec![json!({"type": "TaskCompleted", "scheduled": 4, "result": "hit"})],
        ),
        (
            "ActivityTaskFailed",
            with(task(), "failure", failure()),
            vec![
                json!({"type": "TaskFailed", "scheduled": 4, "failure": broken(), "retryAt": null}),
            ],
        ),
        (
            "ActivityTaskTimedOut",
            task(),
            vec![json!({"type": "TaskFailed", "scheduled": 4})],
        ),
        (
            "ActivityTaskCancelRequested",
            task(),
            vec![noted("ActivityTaskCancelRequested", json!(4))],
        ),
        (
            "ActivityTaskCanceled",
            task(),
            vec![json!({"type": "TaskCanceled", "scheduled": 4})],
        ),
        (
            "TimerStarted",
            json!({"startToFireTimeout": "1.5s"}),
            vec![json!({"type": "TimerCreated", "fireAt": "2026-01-31T12:00:21.500000000Z"})],
        ),
        (
            "TimerFired",
            json!({"startedEventId": "6"}),
            vec![json!({"type": "TimerFired", "timer": 5})],
        ),
        (
            "TimerCanceled",
            json!({"startedEventId": 6}),
            vec![json!({"type": "TimerCanceled", "timer": 5})],
        ),
        (
            "WorkflowExecutionCancelRequested",
            json!({"cause": "enough"}),
            vec![json!({"type": "ExecutionCancelRequested", "reason": "enough"})],
        ),
        (
            "WorkflowExecutionCanceled",
            json!({}),
            vec![json!({"type": "ExecutionCanceled"})],
        ),
        (
            "RequestCancelExternalWorkflowExecutionInitiated",
            json!({"workflowExecution": {"workflowId": "trio"}, "reason": "late"}),
            vec![json!({"type": "CancelSent", "target": "trio", "reason": "late"})],
        ),
        (
            "RequestCancelExternalWorkflowExecutionFailed",
            json!({"initiatedEventId": "9", "cause": "X_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND"}),
            vec![json!({
                "type": "EventUndelivered",
                "sent": 8,
                "reason": "external workflow execution not found",
            })],
        ),
        (
            "ExternalWorkflowExecutionCancelRequested",
            json!({"initiatedEventId": "9"}),
            vec![noted("ExternalWorkflowExecutionCancelRequested", json!(8))],
        ),
        (
            "MarkerRecorded",
            json!({"markerName": "SideEffect"}),
            vec![noted("MarkerRecorded", Value::Null)],
        ),
        (
            "WorkflowExecutionSignaled",
            json!({
                "signalName": "applause",
                "input": one(&json!(3)),
                "externalWorkflowExecution": {"workflowId": "audience"},
            }),
            vec![
                json!({"type": "EventRaised", "name": "applause", "input": 3, "from": "audience"}),
            ],
        ),
        (
            "WorkflowExecutionTerminated",
            json!({"reason": "fire alarm"}),
            vec![json!({"type": "ExecutionTerminated", "reason": "fire alarm"})],
        ),
        (
            "WorkflowExecutionContinuedAsNew",
            json!({"input": one(&json!(2))}),
            vec![json!({"type": "ContinuedAsNew", "input": 2})],
        ),
        (
            "StartChildWorkflowExecutionInitiated",
            json!({
                "workflowId": "duo",
                "workflowType": {"name": "Duo"},
                "parentClosePolicy": "PARENT_CLOSE_POLICY_ABANDON",
            }),
            vec![json!({
                "type": "ChildWorkflowInstanceCreated",
                "instance": "duo",
                "name": "Duo",
                "onClose": "Abandon",
            })],
        ),
        (
            "StartChildWorkflowExecutionFailed",
            with(
                child(),
                "cause",
                json!("START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS"),
            ),
            vec![json!({"type": "ChildWorkflowInstanceFailed", "created": 6, "retryAt": null})],
        ),
        (
            "ChildWorkflowExecutionStarted",
            child(),
            vec![noted("ChildWorkflowExecutionStarted", json!(6))],
        ),
        (
            "ChildWorkflowExecutionCompleted",
            with(child(), "result", one(&json!(42))),
            vec![json!({"type": "ChildWorkflowInstanceCompleted", "created": 6, "result": 42})],
        ),
        (
            "ChildWorkflowExecutionFailed",
            with(child(), "failure", failure()),
            vec![json!({"type": "ChildWorkflowInstanceFailed", "created": 6, "failure": broken()})],
        ),
        (
            "ChildWorkflowExecutionCanceled",
            child(),
            vec![json!({"type": "ChildWorkflowInstanceFailed"})],
        ),
        (
            "ChildWorkflowExecutionTimedOut",
            child(),
            vec![json!({"type": "ChildWorkflowInstanceFailed"})],
        ),
        (
            "ChildWorkflowExecutionTerminated",
            child(),
            vec![json!({"type": "ChildWorkflowInstanceFailed"})],
        ),
        (
            "SignalExternalWorkflowExecutionInitiated",
            json!({"workflowExecution": {"workflowId": "trio"}, "signalName": "stop", "input": one(&json!(1))}),
            vec![json!({"type": "EventSent", "target": "trio", "name": "stop", "input": 1})],
        ),
        (
            "SignalExternalWorkflowExecutionFailed",
            json!({"initiatedEventId": "8", "cause": 1}),
            vec![json!({"type": "EventUndelivered", "sent": 7, "reason": "cause 1"})],
        ),
        (
            "ExternalWorkflowExecutionSignaled",
            json!({"initiatedEventId": "8"}),
            vec![noted("ExternalWorkflowExecutionSignaled", json!(7))],
        ),
        (
            "UpsertWorkflowSearchAttributes",
            json!({"searchAttributes": {"indexedFields": {"City": one(&json!("Wien"))["payloads"][0]}}}),
            vec![json!({"type": "TagSet", "name": "City", "value": "Wien"})],
        ),
        (
            "WorkflowExecutionUpdateAccepted",
            json!({"acceptedRequest": {"meta": {"updateId": "u2"}, "input": {"name": "mute"}}}),
            vec![json!({"type": "EventRaised", "name": "update mute", "request": "u2"})],
        ),
        (
            "WorkflowExecutionUpdateRejected",
            json!({}),
            vec![noted("WorkflowExecutionUpdateRejected", Value::Null)],
        ),
        (
            "WorkflowExecutionUpdateCompleted",
            json!({"acceptedEventId": "11"}),
            vec![noted("WorkflowExecutionUpdateCompleted", json!(10))],
        ),
        (
            "WorkflowPropertiesModifiedExternally",
            json!({"upsertedMemo": {"fields": {"row": one(&json!(7))["payloads"][0]}}}),
            vec![json!({"type": "TagSet", "name": "row", "value": "7"})],
        ),
        (
            "ActivityPropertiesModifiedExternally",
            task(),
            vec![noted("ActivityPropertiesModifiedExternally", json!(4))],
        ),
        (
            "WorkflowPropertiesModified",
            json!({"upsertedMemo": {"fields": {"hall": one(&json!("Musikverein"))["payloads"][0]}}}),
            vec![json!({"type": "TagSet", "name": "hall", "value": "Musikverein"})],
        ),
        (
            "WorkflowExecutionUpdateAdmitted",
            json!({"request": {"meta": {"updateId": "u3"}, "input": {"name": "tune"}}}),
            vec![json!({"type": "EventRaised", "name": "update tune", "request": "u3"})],
        ),
        (
            "NexusOperationScheduled",
            json!({"service": "bar", "operation": "order", "input": one(&json!("wine"))["payloads"][0]}),
            vec![json!({"type": "TaskScheduled", "name": "bar.order", "input": "wine"})],
        ),
        (
            "NexusOperationStarted",
            operation(),
            vec![json!({"type": "TaskStarted", "scheduled": 9, "attempt": 1})],
        ),
        (
            "NexusOperationCompleted",
            with(
                operation(),
                "result",
                one(&json!("row 7"))["payloads"][0].clone(),
            ),
            vec![json!({"type": "TaskCompleted", "scheduled": 9, "result": "row 7"})],
        ),
        (
            "NexusOperationFailed",
            with(operation(), "failure", failure()),
            vec![json!({"type": "TaskFailed", "scheduled": 9, "failure": broken()})],
        ),
        (
            "NexusOperationCanceled",
            operation(),
            vec![json!({"type": "TaskCanceled", "scheduled": 9})],
        ),
        (
            "NexusOperationTimedOut",
            operation(),
            vec![json!({"type": "TaskFailed", "scheduled": 9})],
        ),
        (
            "NexusOperationCancelRequested",
            operation(),
            vec![noted("NexusOperationCancelRequested", json!(9))],
        ),
        (
            "WorkflowExecutionOptionsUpdated",
            json!({}),
            vec![noted("WorkflowExecutionOptionsUpdated", Value::Null)],
        ),
        (
            "NexusOperationCancelRequestCompleted",
            operation(),
            vec![noted("NexusOperationCancelRequestCompleted", json!(9))],
        ),
        (
            "NexusOperationCancelRequestFailed",
            operation(),
            vec![noted("NexusOperationCancelRequestFailed", json!(9))],
        ),
        (
            "WorkflowExecutionPaused",
            json!({"reason": "tuning"}),
            vec![json!({"type": "ExecutionSuspended", "reason": "tuning", "freezeTime": false})],
        ),
        (
            "WorkflowExecutionUnpaused",
            json!({"reason": "in tune"}),
            vec![json!({"type": "ExecutionResumed", "reason": "in tune"})],
        ),
        (
            "WorkflowExecutionTimeSkippingTransitioned",
            json!({}),
            vec![noted(
                "WorkflowExecutionTimeSkippingTransitioned",
                Value::Null,
            )],
        ),
    ]
}
