//! What can happen in a history.

use serde::{Deserialize, Serialize};

use super::{Failure, Tags};
use crate::engine::{EventId, InstanceId, Payload, RetryPolicy, Timeouts, Timestamp};

/// What happened.
///
/// Stored by the names of the variants and the order of their fields: a new field goes to the end of
/// its variant, with `#[serde(default)]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase")]
pub enum EventKind {
    /// The instance began.
    ExecutionStarted {
        /// Name of the workflow.
        name: String,
        /// What the workflow function is given.
        input: Payload,
        /// Which run under the instance's id: 1, 2, ...
        run: u32,
        /// Which version of the workflow, if it has named ones.
        version: Option<String>,
        /// The start of the numbers that [`Context::random`](crate::engine::Context::random) gives.
        seed: u64,
        /// Whose child it is.
        parent: Option<Parent>,
        /// What its history was taken from, if it did not begin by itself.
        fork: Option<Fork>,
        /// Its tags.
        tags: Tags,
        /// When its code begins to run; `None`: at once. Until then it is
        /// [`Pending`](crate::engine::Status::Pending), and a `TimerFired` of this event begins it.
        #[serde(default)]
        start_at: Option<Timestamp>,
        /// The limits that its code can observe, as they were at the start; `None`: the history was
        /// written before they were recorded.
        #[serde(default)]
        limits: Option<RunLimits>,
        /// The custom status of the run before.
        #[serde(default)]
        custom_status: Option<Payload>,
        /// When the instance, with all its runs, is out of time; `None`: never.
        #[serde(default)]
        deadline: Option<Timestamp>,
    },
    /// The workflow function returned.
    ExecutionCompleted {
        /// What it returned.
        output: Payload,
    },
    /// The workflow function returned an error or panicked.
    ExecutionFailed {
        /// The error.
        failure: Failure,
    },
    /// The workflow function ended because somebody had asked it to.
    ExecutionCanceled {
        /// Its last words.
        failure: Failure,
    },
    /// Somebody ended the instance from outside.
    ExecutionTerminated {
        /// Their words.
        reason: String,
    },
    /// The workflow begins again with a new history: the next run of the same instance.
    ContinuedAsNew {
        /// What the next run is given.
        input: Payload,
        /// The next run goes on with the same version of the workflow, not with the newest.
        #[serde(default)]
        keep_version: bool,
    },
    /// Somebody asks the instance to end: its code decides how.
    ExecutionCancelRequested {
        /// Their words.
        reason: String,
        /// Children that are waited for are asked to end as well, and the wait goes on until they
        /// have. Histories of before this was so have `false`.
        #[serde(default)]
        waits_for_children: bool,
    },
    /// The instance has used up its time or its history: what it waits for fails, so that its code
    /// can compensate and end.
    ExecutionLimitReached {
        /// Which limit, as the failure of what is waited for.
        failure: Failure,
    },
    /// Somebody holds the instance: later events are kept in order and not applied.
    ExecutionSuspended {
        /// Their words.
        reason: String,
        /// Timers, timeouts and pauses before retries stand still until it is resumed.
        freeze_time: bool,
    },
    /// Somebody lets the instance go on, or its code agrees with its history again.
    ExecutionResumed {
        /// Their words.
        reason: String,
    },
    /// The workflow's code does not agree with its history; it goes on once that is mended.
    ExecutionStalled {
        /// What was expected, what came, and where.
        reason: String,
    },
    /// The workflow asked for an activity.
    TaskScheduled {
        /// Name of the activity.
        name: String,
        /// What it is given.
        input: Payload,
        /// How its failures are retried; `None`: not at all.
        retry: Option<Box<RetryPolicy>>,
        /// How long it may take.
        timeouts: Timeouts,
    },
    /// An attempt of an activity begins. A second one with the same number means that the process
    /// ended before the first one's result was durable, or that the activity gave the work back.
    TaskStarted {
        /// The `TaskScheduled` that this belongs to.
        scheduled: EventId,
        /// 1, 2, ...
        attempt: u32,
    },
    /// An activity returned.
    TaskCompleted {
        /// The `TaskScheduled` that this closes.
        scheduled: EventId,
        /// What it returned.
        result: Payload,
    },
    /// An attempt of an activity failed.
    TaskFailed {
        /// The `TaskScheduled` that this belongs to.
        scheduled: EventId,
        /// Which attempt.
        attempt: u32,
        /// The error.
        failure: Failure,
        /// When the next attempt begins; `None`: this was the last, the activity is closed.
        retry_at: Option<Timestamp>,
        /// The last that the attempt told of itself.
        heartbeat: Option<Payload>,
    },
    /// An activity has failed so often that its further attempts were counted and not recorded one
    /// by one: this row stands for them.
    TaskAttemptsFolded {
        /// The `TaskScheduled` that this belongs to.
        scheduled: EventId,
        /// The first attempt that was not recorded.
        first: u32,
        /// The last one.
        last: u32,
        /// How the last one ended.
        failure: Failure,
    },
    /// An attempt of an activity told how far it is.
    TaskHeartbeat {
        /// The `TaskScheduled` that this belongs to.
        scheduled: EventId,
        /// Its words, for the attempt after it.
        details: Payload,
    },
    /// The workflow no longer wants an activity's result.
    TaskCanceled {
        /// The `TaskScheduled` that this closes.
        scheduled: EventId,
    },
    /// A durable timer runs.
    TimerCreated {
        /// When it fires; `None`: never, it only marks a wait.
        fire_at: Option<Timestamp>,
        /// What it is for.
        origin: TimerOrigin,
    },
    /// A timer fired.
    TimerFired {
        /// The `TimerCreated` that this closes.
        timer: EventId,
    },
    /// A timer is no longer needed.
    TimerCanceled {
        /// The `TimerCreated` that this closes.
        timer: EventId,
    },
    /// An event came from outside.
    EventRaised {
        /// Its name; names differ only by more than letter case.
        name: String,
        /// Its data.
        input: Payload,
        /// The instance that sent it; `None`: somebody outside the engine.
        from: Option<InstanceId>,
        /// What the caller named the request: a second one of the same name raises nothing.
        #[serde(default)]
        request: Option<String>,
    },
    /// The workflow sent an event to another instance.
    EventSent {
        /// To whom.
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
        /// Why.
        reason: String,
    },
    /// The workflow asked another instance, which need not be its child, to end.
    CancelSent {
        /// Whom.
        target: InstanceId,
        /// Its words.
        reason: String,
    },
    /// The workflow waits for the end of another instance, which need not be its child.
    InstanceAwaited {
        /// For whose.
        target: InstanceId,
    },
    /// An instance that was waited for has ended, or there is none.
    AwaitedInstanceClosed {
        /// The `InstanceAwaited` that this closes.
        awaited: EventId,
        /// What it returned; `None`: it failed.
        output: Option<Payload>,
        /// Why it failed.
        failure: Option<Failure>,
    },
    /// The workflow no longer waits for another instance.
    InstanceAwaitCanceled {
        /// The `InstanceAwaited` that this closes.
        awaited: EventId,
    },
    /// The workflow started another one.
    ChildWorkflowInstanceCreated {
        /// The child's id.
        instance: InstanceId,
        /// Name of its workflow.
        name: String,
        /// What it is given.
        input: Payload,
        /// How its failures are retried, each time as a new instance; `None`: not at all.
        retry: Option<Box<RetryPolicy>>,
        /// What becomes of it when its parent ends.
        on_close: ParentClosePolicy,
        /// The parent does not wait for it.
        detached: bool,
    },
    /// A child that failed is tried again as a new instance.
    ChildWorkflowInstanceRestarted {
        /// The `ChildWorkflowInstanceCreated` that this belongs to.
        created: EventId,
        /// 2, 3, ...
        attempt: u32,
        /// The new child's id.
        instance: InstanceId,
    },
    /// A child returned.
    ChildWorkflowInstanceCompleted {
        /// The `ChildWorkflowInstanceCreated` that this closes.
        created: EventId,
        /// What it returned.
        result: Payload,
    },
    /// A child failed, was canceled or terminated.
    ChildWorkflowInstanceFailed {
        /// The `ChildWorkflowInstanceCreated` that this belongs to.
        created: EventId,
        /// Which attempt.
        attempt: u32,
        /// The error.
        failure: Failure,
        /// When it is tried again; `None`: this was the last, the child is closed.
        retry_at: Option<Timestamp>,
    },
    /// The workflow no longer waits for a child.
    ChildWorkflowInstanceCanceled {
        /// The `ChildWorkflowInstanceCreated` that this closes.
        created: EventId,
    },
    /// The workflow said in a word how it is doing.
    CustomStatusSet {
        /// Its words.
        status: Payload,
    },
    /// The workflow set one of its tags.
    TagSet {
        /// Which.
        name: String,
        /// To what.
        value: String,
    },
    /// The workflow passed a place where its code was changed.
    VersionMarked {
        /// The change.
        change: String,
        /// The version of the code that this run goes on with.
        version: u32,
    },
    /// A step succeeded that a saga knows how to undo.
    CompensationRegistered {
        /// The step.
        name: String,
    },
    /// A step is being undone.
    CompensationStarted {
        /// The `CompensationRegistered` that this belongs to.
        registered: EventId,
    },
    /// A step was undone, or could not be.
    CompensationEnded {
        /// The `CompensationRegistered` that this closes.
        registered: EventId,
        /// Why it could not be undone.
        failure: Option<Failure>,
    },
}

impl EventKind {
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
        }
    }
}

/// Who started a child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parent {
    /// The parent.
    pub instance: InstanceId,
    /// Its `ChildWorkflowInstanceCreated`.
    pub created: EventId,
    /// The parent waits for the child's end and takes it along when it is suspended or ended.
    pub attached: bool,
    /// Which run of the parent; 0: the history was written before it was recorded.
    #[serde(default)]
    pub run: u32,
}

/// Where a history was taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fork {
    /// The instance that the history was taken from.
    pub instance: InstanceId,
    /// Which run of it.
    pub run: u32,
    /// The first event that is not shared with it.
    pub from: EventId,
    /// What that one's history was taken from in its turn.
    pub source: Option<Box<Fork>>,
    /// The start of the random numbers from `from` on; `None`: the source's go on.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// The limits that workflow code can observe. They are recorded when a run starts, so that a replay
/// under other [`Limits`](crate::engine::Limits) sees the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunLimits {
    /// The longest payload in bytes.
    pub payload: u64,
    /// From this many events on the workflow is advised to continue as new.
    pub history_hint: u64,
    /// The most events of its history.
    pub history: u64,
}

/// What becomes of a child that is still open when its parent ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ParentClosePolicy {
    /// It is ended as well.
    #[default]
    Terminate,
    /// It goes on alone.
    Abandon,
    /// It is asked to end.
    RequestCancel,
}

/// What a timer is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum TimerOrigin {
    /// The workflow waits.
    Wait {
        /// What for, in the words of the workflow's author; may be empty.
        name: String,
    },
    /// The workflow waits for an external event.
    ExternalEvent {
        /// The event's name.
        name: String,
    },
    /// The workflow tries something again after a pause.
    Retry {
        /// What it tries again.
        name: String,
        /// The attempt that will follow: 2, 3, ...
        attempt: u32,
    },
    /// The workflow waits for one of several external events.
    ExternalEvents {
        /// Their names, the likeliest first; none: any event.
        names: Vec<String>,
    },
}
