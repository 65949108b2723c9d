//! Commands: what a workflow requests, before it is recorded in the history.

use std::collections::HashMap;

use super::{
    EventId, EventKind, Failure, InstanceId, ParentClosePolicy, Payload, RetryPolicy, Timeouts,
    TimerOrigin, Timestamp, activity::ActivityFn,
};

/// The number of an operation within its run, in the order in which they were started.
pub(super) type OperationId = u64;

/// Decides whether a failure is retried.
pub(super) type RetryPredicate = Box<dyn Fn(&Failure) -> bool>;

/// The kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OperationKind {
    Task,
    Timer,
    Child,
    /// Another instance.
    Instance,
    /// Something that is not recorded in the history.
    Unrecorded,
}

/// A command of a workflow.
pub(super) enum Command {
    ScheduleTask(OperationId, Box<NewTask>),
    CreateTimer(OperationId, Option<Timestamp>, TimerOrigin),
    CreateChild(OperationId, InstanceId, Box<NewChild>),
    Cancel(OperationId, OperationKind),
    Send {
        target: InstanceId,
        name: String,
        input: Payload,
    },
    SendCancel {
        target: InstanceId,
        reason: String,
    },
    AwaitInstance(OperationId, InstanceId),
    SetStatus(Payload),
    SetTag {
        name: String,
        value: String,
    },
    MarkVersion {
        change: String,
        version: u32,
    },
    RegisterCompensation {
        id: OperationId,
        name: String,
    },
    StartCompensation(OperationId),
    EndCompensation(OperationId, Option<Failure>),
    End(End),
}

/// An activity to be scheduled.
pub(super) struct NewTask {
    pub name: String,
    pub input: Payload,
    pub retry: Option<Box<RetryPolicy>>,
    pub retry_if: Option<RetryPredicate>,
    /// The function of an inline activity.
    pub function: Option<ActivityFn>,
    pub timeouts: Timeouts,
}

/// A child workflow to be created.
pub(super) struct NewChild {
    pub id: ChildId,
    pub name: String,
    pub input: Payload,
    pub retry: Option<Box<RetryPolicy>>,
    pub retry_if: Option<RetryPredicate>,
    pub on_close: ParentClosePolicy,
    pub detached: bool,
}

/// The id of a child workflow to be created.
pub(super) enum ChildId {
    Given(InstanceId),
    /// The parent's id with this number. In a fork, the parent is known only when the child is
    /// created.
    Numbered(u64),
}

/// How a workflow closes by its own code.
pub(super) enum End {
    Completed(Payload),
    Failed(Failure),
    Canceled(Failure),
    ContinuedAsNew { input: Payload, keep_version: bool },
}

impl Command {
    /// The event that records the command; `None` for a cancel of something that was never opened.
    pub fn event(&self, opened: &HashMap<OperationId, EventId>) -> Option<EventKind> {
        Some(match self {
            Self::ScheduleTask(_, task) => EventKind::TaskScheduled {
                name: task.name.clone(),
                input: task.input.clone(),
                retry: task.retry.clone(),
                timeouts: task.timeouts,
            },
            Self::CreateTimer(_, fire_at, origin) => EventKind::TimerCreated {
                fire_at: *fire_at,
                origin: origin.clone(),
            },
            Self::CreateChild(_, instance, child) => EventKind::ChildWorkflowInstanceCreated {
                instance: instance.clone(),
                name: child.name.clone(),
                input: child.input.clone(),
                retry: child.retry.clone(),
                on_close: child.on_close,
                detached: child.detached,
            },
            Self::Cancel(id, kind) => canceled(*kind, *opened.get(id)?)?,
            Self::Send {
                target,
                name,
                input,
            } => EventKind::EventSent {
                target: target.clone(),
                name: name.clone(),
                input: input.clone(),
            },
            Self::SendCancel { target, reason } => EventKind::CancelSent {
                target: target.clone(),
                reason: reason.clone(),
            },
            Self::AwaitInstance(_, target) => EventKind::InstanceAwaited {
                target: target.clone(),
            },
            Self::SetStatus(status) => EventKind::CustomStatusSet {
                status: status.clone(),
            },
            Self::SetTag { name, value } => EventKind::TagSet {
                name: name.clone(),
                value: value.clone(),
            },
            Self::MarkVersion { change, version } => EventKind::VersionMarked {
                change: change.clone(),
                version: *version,
            },
            Self::RegisterCompensation { name, .. } => {
                EventKind::CompensationRegistered { name: name.clone() }
            }
            Self::StartCompensation(id) => EventKind::CompensationStarted {
                registered: *opened.get(id)?,
            },
            Self::EndCompensation(id, failure) => EventKind::CompensationEnded {
                registered: *opened.get(id)?,
                failure: failure.clone(),
            },
            Self::End(end) => end.event(),
        })
    }

    /// The operation that the command's event opens.
    pub fn opens(&self) -> Option<OperationId> {
        match self {
            Self::ScheduleTask(id, _)
            | Self::CreateTimer(id, ..)
            | Self::CreateChild(id, ..)
            | Self::AwaitInstance(id, _)
            | Self::RegisterCompensation { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The operation that the command's event closes.
    pub fn closes(&self) -> Option<OperationId> {
        match self {
            Self::Cancel(id, _) | Self::EndCompensation(id, _) => Some(*id),
            _ => None,
        }
    }
}

impl End {
    fn event(&self) -> EventKind {
        match self {
            Self::Completed(output) => EventKind::ExecutionCompleted {
                output: output.clone(),
            },
            Self::Failed(failure) => EventKind::ExecutionFailed {
                failure: failure.clone(),
            },
            Self::Canceled(failure) => EventKind::ExecutionCanceled {
                failure: failure.clone(),
            },
            Self::ContinuedAsNew {
                input,
                keep_version,
            } => EventKind::ContinuedAsNew {
                input: input.clone(),
                keep_version: *keep_version,
            },
        }
    }
}

fn canceled(kind: OperationKind, opened: EventId) -> Option<EventKind> {
    match kind {
        OperationKind::Task => Some(EventKind::TaskCanceled { scheduled: opened }),
        OperationKind::Timer => Some(EventKind::TimerCanceled { timer: opened }),
        OperationKind::Child => Some(EventKind::ChildWorkflowInstanceCanceled { created: opened }),
        OperationKind::Instance => Some(EventKind::InstanceAwaitCanceled { awaited: opened }),
        OperationKind::Unrecorded => None,
    }
}
