//! What clients ask for, and their answers.

use std::collections::HashMap;

use super::{FailureDetails, HistoryEvent, Moment, Text, Truth};

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct CreateInstance {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub version: Option<Text>,
    #[prost(message, optional, tag = "4")]
    pub input: Option<Text>,
    #[prost(message, optional, tag = "5")]
    pub start_at: Option<Moment>,
    /// Microsoft only.
    #[prost(message, optional, tag = "6")]
    pub reuse: Option<ReusePolicy>,
    #[prost(map = "string, string", tag = "8")]
    pub tags: HashMap<String, String>,
}

/// The statuses in which an instance gives way to a new one with its id.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ReusePolicy {
    #[prost(int32, repeated, tag = "1")]
    pub replaceable: Vec<i32>,
}

/// The id of an instance.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct InstanceRef {
    #[prost(string, tag = "1")]
    pub instance_id: String,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct GetInstance {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(bool, tag = "2")]
    pub with_payloads: bool,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct InstanceAnswer {
    #[prost(bool, tag = "1")]
    pub exists: bool,
    #[prost(message, optional, tag = "2")]
    pub state: Option<InstanceState>,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct InstanceState {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub version: Option<Text>,
    #[prost(int32, tag = "4")]
    pub status: i32,
    #[prost(message, optional, tag = "5")]
    pub scheduled_start: Option<Moment>,
    #[prost(message, optional, tag = "6")]
    pub created: Option<Moment>,
    #[prost(message, optional, tag = "7")]
    pub last_updated: Option<Moment>,
    #[prost(message, optional, tag = "8")]
    pub input: Option<Text>,
    #[prost(message, optional, tag = "9")]
    pub output: Option<Text>,
    #[prost(message, optional, tag = "10")]
    pub custom_status: Option<Text>,
    #[prost(message, optional, tag = "11")]
    pub failure: Option<FailureDetails>,
    #[prost(message, optional, tag = "13")]
    pub completed: Option<Moment>,
    #[prost(message, optional, tag = "14")]
    pub parent: Option<Text>,
    #[prost(map = "string, string", tag = "15")]
    pub tags: HashMap<String, String>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct RaiseEvent {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub input: Option<Text>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Terminate {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(message, optional, tag = "2")]
    pub output: Option<Text>,
    #[prost(bool, tag = "3")]
    pub recursive: bool,
}

/// Suspend, resume or rewind an instance.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct WithReason {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(message, optional, tag = "2")]
    pub reason: Option<Text>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct PurgeInstances {
    #[prost(string, optional, tag = "1")]
    pub instance_id: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub filter: Option<PurgeFilter>,
    #[prost(bool, tag = "3")]
    pub recursive: bool,
}

/// Many instances to purge, of Microsoft's dialect: the number is another field of Dapr's.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct PurgeBatch {
    #[prost(message, optional, tag = "4")]
    pub batch: Option<InstanceBatch>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct InstanceBatch {
    #[prost(string, repeated, tag = "1")]
    pub instance_ids: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct PurgeFilter {
    #[prost(message, optional, tag = "1")]
    pub created_from: Option<Moment>,
    #[prost(message, optional, tag = "2")]
    pub created_to: Option<Moment>,
    #[prost(int32, repeated, tag = "3")]
    pub statuses: Vec<i32>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Purged {
    #[prost(int32, tag = "1")]
    pub count: i32,
    #[prost(message, optional, tag = "2")]
    pub is_complete: Option<Truth>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct QueryInstances {
    #[prost(message, optional, tag = "1")]
    pub query: Option<InstanceQuery>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct InstanceQuery {
    #[prost(int32, repeated, tag = "1")]
    pub statuses: Vec<i32>,
    #[prost(message, optional, tag = "2")]
    pub created_from: Option<Moment>,
    #[prost(message, optional, tag = "3")]
    pub created_to: Option<Moment>,
    #[prost(int32, tag = "5")]
    pub most: i32,
    #[prost(message, optional, tag = "6")]
    pub token: Option<Text>,
    #[prost(message, optional, tag = "7")]
    pub id_prefix: Option<Text>,
    #[prost(bool, tag = "8")]
    pub with_payloads: bool,
}

#[derive(Clone, PartialEq, ::prost::Message)]
pub struct QueryAnswer {
    #[prost(message, repeated, tag = "1")]
    pub states: Vec<InstanceState>,
    #[prost(message, optional, tag = "2")]
    pub token: Option<Text>,
}

/// Microsoft's list of ids.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ListInstanceIds {
    #[prost(int32, repeated, tag = "1")]
    pub statuses: Vec<i32>,
    #[prost(message, optional, tag = "2")]
    pub completed_from: Option<Moment>,
    #[prost(message, optional, tag = "3")]
    pub completed_to: Option<Moment>,
    #[prost(int32, tag = "4")]
    pub page_size: i32,
    #[prost(message, optional, tag = "5")]
    pub last_key: Option<Text>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct InstanceIds {
    #[prost(string, repeated, tag = "1")]
    pub instance_ids: Vec<String>,
    #[prost(message, optional, tag = "2")]
    pub last_key: Option<Text>,
}

/// Dapr's list of ids.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct DaprListInstanceIds {
    #[prost(string, tag = "1")]
    pub token: String,
    #[prost(uint32, tag = "2")]
    pub page_size: u32,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct DaprInstanceIds {
    #[prost(string, repeated, tag = "1")]
    pub instance_ids: Vec<String>,
    #[prost(string, tag = "2")]
    pub token: String,
}

/// A history, or a part of one.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct Events {
    #[prost(message, repeated, tag = "1")]
    pub events: Vec<HistoryEvent>,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Restart {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(bool, tag = "2")]
    pub with_new_id: bool,
}

#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Rerun {
    #[prost(string, tag = "1")]
    pub source: String,
    #[prost(uint32, tag = "2")]
    pub event_id: u32,
    #[prost(string, tag = "3")]
    pub new_id: String,
    #[prost(message, optional, tag = "4")]
    pub input: Option<Text>,
    #[prost(bool, tag = "5")]
    pub overwrite_input: bool,
}
