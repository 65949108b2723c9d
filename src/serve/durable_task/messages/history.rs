//! Events of a history.

use std::collections::HashMap;

use super::{FailureDetails, Instance, Moment, Nothing, Text};

/// An event. Its number is the one that a worker gave to what it asked for, and -1 for what came from outside.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct HistoryEvent {
    #[prost(int32, tag = "1")]
    pub event_id: i32,
    #[prost(message, optional, tag = "2")]
    pub timestamp: Option<Moment>,
    #[prost(
        oneof = "EventType",
        tags = "3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 20, 21, 22, 31, 32"
    )]
    pub event_type: Option<EventType>,
}

/// The type of an event.
#[derive(Clone, PartialEq, ::prost::Oneof)]
pub enum EventType {
    #[prost(message, tag = "3")]
    ExecutionStarted(ExecutionStarted),
    #[prost(message, tag = "4")]
    ExecutionCompleted(ExecutionCompleted),
    #[prost(message, tag = "5")]
    ExecutionTerminated(ExecutionTerminated),
    #[prost(message, tag = "6")]
    TaskScheduled(TaskScheduled),
    #[prost(message, tag = "7")]
    TaskCompleted(Completed),
    #[prost(message, tag = "8")]
    TaskFailed(Failed),
    #[prost(message, tag = "9")]
    ChildCreated(ChildCreated),
    #[prost(message, tag = "10")]
    ChildCompleted(Completed),
    #[prost(message, tag = "11")]
    ChildFailed(Failed),
    #[prost(message, tag = "12")]
    TimerCreated(TimerCreated),
    #[prost(message, tag = "13")]
    TimerFired(TimerFired),
    #[prost(message, tag = "14")]
    TurnStarted(TurnStarted),
    #[prost(message, tag = "16")]
    EventSent(EventSent),
    #[prost(message, tag = "17")]
    EventRaised(EventRaised),
    #[prost(message, tag = "20")]
    ContinuedAsNew(Words),
    #[prost(message, tag = "21")]
    Suspended(Words),
    #[prost(message, tag = "22")]
    Resumed(Words),
    /// Dapr only.
    #[prost(message, tag = "31")]
    Stalled(Stalled),
    /// Dapr only.
    #[prost(message, tag = "32")]
    DetachedCreated(DetachedCreated),
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ExecutionStarted {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub version: Option<Text>,
    #[prost(message, optional, tag = "3")]
    pub input: Option<Text>,
    #[prost(message, optional, tag = "4")]
    pub instance: Option<Instance>,
    #[prost(message, optional, tag = "5")]
    pub parent: Option<ParentInfo>,
    #[prost(message, optional, tag = "6")]
    pub scheduled_start: Option<Moment>,
    #[prost(map = "string, string", tag = "9")]
    pub tags: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ParentInfo {
    #[prost(int32, tag = "1")]
    pub task_scheduled_id: i32,
    #[prost(message, optional, tag = "2")]
    pub name: Option<Text>,
    #[prost(message, optional, tag = "4")]
    pub instance: Option<Instance>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ExecutionCompleted {
    #[prost(int32, tag = "1")]
    pub status: i32,
    #[prost(message, optional, tag = "2")]
    pub result: Option<Text>,
    #[prost(message, optional, tag = "3")]
    pub failure: Option<FailureDetails>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ExecutionTerminated {
    #[prost(message, optional, tag = "1")]
    pub input: Option<Text>,
    #[prost(bool, tag = "2")]
    pub recurse: bool,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct TaskScheduled {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub version: Option<Text>,
    #[prost(message, optional, tag = "3")]
    pub input: Option<Text>,
}

/// An activity or a child completed.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Completed {
    #[prost(int32, tag = "1")]
    pub task_scheduled_id: i32,
    #[prost(message, optional, tag = "2")]
    pub result: Option<Text>,
}

/// An activity or a child failed.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Failed {
    #[prost(int32, tag = "1")]
    pub task_scheduled_id: i32,
    #[prost(message, optional, tag = "2")]
    pub failure: Option<FailureDetails>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ChildCreated {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub version: Option<Text>,
    #[prost(message, optional, tag = "4")]
    pub input: Option<Text>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct DetachedCreated {
    #[prost(string, tag = "1")]
    pub instance_id: String,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct TimerCreated {
    #[prost(message, optional, tag = "1")]
    pub fire_at: Option<Moment>,
    /// Dapr only.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Dapr only.
    #[prost(oneof = "EventTimerOrigin", tags = "4, 5, 6, 7")]
    pub origin: Option<EventTimerOrigin>,
}

/// What a timer is for, in an event: the numbers of an action's differ.
#[derive(Clone, PartialEq, Eq, ::prost::Oneof)]
pub enum EventTimerOrigin {
    #[prost(message, tag = "4")]
    CreateTimer(Nothing),
    #[prost(message, tag = "5")]
    ExternalEvent(Named),
    #[prost(message, tag = "6")]
    ActivityRetry(Named),
    #[prost(message, tag = "7")]
    ChildRetry(Named),
}

/// A name.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Named {
    #[prost(string, tag = "1")]
    pub name: String,
}

#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct TimerFired {
    #[prost(message, optional, tag = "1")]
    pub fire_at: Option<Moment>,
    #[prost(int32, tag = "2")]
    pub timer_id: i32,
}

/// A worker began to read: its timestamp is the time that the workflow's code sees.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct TurnStarted {
    /// Dapr only.
    #[prost(message, optional, tag = "1")]
    pub version: Option<Version>,
}

/// The code changes that a workflow has passed.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Version {
    #[prost(string, repeated, tag = "1")]
    pub patches: Vec<String>,
    #[prost(string, tag = "2")]
    pub name: String,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct EventSent {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub input: Option<Text>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct EventRaised {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub input: Option<Text>,
}

/// A reason or an input.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Words {
    #[prost(message, optional, tag = "1")]
    pub input: Option<Text>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Stalled {
    #[prost(int32, tag = "1")]
    pub reason: i32,
    #[prost(string, tag = "2")]
    pub description: String,
}
