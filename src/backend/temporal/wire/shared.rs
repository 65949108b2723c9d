//! Messages that requests and answers have in common.

use std::collections::{BTreeMap, HashMap};

use crate::engine::Timestamp;

/// A workflow, and one of its runs; an empty run: the latest.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Execution {
    #[prost(string, tag = "1")]
    pub workflow_id: String,
    #[prost(string, tag = "2")]
    pub run_id: String,
}

/// Something with a name: the type of a workflow or an activity, a task queue.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Named {
    #[prost(string, tag = "1")]
    pub name: String,
}

/// Data with its encoding.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Payload {
    #[prost(map = "string, bytes", tag = "1")]
    pub metadata: HashMap<String, Vec<u8>>,
    #[prost(bytes = "vec", tag = "2")]
    pub data: Vec<u8>,
}

/// Several data.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Payloads {
    #[prost(message, repeated, tag = "1")]
    pub payloads: Vec<Payload>,
}

/// Data with names: a memo, or search attributes.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct NamedPayloads {
    #[prost(map = "string, message", tag = "1")]
    pub fields: HashMap<String, Payload>,
}

/// A moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ::prost::Message)]
pub struct Moment {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl Payload {
    /// Data as JSON.
    pub fn json(data: &serde_json::Value) -> Self {
        let encoding = ("encoding".to_owned(), b"json/plain".to_vec());
        Self {
            metadata: HashMap::from([encoding]),
            data: data.to_string().into_bytes(),
        }
    }
}

impl NamedPayloads {
    /// The data in the order of their names.
    pub fn sorted(self) -> BTreeMap<String, Payload> {
        self.fields.into_iter().collect()
    }
}

impl Moment {
    /// As a time of this engine. What lies before 1970 counts as 1970.
    pub fn timestamp(self) -> Timestamp {
        let nanos = i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos);
        let latest = u64::MAX / 2;
        let nanos = u64::try_from(nanos.max(0)).unwrap_or(latest);
        Timestamp(nanos.min(latest))
    }
}
