//! A worker in Rust: `chain` runs as many activities as its input says, one after the other; `wait` waits for ever.

use std::collections::HashMap;

use tonic::{
    Status, Streaming,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    transport::{Channel, Endpoint},
};
use tonic_prost::ProstCodec;

use crate::messages::{
    Action, ActivityRequest, ActivityResponse, COMPLETED, Complete, GetWorkItems, Nothing,
    STATEFUL_HISTORY, ScheduleTask, Started, TurnRequest, TurnResponse, WorkItem,
};

/// A connection to the server.
pub struct Client(Grpc<Channel>);

impl Client {
    pub async fn connect(address: &str) -> Result<Self, tonic::transport::Error> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
        Ok(Self(Grpc::new(endpoint.connect().await?)))
    }

    /// A bare call: there and back.
    pub async fn hello(&mut self) -> Result<(), Status> {
        self.call("/TaskHubSidecarService/Hello", Nothing {}).await
    }

    async fn call<M>(&mut self, path: &'static str, message: M) -> Result<(), Status>
    where
        M: prost::Message + Default + 'static,
    {
        self.ready().await?;
        let (request, path) = (
            tonic::Request::new(message),
            PathAndQuery::from_static(path),
        );
        let codec = ProstCodec::<M, Nothing>::default();
        self.0.unary(request, path, codec).await?;
        Ok(())
    }

    async fn ready(&mut self) -> Result<(), Status> {
        let ready = self.0.ready().await;
        ready.map_err(|error| Status::unavailable(error.to_string()))
    }

    async fn work(&mut self) -> Result<Streaming<WorkItem>, Status> {
        self.ready().await?;
        let codec = ProstCodec::<GetWorkItems, WorkItem>::default();
        let asked = GetWorkItems {
            capabilities: vec![STATEFUL_HISTORY],
        };
        let path = PathAndQuery::from_static("/TaskHubSidecarService/GetWorkItems");
        let work = self
            .0
            .server_streaming(tonic::Request::new(asked), path, codec);
        Ok(work.await?.into_inner())
    }
}

/// What the code of an instance remembers.
#[derive(Default)]
struct Chain {
    length: Option<i32>,
    done: i32,
}

/// Takes work until the server ends.
pub async fn work(address: String) -> Result<(), Status> {
    let client = Client::connect(&address).await;
    let mut client = client.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut work = client.work().await?;
    let mut chains = HashMap::new();
    while let Some(item) = work.message().await? {
        let token = item.token;
        if let Some(turn) = item.turn {
            let response = take(&mut chains, turn, token);
            client
                .call("/TaskHubSidecarService/CompleteWorkflowTask", response)
                .await?;
        } else if let Some(activity) = item.activity {
            let response = run(activity, token);
            client
                .call("/TaskHubSidecarService/CompleteActivityTask", response)
                .await?;
        }
    }
    Ok(())
}

fn take(chains: &mut HashMap<String, Chain>, turn: TurnRequest, token: String) -> TurnResponse {
    let chain = chains.entry(turn.instance.clone()).or_default();
    if turn.cached.is_none() {
        *chain = Chain::default();
    }
    for event in turn.past.into_iter().chain(turn.new) {
        if let Some(Started { name, input }) = event.started {
            let length = input.and_then(|input| input.value.parse().ok());
            chain.length = length.filter(|_| name == "chain");
        }
        chain.done += i32::from(event.completed.is_some());
    }
    let number = chain.done + 1;
    let action = chain.length.map(|length| match chain.done < length {
        true => Action {
            number,
            schedule: Some(ScheduleTask {
                name: "step".into(),
                input: None,
            }),
            complete: None,
        },
        false => Action {
            number,
            schedule: None,
            complete: Some(Complete { status: COMPLETED }),
        },
    });
    TurnResponse {
        instance: turn.instance,
        actions: action.into_iter().collect(),
        token,
    }
}

fn run(activity: ActivityRequest, token: String) -> ActivityResponse {
    ActivityResponse {
        instance: activity.instance.unwrap_or_default().value,
        number: activity.number,
        result: activity.input,
        token,
    }
}
