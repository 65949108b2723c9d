//! What is answered. Fields that nobody reads are not described, and skipped.

use super::shared::{Execution, Moment, Named, NamedPayloads, Payload, Payloads};

/// Nothing that anybody reads.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Nothing {}

/// What the server is.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct SystemInfo {
    #[prost(string, tag = "1")]
    pub server_version: String,
}

/// A page of runs.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Workflows {
    #[prost(message, repeated, tag = "1")]
    pub executions: Vec<WorkflowInfo>,
    #[prost(bytes = "vec", tag = "2")]
    pub next_page_token: Vec<u8>,
}

/// A run.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct WorkflowInfo {
    #[prost(message, optional, tag = "1")]
    pub execution: Option<Execution>,
    #[prost(message, optional, tag = "2")]
    pub workflow_type: Option<Named>,
    #[prost(message, optional, tag = "3")]
    pub start_time: Option<Moment>,
    #[prost(message, optional, tag = "4")]
    pub close_time: Option<Moment>,
    #[prost(int32, tag = "5")]
    pub status: i32,
    #[prost(int64, tag = "6")]
    pub history_length: i64,
    #[prost(message, optional, tag = "8")]
    pub parent: Option<Execution>,
    #[prost(message, optional, tag = "10")]
    pub memo: Option<NamedPayloads>,
    #[prost(message, optional, tag = "11")]
    pub search_attributes: Option<NamedPayloads>,
    #[prost(string, tag = "21")]
    pub first_run_id: String,
}

/// How many runs there are.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Counted {
    #[prost(int64, tag = "1")]
    pub count: i64,
    #[prost(message, repeated, tag = "2")]
    pub groups: Vec<CountedGroup>,
}

/// How many runs have these values.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct CountedGroup {
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<Payload>,
    #[prost(int64, tag = "2")]
    pub count: i64,
}

/// A page of a history.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct HistoryPage {
    #[prost(message, optional, tag = "1")]
    pub history: Option<Events>,
    #[prost(message, repeated, tag = "2")]
    pub raw_history: Vec<Blob>,
    #[prost(bytes = "vec", tag = "3")]
    pub next_page_token: Vec<u8>,
}

/// Events, as they are on the wire.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Events {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub events: Vec<Vec<u8>>,
}

/// Events as some servers store and send them.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Blob {
    #[prost(bytes = "vec", tag = "2")]
    pub data: Vec<u8>,
}

/// The state of a run.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct WorkflowDescription {
    #[prost(message, optional, tag = "2")]
    pub info: Option<WorkflowInfo>,
    #[prost(message, repeated, tag = "3")]
    pub pending_activities: Vec<PendingActivity>,
}

/// An activity that has not ended.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct PendingActivity {
    #[prost(string, tag = "1")]
    pub activity_id: String,
    #[prost(int32, tag = "3")]
    pub state: i32,
    #[prost(message, optional, tag = "6")]
    pub last_started_time: Option<Moment>,
    #[prost(int32, tag = "7")]
    pub attempt: i32,
    /// How the attempt before it failed, as it is on the wire.
    #[prost(bytes = "vec", optional, tag = "11")]
    pub last_failure: Option<Vec<u8>>,
    #[prost(message, optional, tag = "17")]
    pub last_attempt_complete_time: Option<Moment>,
    #[prost(message, optional, tag = "18")]
    pub next_attempt_schedule_time: Option<Moment>,
}

/// A run that was started.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct StartedRun {
    #[prost(string, tag = "1")]
    pub run_id: String,
}

/// What the code of a workflow answered.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct QueryAnswer {
    #[prost(message, optional, tag = "1")]
    pub result: Option<Payloads>,
}

/// The states of an activity of which an attempt runs.
pub mod activity_state {
    /// An attempt runs.
    pub const STARTED: i32 = 2;
    /// An attempt runs and should end.
    pub const CANCEL_REQUESTED: i32 = 3;
    /// An attempt runs and should be the last for now.
    pub const PAUSE_REQUESTED: i32 = 5;
}
