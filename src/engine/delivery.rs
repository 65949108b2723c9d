//! What one instance brings about in another. Done in the same commit where there is room, else
//! posted in the store and done in the next.

use std::{collections::VecDeque, time::Duration};

use serde::{Deserialize, Serialize};

use super::{EventId, Failure, InstanceId, Parent, Payload, Tags, Timestamp};

/// What one instance brings about in another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Delivery {
    /// A child begins.
    StartChild {
        parent: Parent,
        instance: InstanceId,
        name: String,
        input: Payload,
    },
    /// A parent hears of a child's end.
    ChildEnded {
        parent: Parent,
        child: InstanceId,
        end: ChildEnd,
    },
    /// A command to an open instance.
    Tell {
        target: InstanceId,
        what: InstanceCommand,
        /// Who sends it to its child: an instance that is not that child is left alone.
        #[serde(default)]
        parent: Option<Parent>,
    },
    /// Another instance waits for the end of this one.
    Await {
        target: InstanceId,
        waiting: Awaiting,
    },
    /// Another instance hears of the end that it waits for.
    Closed {
        waiting: Awaiting,
        output: Option<Payload>,
        failure: Option<Failure>,
    },
    /// The next run of an instance begins. Only stores of before it began with the end of the run
    /// before it have this.
    Continue(Box<NextRun>),
}

/// The `EventSent` of an event from another instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sent {
    /// The run that sent it.
    pub run: u32,
    pub event: EventId,
}

/// An instance that waits for the end of another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Awaiting {
    pub instance: InstanceId,
    pub run: u32,
    /// Its `InstanceAwaited`.
    pub awaited: EventId,
}

/// How a child ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum ChildEnd {
    Completed(Payload),
    Failed(Failure),
}

/// What the next run of an instance begins with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct NextRun {
    pub instance: InstanceId,
    pub run: u32,
    pub workflow: String,
    pub input: Payload,
    pub parent: Option<Parent>,
    pub tags: Tags,
    /// Events that the run before did not wait for.
    pub mail: VecDeque<(String, Payload, Option<InstanceId>)>,
    /// The version of the workflow, if it keeps that of the run before.
    #[serde(default)]
    pub version: Option<Pinned>,
    #[serde(default)]
    pub custom_status: Option<Payload>,
    #[serde(default)]
    pub deadline: Option<Timestamp>,
    /// How long the start is put off, since the run before has waited for nothing.
    #[serde(default)]
    pub pause: Duration,
}

/// A version of a workflow that the next run keeps; workflows without versions have none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pinned(pub Option<String>);

/// What an open instance is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum InstanceCommand {
    Raise {
        name: String,
        input: Payload,
        from: Option<InstanceId>,
        /// The `EventSent` of the instance that sent it.
        #[serde(default)]
        sent: Option<Sent>,
        /// What the caller named the request.
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
    },
}

/// Whom something reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Reach {
    /// The instance and the children that it waits for, and theirs.
    #[default]
    Tree,
    /// The instance alone.
    Alone,
}

impl InstanceCommand {
    /// What an instance cannot be once it has ended.
    pub fn participle(&self) -> &'static str {
        match self {
            Self::Raise { .. } => "sent events",
            Self::Suspend { .. } => "suspended",
            Self::Resume { .. } => "resumed",
            Self::Cancel { .. } => "canceled",
            Self::Terminate { .. } => "terminated",
        }
    }
}

impl Delivery {
    /// The instances that it is for, and those that hear of it if it fails.
    pub fn concerns(&self) -> [Option<&InstanceId>; 2] {
        match self {
            Self::StartChild {
                parent, instance, ..
            } => [Some(&parent.instance), Some(instance)],
            Self::ChildEnded { parent, .. } => [Some(&parent.instance), None],
            Self::Tell { target, what, .. } => match what {
                InstanceCommand::Raise { from, .. } => [Some(target), from.as_ref()],
                _ => [Some(target), None],
            },
            Self::Await { waiting, .. } | Self::Closed { waiting, .. } => {
                [Some(&waiting.instance), None]
            }
            Self::Continue(next) => [Some(&next.instance), None],
        }
    }

    /// Says to the parent of a child how it ended.
    pub fn to_parent(parent: &Parent, child: &InstanceId, end: ChildEnd) -> Self {
        Self::ChildEnded {
            parent: parent.clone(),
            child: child.clone(),
            end,
        }
    }

    /// A command to an instance.
    pub fn tell(target: &InstanceId, what: InstanceCommand) -> Self {
        let target = target.clone();
        Self::Tell {
            target,
            what,
            parent: None,
        }
    }

    /// A command to a child of `parent`.
    pub fn tell_child(parent: Parent, child: &InstanceId, what: InstanceCommand) -> Self {
        let target = child.clone();
        Self::Tell {
            target,
            what,
            parent: Some(parent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_posted_can_be_read_again() {
        let parent = Parent {
            instance: InstanceId::new("p").unwrap(),
            created: EventId(7),
            attached: true,
            run: 1,
        };
        let end = ChildEnd::Failed(Failure::new("Broke", "it broke"));
        let delivery = Delivery::to_parent(&parent, &InstanceId::new("p/1").unwrap(), end);
        let posted = Payload::encode(&delivery).unwrap();
        let read: Delivery = posted.decode().unwrap();
        assert_eq!(Payload::encode(&read).unwrap(), posted);
    }
}
