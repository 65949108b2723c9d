//! When events happen, and what spans several of them.

use serde_json::{Value, json};

use super::{assert_fields, event, event_at, import, made_of, started};
use crate::backend::Imported;

fn kinds(imported: &Imported) -> Vec<&'static str> {
    let events = imported.history.events.iter();
    events.map(|event| event.kind.name()).collect()
}

#[test]
fn events_are_in_the_order_in_which_they_happened() {
    // An activity ended during a workflow task: its events stand behind that of the task.
    let imported = import(&[
        started(),
        event(
            2,
            "ActivityTaskScheduled",
            json!({"activityType": {"name": "strike"}}),
        ),
        event(3, "WorkflowTaskScheduled", json!({})),
        event_at(
            4,
            "WorkflowTaskStarted",
            "2026-01-31T12:00:10Z",
            json!({"scheduledEventId": "3"}),
        ),
        event_at(
            5,
            "WorkflowTaskCompleted",
            "2026-01-31T12:00:20Z",
            json!({"scheduledEventId": "3"}),
        ),
        event_at(
            6,
            "ActivityTaskStarted",
            "2026-01-31T12:00:12Z",
            json!({"scheduledEventId": "2"}),
        ),
        event_at(
            7,
            "ActivityTaskCompleted",
            "2026-01-31T12:00:15Z",
            json!({"scheduledEventId": "2"}),
        ),
    ]);
    let numbers: Vec<_> = imported
        .origins
        .iter()
        .map(|origin| origin.number)
        .collect();
    assert_eq!(numbers, [1, 2, 3, 4, 6, 7, 5]);
    let events = &imported.history.events;
    assert!(events.is_sorted_by_key(|event| event.at));
    assert!(events.iter().zip(0..).all(|(event, id)| event.id.0 == id));
}

#[test]
fn clocks_that_disagree_turn_nothing_around() {
    let imported = import(&[
        started(),
        event_at(
            2,
            "TimerStarted",
            "2026-01-31T12:00:30Z",
            json!({"startToFireTimeout": "1s"}),
        ),
        // Before its start, and before the start of the workflow.
        event_at(
            3,
            "TimerFired",
            "2026-01-31T12:00:10Z",
            json!({"startedEventId": "2"}),
        ),
        event_at(
            4,
            "WorkflowExecutionSignaled",
            "1999-01-01T00:00:00Z",
            json!({"signalName": "go"}),
        ),
        event_at(
            5,
            "WorkflowExecutionCompleted",
            "2026-01-31T12:00:20Z",
            json!({}),
        ),
    ]);
    assert_eq!(
        kinds(&imported),
        [
            "ExecutionStarted",
            "EventRaised",
            "TimerCreated",
            "TimerFired",
            "ExecutionCompleted"
        ]
    );
    assert!(imported.history.events.is_sorted_by_key(|event| event.at));
}

#[test]
fn a_start_that_was_delayed_comes_with_the_first_workflow_task() {
    let mut start = started();
    start["workflowExecutionStartedEventAttributes"]["firstWorkflowTaskBackoff"] = json!("5s");
    let task = event(6, "WorkflowTaskScheduled", json!({}));
    let imported = import(&[
        start,
        task.clone(),
        event(7, "WorkflowTaskScheduled", json!({})),
    ]);
    assert_eq!(
        kinds(&imported),
        ["ExecutionStarted", "TimerFired", "Noted", "Noted"]
    );
    let expected = json!({"startAt": "2026-01-31T12:00:06.000000000Z"});
    assert_fields(&made_of(&imported, 1), &[expected], "the start");
    assert_eq!(
        kinds(&import(&[started(), task])),
        ["ExecutionStarted", "Noted"]
    );
}

#[test]
fn a_reset_is_a_fork_of_the_run_that_it_copies() {
    for cause in [
        json!("WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW"),
        json!("ResetWorkflow"),
        json!(20),
    ] {
        let imported = import(&[
            started(),
            event(2, "WorkflowTaskScheduled", json!({})),
            event(3, "WorkflowTaskStarted", json!({"scheduledEventId": "2"})),
            event(
                4,
                "WorkflowTaskFailed",
                json!({"scheduledEventId": "2", "cause": cause}),
            ),
        ]);
        let start = &made_of(&imported, 1)[0];
        assert_eq!(start["run"], 2, "{cause}");
        assert_eq!(start["fork"]["instance"], "order-7");
        assert_eq!(start["fork"]["from"], 3);
        assert_eq!(
            kinds(&imported),
            ["ExecutionStarted", "Noted", "Noted", "Noted"]
        );
    }
}

#[test]
fn a_workflow_stalls_when_its_code_cannot_go_on_until_a_workflow_task_is_completed() {
    let causes = [
        json!("WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR"),
        json!("NonDeterministicError"),
        json!("WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE"),
        json!(14),
    ];
    for cause in causes {
        let failure = json!({"message": "the code has another step there"});
        let imported = import(&[
            started(),
            event(2, "WorkflowTaskScheduled", json!({})),
            event(
                3,
                "WorkflowTaskFailed",
                json!({"scheduledEventId": "2", "cause": cause, "failure": failure}),
            ),
            event(4, "WorkflowTaskScheduled", json!({})),
            event(5, "WorkflowTaskCompleted", json!({"scheduledEventId": "4"})),
            event(6, "WorkflowTaskCompleted", json!({"scheduledEventId": "4"})),
        ]);
        let stalled =
            json!({"type": "ExecutionStalled", "reason": "the code has another step there"});
        assert_fields(&made_of(&imported, 3), &[stalled], "the failed task");
        let resumed = [
            json!({"type": "ExecutionResumed"}),
            json!({"type": "Noted"}),
        ];
        assert_fields(&made_of(&imported, 5), &resumed, "the completed task");
        assert_fields(
            &made_of(&imported, 6),
            &[json!({"type": "Noted"})],
            "the next one",
        );
    }
}

#[test]
fn an_update_arrives_once_whether_it_was_admitted_before_it_was_accepted_or_not() {
    let request = json!({"meta": {"updateId": "u1"}, "input": {"name": "tune"}});
    let admitted = event(
        2,
        "WorkflowExecutionUpdateAdmitted",
        json!({"request": request}),
    );
    let accepted = event(
        3,
        "WorkflowExecutionUpdateAccepted",
        json!({"acceptedRequest": request}),
    );
    let later = event(
        3,
        "WorkflowExecutionUpdateAccepted",
        json!({"acceptedRequest": {"meta": {"updateId": "u2"}}}),
    );
    let answered = event(
        4,
        "WorkflowExecutionUpdateCompleted",
        json!({"acceptedEventId": "3"}),
    );
    let run = |events: &[Value]| {
        kinds(&import(
            &[&[started()], events, std::slice::from_ref(&answered)].concat(),
        ))
    };
    assert_eq!(
        run(std::slice::from_ref(&accepted)),
        ["ExecutionStarted", "EventRaised", "Noted"]
    );
    assert_eq!(
        run(&[admitted.clone(), accepted]),
        ["ExecutionStarted", "EventRaised", "Noted", "Noted"]
    );
    assert_eq!(
        run(&[admitted, later]),
        ["ExecutionStarted", "EventRaised", "EventRaised", "Noted"]
    );
}

#[test]
fn a_timer_is_called_what_the_author_called_it() {
    let mut timer = event(2, "TimerStarted", json!({"startToFireTimeout": "1s"}));
    timer["userMetadata"] = json!({"summary": super::data(&json!("a breath"))});
    let found = made_of(&import(&[started(), timer]), 2);
    assert_eq!(found[0]["origin"], json!({"Wait": {"name": "a breath"}}));
}
