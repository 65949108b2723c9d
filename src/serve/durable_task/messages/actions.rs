//! What a worker asks for.

use std::collections::HashMap;

use super::{FailureDetails, HistoryEvent, Instance, Moment, Named, Nothing, Text};

/// The answer of a turn.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct TurnResponse {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(message, repeated, tag = "2")]
    pub actions: Vec<Action>,
    #[prost(message, optional, tag = "3")]
    pub custom_status: Option<Text>,
    #[prost(string, tag = "4")]
    pub completion_token: String,
    /// Dapr's [`Version`](super::Version); another message in Microsoft's dialect.
    #[prost(bytes = "vec", tag = "6")]
    pub version: Vec<u8>,
    /// Microsoft only: more actions of the same turn follow.
    #[prost(bool, tag = "8")]
    pub is_partial: bool,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Action {
    #[prost(int32, tag = "1")]
    pub id: i32,
    #[prost(oneof = "ActionType", tags = "2, 3, 4, 5, 6, 7, 8, 10, 11")]
    pub action: Option<ActionType>,
}

#[derive(Clone, PartialEq, ::prost::Oneof)]
pub enum ActionType {
    #[prost(message, tag = "2")]
    ScheduleTask(ScheduleTask),
    #[prost(message, tag = "3")]
    CreateChild(CreateChild),
    #[prost(message, tag = "4")]
    CreateTimer(CreateTimer),
    #[prost(message, tag = "5")]
    SendEvent(SendEvent),
    #[prost(message, tag = "6")]
    Complete(Box<Complete>),
    #[prost(message, tag = "7")]
    Terminate(Nothing),
    /// Microsoft only.
    #[prost(message, tag = "8")]
    SendEntityMessage(Nothing),
    /// Dapr only.
    #[prost(message, tag = "10")]
    VersionNotAvailable(Nothing),
    /// Dapr only.
    #[prost(message, tag = "11")]
    CreateDetached(CreateDetached),
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ScheduleTask {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub input: Option<Text>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct CreateChild {
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
pub struct CreateDetached {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub version: Option<Text>,
    #[prost(message, optional, tag = "4")]
    pub input: Option<Text>,
    #[prost(map = "string, string", tag = "7")]
    pub tags: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct CreateTimer {
    #[prost(message, optional, tag = "1")]
    pub fire_at: Option<Moment>,
    /// Dapr only.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Dapr only.
    #[prost(oneof = "ActionTimerOrigin", tags = "3, 4, 5, 6")]
    pub origin: Option<ActionTimerOrigin>,
}

/// What a timer is for.
#[derive(Clone, PartialEq, Eq, ::prost::Oneof)]
pub enum ActionTimerOrigin {
    #[prost(message, tag = "3")]
    CreateTimer(Nothing),
    #[prost(message, tag = "4")]
    ExternalEvent(Named),
    #[prost(message, tag = "5")]
    ActivityRetry(Named),
    #[prost(message, tag = "6")]
    ChildRetry(Named),
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct SendEvent {
    #[prost(message, optional, tag = "1")]
    pub instance: Option<Instance>,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub data: Option<Text>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Complete {
    #[prost(int32, tag = "1")]
    pub status: i32,
    #[prost(message, optional, tag = "2")]
    pub result: Option<Text>,
    #[prost(message, optional, tag = "4")]
    pub new_version: Option<Text>,
    #[prost(message, repeated, tag = "5")]
    pub carryover_events: Vec<HistoryEvent>,
    #[prost(message, optional, tag = "6")]
    pub failure: Option<FailureDetails>,
}
