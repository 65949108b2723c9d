//! Messages between instances. They are delivered in the commit of their cause if possible; otherwise
//! they are stored in the outbox with their cause and delivered with the next commit.
//!
//! The serde names are those of stored outbox entries and must not change.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    CodeLocation, EventId, Failure, InstanceId, InstanceOperation, Parent, Payload, Reach, Tags,
    Timestamp,
};

/// A message to an instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum OutboxMessage {
    /// Starts a child.
    StartChild {
        parent: Parent,
        instance: InstanceId,
        name: String,
        input: Payload,
        /// Where its code runs.
        #[serde(default, skip_serializing_if = "CodeLocation::is_local")]
        code: CodeLocation,
        /// The version that the parent names, if the code is remote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
    },
    /// Reports the outcome of a child to its parent.
    #[serde(rename = "ChildEnded")]
    ChildClosed {
        parent: Parent,
        child: InstanceId,
        #[serde(rename = "end")]
        outcome: ChildOutcome,
    },
    /// A command to an open instance.
    #[serde(rename = "Tell")]
    Command {
        target: InstanceId,
        #[serde(rename = "what")]
        command: InstanceCommand,
        /// The sender, if it is the parent: the command applies only to its own child.
        #[serde(default)]
        parent: Option<Parent>,
    },
    /// Registers a wait for the target to close.
    #[serde(rename = "Await")]
    AwaitInstance {
        target: InstanceId,
        #[serde(rename = "waiting")]
        waiter: Waiter,
    },
    /// Reports the outcome of an awaited instance.
    #[serde(rename = "Closed")]
    AwaitedClosed {
        #[serde(rename = "waiting")]
        waiter: Waiter,
        output: Option<Payload>,
        failure: Option<Failure>,
    },
    /// Starts the next run of an instance. Stored only by versions that did not start it in the commit
    /// that closed the previous run, and while workflow code is blocked.
    #[serde(rename = "Continue")]
    StartNextRun(Box<NextRun>),
}

/// The `EventSent` of an event from another instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SentEvent {
    /// The run that sent it.
    pub run: u32,
    pub event: EventId,
}

/// An instance that waits for another one to close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Waiter {
    pub instance: InstanceId,
    pub run: u32,
    /// Its `InstanceAwaited`.
    pub awaited: EventId,
}

/// The outcome of a closed child.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum ChildOutcome {
    Completed(Payload),
    Failed(Failure),
}

/// The parameters of the next run of an instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct NextRun {
    pub instance: InstanceId,
    pub run: u32,
    pub workflow: String,
    pub input: Payload,
    pub parent: Option<Parent>,
    pub tags: Tags,
    /// Events that the previous run has not read.
    #[serde(rename = "mail")]
    pub unread_events: UnreadEvents,
    /// The version of the workflow, if it is kept.
    #[serde(default)]
    pub version: Option<PinnedVersion>,
    #[serde(default)]
    pub custom_status: Option<Payload>,
    #[serde(default)]
    pub deadline: Option<Timestamp>,
    /// The start delay, because the previous run has not waited for anything.
    #[serde(default, rename = "pause")]
    pub start_delay: Duration,
    /// Where its code runs.
    #[serde(default, skip_serializing_if = "CodeLocation::is_local")]
    pub code: CodeLocation,
}

/// Events that a run has not read: name, data and sender.
pub(super) type UnreadEvents = VecDeque<(String, Payload, Option<InstanceId>)>;

/// A version of a workflow that the next run keeps; `None` for workflows without versions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PinnedVersion(pub Option<String>);

/// A command to an open instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum InstanceCommand {
    Raise {
        name: String,
        input: Payload,
        from: Option<InstanceId>,
        /// The `EventSent` of the sender, if that is an instance.
        #[serde(default)]
        sent: Option<SentEvent>,
        /// The caller's request id.
        #[serde(default)]
        request: Option<String>,
    },
    Suspend {
        reason: String,
        freeze_time: bool,
        reach: Reach,
    },
    Resume {
        reason: String,
        reach: Reach,
    },
    Cancel {
        reason: String,
    },
    Terminate {
        reason: String,
        reach: Reach,
        /// The output that the caller gives the instance.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Payload>,
    },
    /// Comes only from callers of the engine; it is never stored.
    RetryNow,
}

impl InstanceCommand {
    /// The operation, for errors.
    pub fn operation(&self) -> InstanceOperation {
        match self {
            Self::Raise { .. } => InstanceOperation::Raise,
            Self::Suspend { .. } => InstanceOperation::Suspend,
            Self::Resume { .. } => InstanceOperation::Resume,
            Self::Cancel { .. } => InstanceOperation::Cancel,
            Self::Terminate { .. } => InstanceOperation::Terminate,
            Self::RetryNow => InstanceOperation::RetryNow,
        }
    }
}

impl OutboxMessage {
    /// The instances that the message changes, including those that are notified if it fails.
    pub fn involved(&self) -> [Option<&InstanceId>; 2] {
        match self {
            Self::StartChild {
                parent, instance, ..
            } => [Some(&parent.instance), Some(instance)],
            Self::ChildClosed { parent, .. } => [Some(&parent.instance), None],
            Self::Command {
                target, command, ..
            } => match command {
                InstanceCommand::Raise { from, .. } => [Some(target), from.as_ref()],
                _ => [Some(target), None],
            },
            Self::AwaitInstance { waiter, .. } | Self::AwaitedClosed { waiter, .. } => {
                [Some(&waiter.instance), None]
            }
            Self::StartNextRun(next) => [Some(&next.instance), None],
        }
    }

    /// The name of the kind of message, for diagnostics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::StartChild { .. } => "StartChild",
            Self::ChildClosed { .. } => "ChildClosed",
            Self::Command { .. } => "Command",
            Self::AwaitInstance { .. } => "AwaitInstance",
            Self::AwaitedClosed { .. } => "AwaitedClosed",
            Self::StartNextRun(_) => "StartNextRun",
        }
    }

    /// A message that reports the outcome of a child to its parent.
    pub fn child_closed(parent: &Parent, child: &InstanceId, outcome: ChildOutcome) -> Self {
        Self::ChildClosed {
            parent: parent.clone(),
            child: child.clone(),
            outcome,
        }
    }

    /// A command to an instance.
    pub fn command(target: &InstanceId, command: InstanceCommand) -> Self {
        let target = target.clone();
        Self::Command {
            target,
            command,
            parent: None,
        }
    }

    /// A command to a child of `parent`.
    pub fn child_command(parent: Parent, child: &InstanceId, command: InstanceCommand) -> Self {
        let target = child.clone();
        Self::Command {
            target,
            command,
            parent: Some(parent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> InstanceId {
        InstanceId::new(text).unwrap()
    }

    fn parent() -> Parent {
        Parent {
            instance: id("p"),
            created: EventId(7),
            attached: true,
            run: 1,
        }
    }

    #[test]
    fn a_stored_message_can_be_read_again() {
        let outcome = ChildOutcome::Failed(Failure::new("Broke", "it broke"));
        let message = OutboxMessage::child_closed(&parent(), &id("p/1"), outcome);
        let stored = Payload::encode(&message).unwrap();
        let read: OutboxMessage = stored.decode().unwrap();
        assert_eq!(Payload::encode(&read).unwrap(), stored);
    }

    #[test]
    fn messages_are_stored_under_the_names_of_earlier_versions() {
        let waiter = || Waiter {
            instance: id("w"),
            run: 1,
            awaited: EventId(2),
        };
        let reason = || String::from("r");
        let next = NextRun {
            instance: id("n"),
            run: 2,
            workflow: "w".into(),
            input: Payload::null(),
            parent: None,
            tags: Tags::new(),
            unread_events: [("e".into(), Payload::null(), None)].into(),
            version: None,
            custom_status: None,
            deadline: None,
            start_delay: Duration::from_millis(10),
            code: CodeLocation::Local,
        };
        let stored = [
            OutboxMessage::child_closed(
                &parent(),
                &id("p/1"),
                ChildOutcome::Completed(Payload::null()),
            ),
            OutboxMessage::command(&id("t"), InstanceCommand::Cancel { reason: reason() }),
            OutboxMessage::AwaitInstance {
                target: id("t"),
                waiter: waiter(),
            },
            OutboxMessage::AwaitedClosed {
                waiter: waiter(),
                output: None,
                failure: None,
            },
            OutboxMessage::StartNextRun(Box::new(next)),
        ]
        .map(|message| Payload::encode(&message).unwrap().as_str().to_owned());
        let waiter = r#"{"instance":"w","run":1,"awaited":2}"#;
        assert_eq!(
            stored,
            [
                r#"{"ChildEnded":{"parent":{"instance":"p","created":7,"attached":true,"run":1},"child":"p/1","end":{"Completed":null}}}"#.to_owned(),
                r#"{"Tell":{"target":"t","what":{"Cancel":{"reason":"r"}},"parent":null}}"#.to_owned(),
                format!(r#"{{"Await":{{"target":"t","waiting":{waiter}}}}}"#),
                format!(r#"{{"Closed":{{"waiting":{waiter},"output":null,"failure":null}}}}"#),
                r#"{"Continue":{"instance":"n","run":2,"workflow":"w","input":null,"parent":null,"tags":{},"mail":[["e",null,null]],"version":null,"custom_status":null,"deadline":null,"pause":{"secs":0,"nanos":10000000}}}"#.to_owned(),
            ]
        );
    }
}
