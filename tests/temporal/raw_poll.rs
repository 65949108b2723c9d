//! A long poll of a run and nothing else: how fast the server itself tells what happens.

use std::time::Duration;

use fermata::engine::Timestamp;
use tonic::{
    Request,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    transport::{Channel, Endpoint},
};
use tonic_prost::ProstCodec;

use super::harness::Server;

#[derive(Clone, PartialEq, prost::Message)]
struct Execution {
    #[prost(string, tag = "1")]
    workflow_id: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Question {
    #[prost(string, tag = "1")]
    namespace: String,
    #[prost(message, optional, tag = "2")]
    execution: Option<Execution>,
    #[prost(bytes = "vec", tag = "4")]
    token: Vec<u8>,
    #[prost(bool, tag = "5")]
    wait_new_event: bool,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Answer {
    #[prost(message, optional, tag = "1")]
    history: Option<Events>,
    #[prost(bytes = "vec", tag = "3")]
    token: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Events {
    #[prost(message, repeated, tag = "1")]
    events: Vec<Event>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Event {
    #[prost(message, optional, tag = "2")]
    time: Option<Moment>,
    #[prost(int32, tag = "3")]
    event_type: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Moment {
    #[prost(int64, tag = "1")]
    seconds: i64,
    #[prost(int32, tag = "2")]
    nanos: i32,
}

/// The number of the type of an activity's start, which is recorded with its end.
const ACTIVITY_STARTED: i32 = 11;

/// A connection of its own.
pub fn connect(server: &Server) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address()));
    endpoint.unwrap().tcp_nodelay(true).connect_lazy()
}

/// How long after they happened the events of a run arrive, from the second answer on, until it ends.
pub async fn latencies(
    channel: Channel,
    workflow: String,
    now: impl Fn() -> Timestamp,
) -> Vec<Duration> {
    let mut found = Vec::new();
    let (mut token, mut is_first) = (Vec::new(), true);
    loop {
        let question = Question {
            namespace: "default".to_owned(),
            execution: Some(Execution {
                workflow_id: workflow.clone(),
            }),
            token,
            wait_new_event: true,
        };
        let mut grpc = Grpc::new(channel.clone());
        grpc.ready().await.unwrap();
        let method = "/temporal.api.workflowservice.v1.WorkflowService/GetWorkflowExecutionHistory";
        let path = PathAndQuery::from_static(method);
        let codec = ProstCodec::<Question, Answer>::default();
        let answer = grpc.unary(Request::new(question), path, codec).await;
        let answer = answer.unwrap().into_inner();
        let arrived = now();
        let events = answer.history.unwrap_or_default().events;
        let events = events.into_iter().filter(|_| !is_first);
        let events = events.filter(|event| event.event_type != ACTIVITY_STARTED);
        found.extend(events.map(|event| {
            let time = event.time.unwrap_or_default();
            let nanos = time.seconds * 1_000_000_000 + i64::from(time.nanos);
            arrived.since(Timestamp(u64::try_from(nanos).unwrap()))
        }));
        is_first = false;
        token = answer.token;
        if token.is_empty() {
            return found;
        }
    }
}
