//! Work that workers take.

use super::{Encoded, FailureDetails, Instance, Nothing, Text};

/// A worker asks for work.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct GetWorkItems {
    /// Microsoft only, as the next one.
    #[prost(int32, tag = "1")]
    pub max_turns: i32,
    #[prost(int32, tag = "2")]
    pub max_activities: i32,
    #[prost(int32, tag = "3")]
    pub max_entities: i32,
    /// Dapr only.
    #[prost(int32, repeated, tag = "4")]
    pub dapr_capabilities: Vec<i32>,
    /// Microsoft only, as the next ones.
    #[prost(int32, repeated, tag = "10")]
    pub capabilities: Vec<i32>,
    #[prost(message, optional, tag = "11")]
    pub filters: Option<Filters>,
    #[prost(string, tag = "12")]
    pub worker_instance_id: String,
}

/// What a worker takes. Microsoft only.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Filters {
    #[prost(message, repeated, tag = "1")]
    pub workflows: Vec<Filter>,
    #[prost(message, repeated, tag = "2")]
    pub activities: Vec<Filter>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Filter {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, repeated, tag = "2")]
    pub versions: Vec<String>,
}

/// A piece of work.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct WorkItem {
    /// A [`TurnRequest`].
    #[prost(message, optional, tag = "1")]
    pub turn: Option<Encoded>,
    #[prost(message, optional, tag = "2")]
    pub activity: Option<ActivityRequest>,
    /// Microsoft's number.
    #[prost(message, optional, tag = "4")]
    pub health_ping: Option<Nothing>,
    /// Dapr's number.
    #[prost(message, optional, tag = "6")]
    pub dapr_health_ping: Option<Nothing>,
    #[prost(string, tag = "10")]
    pub completion_token: String,
}

/// A turn. The events of a history follow as bytes.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct TurnRequest {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(message, optional, tag = "2")]
    pub execution_id: Option<Text>,
    /// Dapr only.
    #[prost(message, optional, tag = "9")]
    pub cached_history: Option<CachedHistory>,
}

impl TurnRequest {
    /// The field of events that the worker has read.
    pub const PAST_EVENTS: u32 = 3;
    /// The field of events that are new to it.
    pub const NEW_EVENTS: u32 = 4;
}

/// How many events the worker has kept from turns before.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct CachedHistory {
    #[prost(int32, tag = "1")]
    pub event_count: i32,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ActivityRequest {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub input: Option<Text>,
    #[prost(message, optional, tag = "4")]
    pub instance: Option<Instance>,
    #[prost(int32, tag = "5")]
    pub task_id: i32,
    /// Dapr only: the number is another field of Microsoft's.
    #[prost(string, tag = "7")]
    pub task_execution_id: String,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct ActivityResponse {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(int32, tag = "2")]
    pub task_id: i32,
    #[prost(message, optional, tag = "3")]
    pub result: Option<Text>,
    #[prost(message, optional, tag = "4")]
    pub failure: Option<FailureDetails>,
    #[prost(string, tag = "5")]
    pub completion_token: String,
}

/// A worker gives a piece of work back.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Abandon {
    #[prost(string, tag = "1")]
    pub completion_token: String,
}
