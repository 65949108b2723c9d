//! The roles of events in a replay.

use crate::engine::{EventId, EventKind, Failure};

/// Whether an event records a command of the workflow.
pub(super) fn records_command(kind: &EventKind) -> bool {
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

/// Whether an event is external input that wakes the workflow.
pub(super) fn is_external(kind: &EventKind) -> bool {
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

/// The event that opened the operation which an external event closes.
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
