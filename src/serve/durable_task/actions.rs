//! What a worker asks for, as commands of the engine.

use super::{
    failure::{failure, refused},
    history::Passed,
    messages::{
        Action, ActionTimerOrigin, ActionType, Complete, CreateTimer, EventType, TurnResponse,
        Version,
    },
    values::{payload, string, timestamp},
};
use crate::engine::{
    Failure, InstanceId, InvalidInstanceId, Payload, RemoteCommand, RemoteNumber, TimerOrigin,
};
use prost::Message as _;

/// Error types by which workers say that their code does not match the history.
const DIVERGED: [&str; 3] = [
    "NonDeterminismError",
    "NonDeterministicError",
    "NonDeterministicOrchestrationException",
];

/// What a worker answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Asked {
    /// It asks for this.
    Commands(Vec<(RemoteNumber, RemoteCommand)>),
    /// Its code does not match the history, or it cannot run the instance.
    Diverged(String),
}

/// The commands of an answer.
pub(super) fn commands(instance: &InstanceId, actions: Vec<Action>) -> Asked {
    let mut commands = Vec::with_capacity(actions.len());
    for action in actions {
        let number = RemoteNumber(action.id);
        match command(instance, number, action.action) {
            Ok(Command::Asked(command)) => {
                let ends = ends(&command);
                commands.push((number, command));
                // Nothing that follows belongs to this run.
                if ends {
                    break;
                }
            }
            Ok(Command::Diverged(reason)) => return Asked::Diverged(reason),
            Err(failure) => {
                commands.push((number, RemoteCommand::Fail { failure }));
                break;
            }
        }
    }
    Asked::Commands(commands)
}

/// The version of the code, and the names of the code changes that it has passed, as far as they were not known.
pub(super) fn newly_passed(
    response: &TurnResponse,
    before: &Passed,
) -> (Vec<String>, Option<String>) {
    // In Microsoft's dialect the field is another message, which is none of this kind.
    let version = Version::decode(response.version.as_slice()).unwrap_or_default();
    let mut patches = version.patches;
    patches.retain(|patch| !before.patches.contains(patch));
    patches.dedup();
    let name = Some(version.name);
    let name = name.filter(|name| !name.is_empty() && !before.has_version);
    (patches, name)
}

enum Command {
    Asked(RemoteCommand),
    Diverged(String),
}

fn ends(command: &RemoteCommand) -> bool {
    matches!(
        command,
        RemoteCommand::Complete { .. }
            | RemoteCommand::Fail { .. }
            | RemoteCommand::ContinueAsNew { .. }
    )
}

fn command(
    instance: &InstanceId,
    number: RemoteNumber,
    action: Option<ActionType>,
) -> Result<Command, Failure> {
    let action = action.ok_or_else(|| unsupported("something that this version does not know"))?;
    let command = match action {
        ActionType::ScheduleTask(task) => RemoteCommand::ScheduleTask {
            name: task.name,
            input: payload(task.input),
        },
        ActionType::CreateTimer(timer) => create_timer(timer),
        ActionType::CreateChild(child) => RemoteCommand::CreateChild {
            instance: child_id(instance, number, &child.instance_id)?,
            name: child.name,
            version: child.version.map(|text| text.value),
            input: payload(child.input),
            detached: false,
        },
        ActionType::CreateDetached(child) => RemoteCommand::CreateChild {
            instance: child_id(instance, number, &child.instance_id)?,
            name: child.name,
            version: child.version.map(|text| text.value),
            input: payload(child.input),
            detached: true,
        },
        ActionType::SendEvent(event) => RemoteCommand::SendEvent {
            target: InstanceId::new(event.instance.unwrap_or_default().instance_id)
                .map_err(bad_id)?,
            name: event.name,
            input: payload(event.data),
        },
        ActionType::Complete(complete) => return Ok(close(*complete)),
        ActionType::VersionNotAvailable(_) => {
            let reason = "its worker does not have the version of its workflow";
            return Ok(Command::Diverged(reason.to_owned()));
        }
        ActionType::Terminate(_) => return Err(unsupported("the end of another instance")),
        ActionType::SendEntityMessage(_) => return Err(unsupported("an entity")),
    };
    Ok(Command::Asked(command))
}

fn create_timer(timer: CreateTimer) -> RemoteCommand {
    let origin = match timer.origin {
        None | Some(ActionTimerOrigin::CreateTimer(_)) => TimerOrigin::Wait { name: timer.name },
        Some(ActionTimerOrigin::ExternalEvent(event)) => {
            TimerOrigin::ExternalEvent { name: event.name }
        }
        Some(
            ActionTimerOrigin::ActivityRetry(retried) | ActionTimerOrigin::ChildRetry(retried),
        ) => TimerOrigin::Retry {
            name: retried.name,
            // The protocol does not say which.
            attempt: 2,
        },
    };
    RemoteCommand::CreateTimer {
        fire_at: timer.fire_at.and_then(timestamp),
        origin,
    }
}

/// The id of a child: the one that was given, or one made of the parent's.
fn child_id(parent: &InstanceId, number: RemoteNumber, given: &str) -> Result<InstanceId, Failure> {
    let id = match given {
        "" => format!("{parent}:{:04x}", number.0),
        given => given.to_owned(),
    };
    InstanceId::new(id).map_err(bad_id)
}

fn close(complete: Complete) -> Command {
    const COMPLETED: i32 = 1;
    const CONTINUED_AS_NEW: i32 = 2;
    Command::Asked(match complete.status {
        COMPLETED => RemoteCommand::Complete {
            output: payload(complete.result),
        },
        CONTINUED_AS_NEW => RemoteCommand::ContinueAsNew {
            input: payload(complete.result),
            version: complete.new_version.map(|text| text.value),
            carried_over: complete
                .carryover_events
                .into_iter()
                .filter_map(|event| raised(event.event_type?))
                .collect(),
        },
        _ => {
            let sent = complete.failure.unwrap_or_default();
            let name = sent.error_type.rsplit('.').next().unwrap_or_default();
            if DIVERGED.contains(&name) {
                return Command::Diverged(sent.error_message);
            }
            let mut failure = failure(sent);
            if failure.error_type.is_empty() && failure.message.is_empty() {
                failure.message = string(complete.result);
            }
            RemoteCommand::Fail { failure }
        }
    })
}

fn raised(event: EventType) -> Option<(String, Payload)> {
    match event {
        EventType::EventRaised(raised) => Some((raised.name, payload(raised.input))),
        _ => None,
    }
}

fn bad_id(error: InvalidInstanceId) -> Failure {
    refused("InvalidInstanceId", error.to_string())
}

fn unsupported(what: &str) -> Failure {
    let message = format!("the workflow asks for {what}, which this server does not have");
    refused("NotSupported", message)
}
