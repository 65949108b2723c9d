//! What workers ask for.

use crate::{
    engine::{InstanceId, Payload, RemoteCommand, RemoteNumber, TimerOrigin, Timestamp},
    serve::durable_task::{
        actions::{Asked, commands},
        messages::{
            Action, ActionTimerOrigin, ActionType, Complete, CreateChild, CreateTimer, EventRaised,
            EventType, FailureDetails, HistoryEvent, Moment, Named, Nothing, ScheduleTask, Text,
        },
    },
};

fn asked(actions: Vec<ActionType>) -> Asked {
    let numbered = actions.into_iter().zip(1..).map(|(action, id)| Action {
        id,
        action: Some(action),
    });
    commands(&InstanceId::new("song-1").unwrap(), numbered.collect())
}

fn one(action: ActionType) -> RemoteCommand {
    match asked(vec![action]) {
        Asked::Commands(mut commands) => commands.remove(0).1,
        Asked::Diverged(reason) => panic!("{reason}"),
    }
}

fn text(value: &str) -> Option<Text> {
    let value = value.to_owned();
    Some(Text { value })
}

fn failed(error_type: &str) -> ActionType {
    ActionType::Complete(Box::new(Complete {
        status: 3,
        failure: Some(FailureDetails {
            error_type: error_type.into(),
            error_message: "the code has changed".into(),
            ..FailureDetails::default()
        }),
        ..Complete::default()
    }))
}

#[test]
fn a_child_without_id_gets_one_of_its_parent() {
    let child = CreateChild {
        name: "part".into(),
        ..CreateChild::default()
    };
    let RemoteCommand::CreateChild { instance, .. } = one(ActionType::CreateChild(child)) else {
        panic!("no child")
    };
    assert_eq!(instance.as_str(), "song-1:0001");
}

#[test]
fn the_last_moment_of_the_calendar_is_never() {
    let timer = |seconds| CreateTimer {
        fire_at: Some(Moment { seconds, nanos: 5 }),
        name: "y".into(),
        origin: Some(ActionTimerOrigin::ExternalEvent(Named {
            name: "go".into(),
        })),
    };
    let origin = || TimerOrigin::ExternalEvent { name: "go".into() };
    let never = RemoteCommand::CreateTimer {
        fire_at: None,
        origin: origin(),
    };
    assert_eq!(one(ActionType::CreateTimer(timer(253_402_300_799))), never);
    let soon = RemoteCommand::CreateTimer {
        fire_at: Some(Timestamp(2_000_000_005)),
        origin: origin(),
    };
    assert_eq!(one(ActionType::CreateTimer(timer(2))), soon);
}

#[test]
fn nothing_follows_the_end_of_a_run() {
    let task = ActionType::ScheduleTask(ScheduleTask {
        name: "a".into(),
        input: None,
    });
    let end = ActionType::Complete(Box::new(Complete {
        status: 1,
        result: text("1.0"),
        ..Complete::default()
    }));
    let output = Payload::from_text("1.0");
    let Asked::Commands(commands) = asked(vec![end, task]) else {
        panic!("diverged")
    };
    assert_eq!(
        commands,
        [(RemoteNumber(1), RemoteCommand::Complete { output })]
    );
}

#[test]
fn events_are_carried_over_to_the_next_run() {
    let raised = EventType::EventRaised(EventRaised {
        name: "item".into(),
        input: text("7"),
    });
    let event = HistoryEvent {
        event_type: Some(raised),
        ..HistoryEvent::default()
    };
    let next = ActionType::Complete(Box::new(Complete {
        status: 2,
        result: text("[]"),
        carryover_events: vec![event],
        ..Complete::default()
    }));
    let RemoteCommand::ContinueAsNew { carried_over, .. } = one(next) else {
        panic!("it does not continue")
    };
    assert_eq!(carried_over, [("item".to_owned(), Payload::from_text("7"))]);
}

#[test]
fn code_that_has_changed_is_no_failure_of_the_instance() {
    for error in [
        "durabletask.task.NonDeterminismError",
        "NonDeterminismError",
    ] {
        let reason = "the code has changed".to_owned();
        assert_eq!(asked(vec![failed(error)]), Asked::Diverged(reason));
    }
    assert!(matches!(
        one(failed("ValueError")),
        RemoteCommand::Fail { .. }
    ));
}

#[test]
fn what_the_server_does_not_have_fails_with_a_sentence() {
    for action in [
        ActionType::SendEntityMessage(Nothing {}),
        ActionType::Terminate(Nothing {}),
    ] {
        let RemoteCommand::Fail { failure } = one(action) else {
            panic!("it does not fail")
        };
        assert!(failure.message.contains("does not have"), "{failure}");
    }
}
