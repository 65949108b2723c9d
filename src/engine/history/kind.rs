//! Event types.

use serde::{Deserialize, Serialize};

use super::{Fork, Parent, ParentClosePolicy, RunLimits, Tags, TimerOrigin};
use crate::engine::{
    CodeLocation, EventId, Failure, InstanceId, Payload, RemoteNumber, RetryPolicy, Timeouts,
    Timestamp,
};

/// The type of an event with its data.
///
/// Stored by variant name and field order: new fields go to the end of their variant, with
/// `#[serde(default)]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub enum EventKind {
    /// The run started.
    ExecutionStarted {
        /// Name of the workflow.
        name: String,
        /// The input.
        input: Payload,
        /// The number of the run: 1, 2, ...
        run: u32,
        /// The version of the workflow, if it has named versions.
        version: Option<String>,
        /// The seed of [`Context::random`](crate::engine::Context::random).
        seed: u64,
        /// The parent, if it is a child.
        parent: Option<Parent>,
        /// The source, if it is a fork.
        fork: Option<Box<Fork>>,
        /// Its tags.
        tags: Tags,
        /// The delayed start, if any. Until then the instance is
        /// [`Pending`](crate::engine::Status::Pending); a `TimerFired` of this event starts its
        /// code.
        #[serde(default)]
        start_at: Option<Timestamp>,
        /// The limits that its code can observe; `None` in histories from before they were
        /// recorded.
        #[serde(default)]
        limits: Option<Box<RunLimits>>,
        /// The custom status of the previous run.
        #[serde(default)]
        custom_status: Option<Payload>,
        /// The execution timeout across all runs; `None`: none.
        #[serde(default)]
        deadline: Option<Timestamp>,
        /// Where its code runs.
        #[serde(default, skip_serializing_if = "CodeLocation::is_local")]
        code: CodeLocation,
    },
    /// The workflow returned a result.
    ExecutionCompleted {
        /// The output.
        output: Payload,
    },
    /// The workflow returned an error.
    ExecutionFailed {
        /// The error.
        failure: Failure,
    },
    /// The workflow closed after cancellation was requested.
    ExecutionCanceled {
        /// The returned failure.
        failure: Failure,
    },
    /// The instance was terminated.
    ExecutionTerminated {
        /// The caller's reason.
        reason: String,
        /// The output that the caller gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Payload>,
    },
    /// The workflow continues in a new run with an empty history.
    ContinuedAsNew {
        /// The input of the next run.
        input: Payload,
        /// The next run keeps the version of the workflow instead of using the newest.
        #[serde(default)]
        keep_version: bool,
    },
    /// Cancellation was requested; the workflow decides how it closes.
    ExecutionCancelRequested {
        /// The caller's reason.
        reason: String,
        /// Cancellation is also requested of awaited children, and the wait continues until they
        /// have closed. `false` in histories of earlier versions.
        #[serde(default)]
        waits_for_children: bool,
    },
    /// A limit was reached: open operations fail, so that the code can compensate and close.
    ExecutionLimitReached {
        /// The limit, as the failure of open operations.
        failure: Failure,
    },
    /// The instance was suspended: later events are buffered in order.
    ExecutionSuspended {
        /// The caller's reason.
        reason: String,
        /// Timers, timeouts and retry intervals are frozen until it is resumed.
        freeze_time: bool,
    },
    /// The instance was resumed, or its code matches its history again.
    ExecutionResumed {
        /// The reason.
        reason: String,
    },
    /// The workflow's code does not match its history; the instance resumes once the code is fixed.
    ExecutionStalled {
        /// The divergence.
        reason: String,
    },
    /// The workflow scheduled an activity.
    TaskScheduled {
        /// Name of the activity.
        name: String,
        /// The input.
        input: Payload,
        /// The retry policy; `None`: no retries.
        retry: Option<Box<RetryPolicy>>,
        /// The timeouts.
        timeouts: Timeouts,
    },
    /// An activity attempt starts. A second event with the same number means that the process ended
    /// before the result was durable, or that the activity yielded.
    TaskStarted {
        /// The `TaskScheduled` that this belongs to.
        scheduled: EventId,
        /// 1, 2, ...
        attempt: u32,
    },
    /// An activity completed.
    TaskCompleted {
        /// The `TaskScheduled` that this closes.
        scheduled: EventId,
        /// The result.
        result: Payload,
    },
    /// An activity attempt failed.
    TaskFailed {
        /// The `TaskScheduled` that this belongs to.
        scheduled: EventId,
        /// The number of the attempt.
        attempt: u32,
        /// The error.
        failure: Failure,
        /// When the next attempt starts; `None`: this was the last attempt and the activity is
        /// closed.
        retry_at: Option<Timestamp>,
        /// The details of the attempt's last heartbeat.
        heartbeat: Option<Payload>,
    },
    /// Stands for attempts that were counted instead of being recorded one by one.
    TaskAttemptsFolded {
        /// The `TaskScheduled` that this belongs to.
        scheduled: EventId,
        /// The first attempt that was not recorded.
        first: u32,
        /// The last one.
        last: u32,
        /// How the last of them failed.
        failure: Failure,
    },
    /// An activity attempt sent a heartbeat.
    TaskHeartbeat {
        /// The `TaskScheduled` that this belongs to.
        scheduled: EventId,
        /// The details, for the next attempt.
        details: Payload,
    },
    /// The workflow canceled an activity.
    TaskCanceled {
        /// The `TaskScheduled` that this closes.
        scheduled: EventId,
    },
    /// A durable timer was created.
    TimerCreated {
        /// When it fires; `None`: never, it only records a wait.
        fire_at: Option<Timestamp>,
        /// What it is for.
        origin: TimerOrigin,
    },
    /// A timer fired.
    TimerFired {
        /// The `TimerCreated` that this closes.
        timer: EventId,
    },
    /// A timer was canceled.
    TimerCanceled {
        /// The `TimerCreated` that this closes.
        timer: EventId,
    },
    /// An external event was received.
    EventRaised {
        /// Its name; names are case-insensitive.
        name: String,
        /// Its data.
        input: Payload,
        /// The instance that sent it; `None`: it came from outside the engine.
        from: Option<InstanceId>,
        /// The caller's request id: a second request with the same id raises nothing.
        #[serde(default)]
        request: Option<String>,
    },
    /// The workflow sent an event to another instance.
    EventSent {
        /// The receiver.
        target: InstanceId,
        /// Its name.
        name: String,
        /// Its data.
        input: Payload,
    },
    /// An event that was sent could not be delivered.
    EventUndelivered {
        /// The `EventSent` that this belongs to.
        sent: EventId,
        /// The reason.
        reason: String,
    },
    /// The workflow requested cancellation of another instance, which need not be its child.
    CancelSent {
        /// The receiver.
        target: InstanceId,
        /// The reason.
        reason: String,
    },
    /// The workflow waits for another instance to close, which need not be its child.
    InstanceAwaited {
        /// The awaited instance.
        target: InstanceId,
    },
    /// An awaited instance has closed or does not exist.
    AwaitedInstanceClosed {
        /// The `InstanceAwaited` that this closes.
        awaited: EventId,
        /// Its output; `None`: it failed.
        output: Option<Payload>,
        /// Its failure.
        failure: Option<Failure>,
    },
    /// The workflow no longer waits for another instance.
    InstanceAwaitCanceled {
        /// The `InstanceAwaited` that this closes.
        awaited: EventId,
    },
    /// The workflow started a child workflow.
    ChildWorkflowInstanceCreated {
        /// The child's id.
        instance: InstanceId,
        /// Name of its workflow.
        name: String,
        /// The input.
        input: Payload,
        /// The retry policy, each attempt being a new instance; `None`: no retries.
        retry: Option<Box<RetryPolicy>>,
        /// What happens to it when its parent closes.
        on_close: ParentClosePolicy,
        /// The parent does not wait for it.
        detached: bool,
    },
    /// A failed child is retried as a new instance.
    ChildWorkflowInstanceRestarted {
        /// The `ChildWorkflowInstanceCreated` that this belongs to.
        created: EventId,
        /// 2, 3, ...
        attempt: u32,
        /// The new child's id.
        instance: InstanceId,
    },
    /// A child completed.
    ChildWorkflowInstanceCompleted {
        /// The `ChildWorkflowInstanceCreated` that this closes.
        created: EventId,
        /// The result.
        result: Payload,
    },
    /// A child failed, was canceled or terminated.
    ChildWorkflowInstanceFailed {
        /// The `ChildWorkflowInstanceCreated` that this belongs to.
        created: EventId,
        /// The number of the attempt.
        attempt: u32,
        /// The error.
        failure: Failure,
        /// When it is retried; `None`: this was the last attempt and the child is closed.
        retry_at: Option<Timestamp>,
    },
    /// The workflow no longer waits for a child.
    ChildWorkflowInstanceCanceled {
        /// The `ChildWorkflowInstanceCreated` that this closes.
        created: EventId,
    },
    /// The workflow set its custom status.
    CustomStatusSet {
        /// The custom status.
        status: Payload,
    },
    /// The workflow set a tag.
    TagSet {
        /// The name of the tag.
        name: String,
        /// The value of the tag.
        value: String,
    },
    /// The workflow passed a versioned code change.
    VersionMarked {
        /// The change.
        change: String,
        /// The version that this run uses.
        version: u32,
    },
    /// A saga registered a compensation.
    CompensationRegistered {
        /// The step.
        name: String,
    },
    /// A compensation started.
    CompensationStarted {
        /// The `CompensationRegistered` that this belongs to.
        registered: EventId,
    },
    /// A compensation ended.
    CompensationEnded {
        /// The `CompensationRegistered` that this closes.
        registered: EventId,
        /// Why it failed.
        failure: Option<Failure>,
    },
    /// Something in the history of another engine for which there is no kind of its own. This engine never
    /// appends it.
    Noted {
        /// What happened, in the words of that engine: `WorkflowTaskScheduled`.
        what: String,
        /// Its fields.
        details: Payload,
        /// The event that it is about.
        #[serde(default)]
        about: Option<EventId>,
    },
    /// A worker in another process has read the history up to an event. What it asked for follows in the same
    /// commit, one event for each number.
    TurnTaken {
        /// The last event that it has read.
        read: EventId,
        /// The numbers that it gave to what it asks for, in order.
        numbers: Vec<RemoteNumber>,
        /// The names of the code changes that it has passed in this turn.
        #[serde(default)]
        patches: Vec<String>,
        /// The versions that it named for children and the next run.
        #[serde(default)]
        versions: Vec<(RemoteNumber, String)>,
        /// The version of the workflow's code that the worker has chosen for this run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
    },
}

impl EventKind {
    /// The event that opened what this one ends for the code: an activity with its result or last failure, a timer
    /// that fires, a child. `None`: it ends nothing.
    pub fn ended(&self) -> Option<EventId> {
        match self {
            Self::TaskCompleted { scheduled, .. }
            | Self::TaskFailed {
                scheduled,
                retry_at: None,
                ..
            } => Some(*scheduled),
            Self::TimerFired { timer } => Some(*timer),
            Self::ChildWorkflowInstanceCompleted { created, .. }
            | Self::ChildWorkflowInstanceFailed {
                created,
                retry_at: None,
                ..
            } => Some(*created),
            _ => None,
        }
    }

    /// Whether the code of the workflow ended the run with this event. A termination comes from outside.
    pub fn is_end_of_code(&self) -> bool {
        matches!(
            self,
            Self::ExecutionCompleted { .. }
                | Self::ExecutionFailed { .. }
                | Self::ExecutionCanceled { .. }
                | Self::ContinuedAsNew { .. }
        )
    }

    /// The name of the kind of event: `TaskScheduled`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionCompleted { .. } => "ExecutionCompleted",
            Self::ExecutionFailed { .. } => "ExecutionFailed",
            Self::ExecutionCanceled { .. } => "ExecutionCanceled",
            Self::ExecutionTerminated { .. } => "ExecutionTerminated",
            Self::ContinuedAsNew { .. } => "ContinuedAsNew",
            Self::ExecutionCancelRequested { .. } => "ExecutionCancelRequested",
            Self::ExecutionLimitReached { .. } => "ExecutionLimitReached",
            Self::ExecutionSuspended { .. } => "ExecutionSuspended",
            Self::ExecutionResumed { .. } => "ExecutionResumed",
            Self::ExecutionStalled { .. } => "ExecutionStalled",
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskStarted { .. } => "TaskStarted",
            Self::TaskCompleted { .. } => "TaskCompleted",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TaskAttemptsFolded { .. } => "TaskAttemptsFolded",
            Self::TaskHeartbeat { .. } => "TaskHeartbeat",
            Self::TaskCanceled { .. } => "TaskCanceled",
            Self::TimerCreated { .. } => "TimerCreated",
            Self::TimerFired { .. } => "TimerFired",
            Self::TimerCanceled { .. } => "TimerCanceled",
            Self::EventRaised { .. } => "EventRaised",
            Self::EventSent { .. } => "EventSent",
            Self::EventUndelivered { .. } => "EventUndelivered",
            Self::CancelSent { .. } => "CancelSent",
            Self::InstanceAwaited { .. } => "InstanceAwaited",
            Self::AwaitedInstanceClosed { .. } => "AwaitedInstanceClosed",
            Self::InstanceAwaitCanceled { .. } => "InstanceAwaitCanceled",
            Self::ChildWorkflowInstanceCreated { .. } => "ChildWorkflowInstanceCreated",
            Self::ChildWorkflowInstanceRestarted { .. } => "ChildWorkflowInstanceRestarted",
            Self::ChildWorkflowInstanceCompleted { .. } => "ChildWorkflowInstanceCompleted",
            Self::ChildWorkflowInstanceFailed { .. } => "ChildWorkflowInstanceFailed",
            Self::ChildWorkflowInstanceCanceled { .. } => "ChildWorkflowInstanceCanceled",
            Self::CustomStatusSet { .. } => "CustomStatusSet",
            Self::TagSet { .. } => "TagSet",
            Self::VersionMarked { .. } => "VersionMarked",
            Self::CompensationRegistered { .. } => "CompensationRegistered",
            Self::CompensationStarted { .. } => "CompensationStarted",
            Self::CompensationEnded { .. } => "CompensationEnded",
            Self::Noted { .. } => "Noted",
            Self::TurnTaken { .. } => "TurnTaken",
        }
    }
}
