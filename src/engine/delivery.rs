//! What one instance brings about in another. Done in the same commit where there is room, else
//! posted in the store and done in the next.

use serde::{Deserialize, Serialize};

use super::{Failure, InstanceId, Parent, Payload, Tags};

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
    /// An open instance is told something; one that has ended does not hear it.
    Tell { target: InstanceId, what: Tell },
    /// The next run of an instance begins.
    Continue(Box<NextRun>),
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
    pub mail: Vec<(String, Payload, Option<InstanceId>)>,
}

/// What an open instance is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Tell {
    Raise {
        name: String,
        input: Payload,
        from: Option<InstanceId>,
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

impl Tell {
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
    /// Says to the parent of a child how it ended.
    pub fn to_parent(parent: &Parent, child: &InstanceId, end: ChildEnd) -> Self {
        Self::ChildEnded {
            parent: parent.clone(),
            child: child.clone(),
            end,
        }
    }

    /// Tells an instance something.
    pub fn tell(target: &InstanceId, what: Tell) -> Self {
        let target = target.clone();
        Self::Tell { target, what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::EventId;

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
