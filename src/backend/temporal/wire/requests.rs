//! What is asked.

use std::time::Duration;

use super::shared::{Execution, Named, Payloads};

/// What the server is.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct GetSystemInfo {}

/// What a namespace is.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct DescribeNamespace {
    #[prost(string, tag = "1")]
    pub namespace: String,
}

/// A page of runs.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ListWorkflows {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(int32, tag = "2")]
    pub page_size: i32,
    #[prost(bytes = "vec", tag = "3")]
    pub next_page_token: Vec<u8>,
    #[prost(string, tag = "4")]
    pub query: String,
}

/// How many runs there are.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct CountWorkflows {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(string, tag = "2")]
    pub query: String,
}

/// A page of a history.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct GetHistory {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(message, optional, tag = "2")]
    pub execution: Option<Execution>,
    #[prost(int32, tag = "3")]
    pub page_size: i32,
    #[prost(bytes = "vec", tag = "4")]
    pub next_page_token: Vec<u8>,
    #[prost(bool, tag = "5")]
    pub wait_new_event: bool,
    #[prost(bool, tag = "7")]
    pub skip_archival: bool,
}

/// The state of a run.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct DescribeWorkflow {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(message, optional, tag = "2")]
    pub execution: Option<Execution>,
}

/// A signal.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct SignalWorkflow {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(message, optional, tag = "2")]
    pub execution: Option<Execution>,
    #[prost(string, tag = "3")]
    pub signal_name: String,
    #[prost(message, optional, tag = "4")]
    pub input: Option<Payloads>,
    #[prost(string, tag = "5")]
    pub identity: String,
    #[prost(string, tag = "6")]
    pub request_id: String,
}

/// A request to end.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct RequestCancel {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(message, optional, tag = "2")]
    pub execution: Option<Execution>,
    #[prost(string, tag = "3")]
    pub identity: String,
    #[prost(string, tag = "4")]
    pub request_id: String,
    #[prost(string, tag = "6")]
    pub reason: String,
}

/// The end at once.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct TerminateWorkflow {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(message, optional, tag = "2")]
    pub execution: Option<Execution>,
    #[prost(string, tag = "3")]
    pub reason: String,
    #[prost(string, tag = "5")]
    pub identity: String,
}

/// A new run that shares the history before an event.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct ResetWorkflow {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(message, optional, tag = "2")]
    pub execution: Option<Execution>,
    #[prost(string, tag = "3")]
    pub reason: String,
    #[prost(int64, tag = "4")]
    pub workflow_task_finish_event_id: i64,
    #[prost(string, tag = "5")]
    pub request_id: String,
    #[prost(string, tag = "9")]
    pub identity: String,
}

/// The start of a workflow.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct StartWorkflow {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(string, tag = "2")]
    pub workflow_id: String,
    #[prost(message, optional, tag = "3")]
    pub workflow_type: Option<Named>,
    #[prost(message, optional, tag = "4")]
    pub task_queue: Option<Named>,
    #[prost(message, optional, tag = "5")]
    pub input: Option<Payloads>,
    #[prost(message, optional, tag = "8")]
    pub task_timeout: Option<Span>,
    #[prost(string, tag = "9")]
    pub identity: String,
    #[prost(string, tag = "10")]
    pub request_id: String,
}

/// A length of time.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Span {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

impl Span {
    /// A length of time as it is on the wire. It has at most as many seconds as fit there.
    pub fn of(length: Duration) -> Self {
        Self {
            seconds: i64::try_from(length.as_secs()).unwrap_or(i64::MAX),
            nanos: i32::try_from(length.subsec_nanos()).unwrap_or_default(),
        }
    }
}

/// A pause, or its end.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct PauseWorkflow {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(string, tag = "2")]
    pub workflow_id: String,
    #[prost(string, tag = "3")]
    pub run_id: String,
    #[prost(string, tag = "4")]
    pub identity: String,
    #[prost(string, tag = "5")]
    pub reason: String,
    #[prost(string, tag = "6")]
    pub request_id: String,
}

/// A question to the code of a workflow.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct QueryWorkflow {
    #[prost(string, tag = "1")]
    pub namespace: String,
    #[prost(message, optional, tag = "2")]
    pub execution: Option<Execution>,
    #[prost(message, optional, tag = "3")]
    pub query: Option<Named>,
}
