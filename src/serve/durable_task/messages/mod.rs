//! Messages of the protocol, in both dialects: Microsoft's and Dapr's. They share the name of the service and
//! most fields. A field whose number means something else in the other dialect is left out, or set for one
//! dialect only.

mod actions;
mod encoded;
mod history;
mod instances;
mod work;

pub(in crate::serve) use actions::*;
pub(in crate::serve) use encoded::{Encoded, append};
pub(in crate::serve) use history::*;
pub(in crate::serve) use instances::*;
pub(in crate::serve) use work::*;

/// Text that may be absent: `google.protobuf.StringValue`.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Text {
    #[prost(string, tag = "1")]
    pub value: String,
}

/// A moment: `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct Moment {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// A truth that may be absent: `google.protobuf.BoolValue`.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct Truth {
    #[prost(bool, tag = "1")]
    pub value: bool,
}

/// Nothing that anybody reads.
#[derive(Clone, Copy, PartialEq, Eq, ::prost::Message)]
pub struct Nothing {}

/// An instance.
#[derive(Clone, PartialEq, Eq, ::prost::Message)]
pub struct Instance {
    #[prost(string, tag = "1")]
    pub instance_id: String,
    #[prost(message, optional, tag = "2")]
    pub execution_id: Option<Text>,
}

/// A failure.
#[derive(Clone, PartialEq, ::prost::Message)]
pub struct FailureDetails {
    #[prost(string, tag = "1")]
    pub error_type: String,
    #[prost(string, tag = "2")]
    pub error_message: String,
    #[prost(message, optional, tag = "3")]
    pub stack_trace: Option<Text>,
    #[prost(message, optional, boxed, tag = "4")]
    pub inner_failure: Option<Box<FailureDetails>>,
    #[prost(bool, tag = "5")]
    pub is_non_retriable: bool,
    /// Values of `google.protobuf.Value`, as their bytes: they are only passed on.
    #[prost(map = "string, message", tag = "6")]
    pub properties: std::collections::HashMap<String, Encoded>,
}
