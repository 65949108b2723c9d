//! As much of the protocol as a worker of this program needs.

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Nothing {}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Text {
    #[prost(string, tag = "1")]
    pub value: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct GetWorkItems {
    #[prost(int32, repeated, tag = "4")]
    pub capabilities: Vec<i32>,
}

/// The worker keeps the past of its instances.
pub const STATEFUL_HISTORY: i32 = 2;

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct WorkItem {
    #[prost(message, optional, tag = "1")]
    pub turn: Option<TurnRequest>,
    #[prost(message, optional, tag = "2")]
    pub activity: Option<ActivityRequest>,
    #[prost(string, tag = "10")]
    pub token: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TurnRequest {
    #[prost(string, tag = "1")]
    pub instance: String,
    #[prost(message, repeated, tag = "3")]
    pub past: Vec<HistoryEvent>,
    #[prost(message, repeated, tag = "4")]
    pub new: Vec<HistoryEvent>,
    /// What is left out because the worker has it.
    #[prost(message, optional, tag = "9")]
    pub cached: Option<CachedHistory>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct CachedHistory {
    #[prost(int32, tag = "1")]
    pub events: i32,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct HistoryEvent {
    #[prost(message, optional, tag = "3")]
    pub started: Option<Started>,
    #[prost(message, optional, tag = "7")]
    pub completed: Option<Nothing>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Started {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub input: Option<Text>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TurnResponse {
    #[prost(string, tag = "1")]
    pub instance: String,
    #[prost(message, repeated, tag = "2")]
    pub actions: Vec<Action>,
    #[prost(string, tag = "4")]
    pub token: String,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Action {
    #[prost(int32, tag = "1")]
    pub number: i32,
    #[prost(message, optional, tag = "2")]
    pub schedule: Option<ScheduleTask>,
    #[prost(message, optional, tag = "6")]
    pub complete: Option<Complete>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ScheduleTask {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub input: Option<Text>,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Complete {
    #[prost(int32, tag = "1")]
    pub status: i32,
}

/// The status of an instance that has completed.
pub const COMPLETED: i32 = 1;

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ActivityRequest {
    #[prost(message, optional, tag = "3")]
    pub input: Option<Text>,
    #[prost(message, optional, tag = "4")]
    pub instance: Option<Text>,
    #[prost(int32, tag = "5")]
    pub number: i32,
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ActivityResponse {
    #[prost(string, tag = "1")]
    pub instance: String,
    #[prost(int32, tag = "2")]
    pub number: i32,
    #[prost(message, optional, tag = "3")]
    pub result: Option<Text>,
    #[prost(string, tag = "5")]
    pub token: String,
}
