//! Requests and replies.
//!
//! A connection carries one request and its replies. Each is one line of JSON with the version of the
//! protocol. The server sends any number of items, then `done` or `error`, and closes the connection:
//!
//! ```json
//! {"version":1,"request":{"history":{"id":"order-1","run":null}}}
//! {"version":1,"reply":{"item":{"eventId":0,"type":"ExecutionStarted"}}}
//! {"version":1,"reply":{"done":{}}}
//! ```

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{FaultRequest, Operation, Outcome, WindowRequest};
use crate::engine::{InstanceId, Search};

/// The version of the protocol. A server refuses requests of any other.
pub(super) const VERSION: u32 = 1;

/// The longest request in bytes: an event's data may have 4 MiB, and JSON escapes some of its bytes.
pub(super) const MAX_REQUEST_BYTES: usize = 16 << 20;

/// The longest reply in bytes: an event may carry several payloads.
pub(super) const MAX_REPLY_BYTES: usize = 128 << 20;

/// A request to a running program.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Request {
    /// Instances that match a search, newest first. Each item is a summary.
    Search(SearchRequest),
    /// The history of an instance. Each item is an event.
    History(HistoryRequest),
    /// Reads the whole store. The item is a [`VerifyReport`].
    Verify,
    /// A command to an instance.
    Operate(Operation),
    /// Injected faults. Each item is a [`FaultReport`](super::FaultReport).
    Fault(FaultRequest),
    /// Shows the window. The item is a [`WindowShown`](super::WindowShown).
    ShowWindow(WindowRequest),
}

/// Which instances to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchRequest {
    /// What they have to match.
    pub search: Search,
    /// The most to list; `None`: all.
    pub limit: Option<usize>,
}

/// Which history to read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HistoryRequest {
    /// The instance.
    pub id: InstanceId,
    /// The run, from 1; `None`: the latest.
    pub run: Option<u32>,
}

/// The result of reading a whole store.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// How many runs of instances there are.
    pub instances: u64,
    /// How many events could be read.
    pub events: u64,
    /// What is damaged.
    pub damage: Vec<DamageReport>,
}

/// One damage.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DamageReport {
    /// The instance it belongs to, if that is known.
    pub instance: Option<InstanceId>,
    /// What is wrong, and where.
    pub message: String,
}

/// A request as it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RequestLine {
    pub version: u32,
    /// Read once the version is known.
    pub request: Box<RawValue>,
}

/// A reply as it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReplyLine {
    pub version: u32,
    pub reply: Reply,
}

/// A part of an answer, or its end.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reply {
    Item(Box<RawValue>),
    Done(Outcome),
    Error(String),
}

impl ReplyLine {
    pub fn new(reply: Reply) -> Self {
        Self {
            version: VERSION,
            reply,
        }
    }
}

impl From<crate::engine::Verified> for VerifyReport {
    fn from(verified: crate::engine::Verified) -> Self {
        let damage = verified.damage.into_iter().map(|damage| DamageReport {
            message: damage.to_string(),
            instance: damage.instance,
        });
        Self {
            instances: verified.instances,
            events: verified.events,
            damage: damage.collect(),
        }
    }
}
