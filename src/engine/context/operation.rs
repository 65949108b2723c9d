//! Operations of workflow code.

use std::{task::Waker, time::Duration};

use super::listener::{ListenerId, RaisedEvent};
use crate::engine::{
    Failure, InstanceId, Payload, TimerOrigin,
    activity::ActivityFn,
    command::{NewChild, NewTask, OperationKind, RetryPredicate},
};

/// An operation that has not been started.
pub(in crate::engine) enum NewOperation {
    Failed(Failure),
    Activity(Box<NewTask>),
    Timer(Duration, TimerOrigin),
    Event(String, Option<Duration>, Fits),
    NextEvent(ListenerId, Vec<String>, Option<Duration>),
    Child(Box<NewChild>),
    /// Waits for another instance to close.
    AwaitInstance(InstanceId),
    Canceled,
}

impl NewOperation {
    pub fn kind(&self) -> OperationKind {
        match self {
            Self::Activity(_) => OperationKind::Task,
            Self::Timer(..) | Self::Event(..) | Self::NextEvent(..) => OperationKind::Timer,
            Self::Child(_) => OperationKind::Child,
            Self::AwaitInstance(_) => OperationKind::Instance,
            Self::Canceled | Self::Failed(_) => OperationKind::Unrecorded,
        }
    }
}

/// Checks whether a payload has the type that a wait expects.
pub(in crate::engine) type Fits = fn(&Payload) -> bool;

/// How an operation was closed by the history.
pub(in crate::engine) enum Resolution {
    Returned(Payload),
    Received(RaisedEvent),
    Failed(Failure),
    Fired,
}

/// What a parent is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum ChildWaits {
    /// The next attempt of the child.
    ForRetry,
    /// The result of the child.
    ForEnd,
}

/// A started operation.
pub(super) struct Operation {
    pub kind: OperationKind,
    pub stage: Stage,
    pub retry_if: Option<RetryPredicate>,
    /// The function of an inline activity.
    pub function: Option<ActivityFn>,
    /// It was started inside a shield: cancel requests do not affect it.
    pub shielded: bool,
    pub cancel: ChildCancel,
}

/// The stage of a started operation.
pub(super) enum Stage {
    Waiting(Waker),
    Resolved(Resolution),
}

/// What a cancel request does to an awaited child.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ChildCancel {
    /// Cancellation of the child is requested and the wait continues.
    Wait,
    /// Cancellation of the child was requested.
    Requested,
    /// No child is running, or it is abandoned: the wait fails.
    Abandon,
}
