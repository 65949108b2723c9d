//! Events of store format 2, frozen. Do not change: the order of variants and fields is the format.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::OldPayload as Payload;

pub(super) type Tags = BTreeMap<String, String>;

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum EventKind {
    ExecutionStarted {
        name: String,
        input: Payload,
        run: u32,
        version: Option<String>,
        seed: u64,
        parent: Option<Parent>,
        fork: Option<Fork>,
        tags: Tags,
    },
    ExecutionCompleted {
        output: Payload,
    },
    ExecutionFailed {
        failure: Failure,
    },
    ExecutionCanceled {
        failure: Failure,
    },
    ExecutionTerminated {
        reason: String,
    },
    ContinuedAsNew {
        input: Payload,
    },
    ExecutionCancelRequested {
        reason: String,
    },
    ExecutionSuspended {
        reason: String,
        freeze_time: bool,
    },
    ExecutionResumed {
        reason: String,
    },
    ExecutionStalled {
        reason: String,
    },
    TaskScheduled {
        name: String,
        input: Payload,
        retry: Option<Box<RetryPolicy>>,
        timeouts: Timeouts,
    },
    TaskStarted {
        scheduled: u64,
        attempt: u32,
    },
    TaskCompleted {
        scheduled: u64,
        result: Payload,
    },
    TaskFailed {
        scheduled: u64,
        attempt: u32,
        failure: Failure,
        retry_at: Option<u64>,
        heartbeat: Option<Payload>,
    },
    TaskHeartbeat {
        scheduled: u64,
        details: Payload,
    },
    TaskCanceled {
        scheduled: u64,
    },
    TimerCreated {
        fire_at: Option<u64>,
        origin: TimerOrigin,
    },
    TimerFired {
        timer: u64,
    },
    TimerCanceled {
        timer: u64,
    },
    EventRaised {
        name: String,
        input: Payload,
        from: Option<String>,
    },
    EventSent {
        target: String,
        name: String,
        input: Payload,
    },
    ChildWorkflowInstanceCreated {
        instance: String,
        name: String,
        input: Payload,
        retry: Option<Box<RetryPolicy>>,
        on_close: ParentClosePolicy,
        detached: bool,
    },
    ChildWorkflowInstanceRestarted {
        created: u64,
        attempt: u32,
        instance: String,
    },
    ChildWorkflowInstanceCompleted {
        created: u64,
        result: Payload,
    },
    ChildWorkflowInstanceFailed {
        created: u64,
        attempt: u32,
        failure: Failure,
        retry_at: Option<u64>,
    },
    ChildWorkflowInstanceCanceled {
        created: u64,
    },
    CustomStatusSet {
        status: Payload,
    },
    TagSet {
        name: String,
        value: String,
    },
    VersionMarked {
        change: String,
        version: u32,
    },
    CompensationRegistered {
        name: String,
    },
    CompensationStarted {
        registered: u64,
    },
    CompensationEnded {
        registered: u64,
        failure: Option<Failure>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Parent {
    instance: String,
    created: u64,
    attached: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Fork {
    instance: String,
    run: u32,
    from: u64,
    source: Option<Box<Fork>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum ParentClosePolicy {
    Terminate,
    Abandon,
    RequestCancel,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum TimerOrigin {
    Wait { name: String },
    ExternalEvent { name: String },
    Retry { name: String, attempt: u32 },
    ExternalEvents { names: Vec<String> },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    error_type: String,
    message: String,
    details: Option<Payload>,
    non_retryable: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RetryPolicy {
    max_attempts: u32,
    initial_interval: Duration,
    backoff_coefficient: f64,
    max_interval: Duration,
    retry_timeout: Option<Duration>,
    jitter: f64,
    non_retryable: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Timeouts {
    schedule_to_start: Option<Duration>,
    start_to_close: Option<Duration>,
    schedule_to_close: Option<Duration>,
    heartbeat: Option<Duration>,
}
