//! What a workflow asks for, before it is in the history.

use std::collections::HashMap;

use crate::engine::{
    EventId, EventKind, Failure, InstanceId, ParentClosePolicy, Payload, RetryPolicy, Timeouts,
    TimerOrigin, Timestamp,
    activity::ActivityFn,
    context::{Kind, OperationId, RetryIf},
};

/// What a workflow asks for.
pub(in crate::engine) enum Command {
    ScheduleTask(OperationId, Box<NewTask>),
    CreateTimer(OperationId, Option<Timestamp>, TimerOrigin),
    CreateChild(OperationId, InstanceId, Box<NewChild>),
    Cancel(OperationId, Kind),
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

/// An activity that the workflow asks for.
pub(in crate::engine) struct NewTask {
    pub name: String,
    pub input: Payload,
    pub retry: Option<Box<RetryPolicy>>,
    pub retry_if: Option<RetryIf>,
    /// The code, if it was given with the call.
    pub function: Option<ActivityFn>,
    pub timeouts: Timeouts,
}

/// A child that the workflow asks for.
pub(in crate::engine) struct NewChild {
    pub id: ChildId,
    pub name: String,
    pub input: Payload,
    pub retry: Option<Box<RetryPolicy>>,
    pub retry_if: Option<RetryIf>,
    pub on_close: ParentClosePolicy,
    pub detached: bool,
}

/// The id of a child that the workflow asks for.
pub(in crate::engine) enum ChildId {
    Given(InstanceId),
    /// The parent's, with this number. In a fork the parent is known only where the child begins.
    Numbered(u64),
}

/// How a workflow ends by itself.
pub(in crate::engine) enum End {
    Completed(Payload),
    Failed(Failure),
    Canceled(Failure),
    ContinuedAsNew { input: Payload, keep_version: bool },
}

impl Command {
    /// The event that says so in the history; `None` for a cancel of something that is not there.
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

    /// The operation that its event opens.
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

    /// The operation that its event closes.
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

fn canceled(kind: Kind, opened: EventId) -> Option<EventKind> {
    match kind {
        Kind::Task => Some(EventKind::TaskCanceled { scheduled: opened }),
        Kind::Timer => Some(EventKind::TimerCanceled { timer: opened }),
        Kind::Child => Some(EventKind::ChildWorkflowInstanceCanceled { created: opened }),
        Kind::Instance => Some(EventKind::InstanceAwaitCanceled { awaited: opened }),
        Kind::Silent => None,
    }
}

/// Whether an event is in the history because the workflow asked for it.
pub(super) fn is_asked_for(kind: &EventKind) -> bool {
    use EventKind as E;
    matches!(
        kind,
        E::TaskScheduled { .. }
            | E::TaskCanceled { .. }
            | E::TimerCreated { .. }
            | E::TimerCanceled { .. }
            | E::EventSent { .. }
            | E::CancelSent { .. }
            | E::InstanceAwaited { .. }
            | E::InstanceAwaitCanceled { .. }
            | E::ChildWorkflowInstanceCreated { .. }
            | E::ChildWorkflowInstanceCanceled { .. }
            | E::CustomStatusSet { .. }
            | E::TagSet { .. }
            | E::VersionMarked { .. }
            | E::CompensationRegistered { .. }
            | E::CompensationStarted { .. }
            | E::CompensationEnded { .. }
            | E::ExecutionCompleted { .. }
            | E::ExecutionCanceled { .. }
            | E::ContinuedAsNew { .. }
    ) || matches!(kind, E::ExecutionFailed { failure } if failure.error_type != Failure::HISTORY_LIMIT)
}

/// Whether an event lets the workflow go on.
pub(super) fn is_received(kind: &EventKind) -> bool {
    use EventKind as E;
    matches!(
        kind,
        E::ExecutionStarted { .. }
            | E::TaskCompleted { .. }
            | E::TaskFailed { retry_at: None, .. }
            | E::TimerFired { .. }
            | E::EventRaised { .. }
            | E::ChildWorkflowInstanceCompleted { .. }
            | E::ChildWorkflowInstanceFailed { retry_at: None, .. }
            | E::AwaitedInstanceClosed { .. }
            | E::ExecutionCancelRequested { .. }
            | E::ExecutionLimitReached { .. }
    )
}

/// The event that opened what an event from outside closes.
pub(super) fn closes(kind: &EventKind) -> Option<EventId> {
    use EventKind as E;
    match kind {
        E::TaskCompleted { scheduled, .. }
        | E::TaskFailed {
            scheduled,
            retry_at: None,
            ..
        } => Some(*scheduled),
        E::ChildWorkflowInstanceCompleted { created, .. }
        | E::ChildWorkflowInstanceFailed {
            created,
            retry_at: None,
            ..
        } => Some(*created),
        E::AwaitedInstanceClosed { awaited, .. } => Some(*awaited),
        _ => None,
    }
}
