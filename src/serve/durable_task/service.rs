//! The service `TaskHubSidecarService`, in both dialects.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{Stream, StreamExt, stream};
use prost::bytes::Bytes;
use tonic::{
    Request, Response, Status,
    body::Body,
    codegen::{Service, http},
    server::{Grpc, ServerStreamingService, UnaryService},
};

use super::{
    clients::Clients,
    messages::{Abandon, ActivityResponse, Events, InstanceRef, Nothing, TurnResponse},
    reload::reload_stalled,
    work_stream::WorkStream,
};
use crate::{
    grpc::{BytesCodec, decode, encode},
    serve::access::Access,
};

/// The name of the service in paths.
const SERVICE: &str = "TaskHubSidecarService";
/// The largest message that is read, in bytes.
const MAX_MESSAGE: usize = 16 << 20;
/// The events of a history that are sent at once.
const CHUNK: usize = 100;

/// The service. Cheap to clone.
#[derive(Clone)]
pub(in crate::serve) struct DurableTask {
    clients: Clients,
    access: Arc<Access>,
}

type Responding<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl DurableTask {
    pub fn new(clients: Clients, access: Arc<Access>) -> Self {
        Self { clients, access }
    }
}

impl Service<http::Request<Body>> for DurableTask {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Responding<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if !self.access.allows(request.headers()) {
            let refused = Status::unauthenticated(Access::REFUSAL);
            return Box::pin(ready(Ok(refused.into_http())));
        }
        let clients = self.clients.clone();
        Box::pin(async move { Ok(respond(clients, request).await) })
    }
}

async fn respond(clients: Clients, request: http::Request<Body>) -> http::Response<Body> {
    let path = request.uri().path().to_owned();
    let method = path.strip_prefix('/').and_then(|path| path.split_once('/'));
    let method = match method {
        Some((SERVICE, method)) => method,
        _ => return Status::unimplemented(format!("there is only {SERVICE} here")).into_http(),
    };
    let c = clients;
    match method {
        "GetWorkItems" => streaming(request, move |asked| work_items(&c, asked)).await,
        "CompleteOrchestratorTask" | "CompleteWorkflowTask" => {
            unary(request, c, |c, response: TurnResponse| {
                c.hub().turn_answered(response);
                done()
            })
            .await
        }
        "CompleteActivityTask" => {
            unary(request, c, |c, response: ActivityResponse| {
                c.hub().activity_answered(response);
                done()
            })
            .await
        }
        "AbandonTaskOrchestratorWorkItem" | "AbandonTaskActivityWorkItem" => {
            unary(request, c, |c, abandon: Abandon| {
                c.hub().abandoned(&abandon.completion_token);
                done()
            })
            .await
        }
        "Hello" | "CreateTaskHub" | "DeleteTaskHub" => {
            unary(request, c, |_, _: Nothing| done()).await
        }
        "StartInstance" => unary(request, c, Clients::start).await,
        "GetInstance" => unary(request, c, Clients::get).await,
        "WaitForInstanceStart" => unary(request, c, Clients::wait_for_start).await,
        "WaitForInstanceCompletion" => unary(request, c, Clients::wait_for_completion).await,
        "RaiseEvent" => unary(request, c, Clients::raise).await,
        "TerminateInstance" => unary(request, c, Clients::terminate).await,
        "SuspendInstance" => unary(request, c, Clients::suspend).await,
        "ResumeInstance" => unary(request, c, Clients::resume).await,
        "RestartInstance" => unary(request, c, Clients::restart).await,
        "RewindInstance" => unary(request, c, Clients::rewind).await,
        "RerunWorkflowFromEvent" => unary(request, c, Clients::rerun).await,
        "PurgeInstances" => unary(request, c, Clients::purge).await,
        "QueryInstances" => unary(request, c, Clients::query).await,
        "ListInstanceIds" => unary(request, c, Clients::list_ids).await,
        "ListInstanceIDs" => unary(request, c, Clients::list_ids_of_dapr).await,
        "GetInstanceHistory" => unary(request, c, Clients::history).await,
        "StreamInstanceHistory" => streaming(request, move |asked| history_chunks(&c, asked)).await,
        other => {
            let sentence = format!("this server does not have {other}: it has no entities");
            Status::unimplemented(sentence).into_http()
        }
    }
}

fn done() -> Ready<Result<Nothing, Status>> {
    ready(Ok(Nothing {}))
}

/// Answers with one message.
async fn unary<Q, A, F>(
    request: http::Request<Body>,
    clients: Clients,
    method: impl FnOnce(Clients, Q) -> F + Send + 'static,
) -> http::Response<Body>
where
    Q: prost::Message + Default,
    A: prost::Message,
    F: Future<Output = Result<A, Status>> + Send + 'static,
{
    let answer = |question| -> Responding<_> {
        let asked = decode(question).map(|question| method(clients, question));
        Box::pin(async move { Ok(encode(&asked?.await?)) })
    };
    call(request, Box::new(answer)).await
}

/// A call that is under way.
type Call = Box<dyn FnOnce(Bytes) -> Responding<Result<Bytes, Status>> + Send>;

/// Answers with one message, as bytes.
async fn call(request: http::Request<Body>, call: Call) -> http::Response<Body> {
    let mut grpc = Grpc::new(BytesCodec).max_decoding_message_size(MAX_MESSAGE);
    grpc.unary(Method(Some(call)), request).await
}

/// A call as a method.
struct Method(Option<Call>);

impl UnaryService<Bytes> for Method {
    type Response = Bytes;
    type Future = Responding<Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let answer = self.0.take().map(|call| call(request.into_inner()));
        Box::pin(async move {
            let answer = answer.ok_or_else(called_twice)?;
            answer.await.map(Response::new)
        })
    }
}

type Streamed = Pin<Box<dyn Stream<Item = Result<Bytes, Status>> + Send>>;

/// Answers with a stream.
async fn streaming(
    request: http::Request<Body>,
    open: impl FnOnce(Bytes) -> Result<Streamed, Status> + Send + 'static,
) -> http::Response<Body> {
    let mut grpc = Grpc::new(BytesCodec).max_decoding_message_size(MAX_MESSAGE);
    let method = StreamingMethod(Some(Box::new(open)));
    grpc.server_streaming(method, request).await
}

/// What opens a stream.
type Open = Box<dyn FnOnce(Bytes) -> Result<Streamed, Status> + Send>;

/// A call that is answered with a stream, as a method.
struct StreamingMethod(Option<Open>);

impl ServerStreamingService<Bytes> for StreamingMethod {
    type Response = Bytes;
    type ResponseStream = Streamed;
    type Future = Ready<Result<Response<Streamed>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let stream = match self.0.take() {
            Some(open) => open(request.into_inner()),
            None => Err(called_twice()),
        };
        ready(stream.map(Response::new))
    }
}

fn called_twice() -> Status {
    Status::internal("a method is called once")
}

/// The stream of work to a worker.
fn work_items(clients: &Clients, asked: Bytes) -> Result<Streamed, Status> {
    let work = WorkStream::open(clients.hub().clone(), decode(asked)?);
    let work = work.ok_or_else(|| {
        Status::resource_exhausted("too many workers are connected: end some of them")
    })?;
    tokio::spawn(reload_stalled(clients.engine().clone()));
    let items = stream::unfold(work, |mut work| async move {
        let item = work.next().await?;
        Some((Ok(encode(&item)), work))
    });
    Ok(items.boxed())
}

/// A history in parts.
fn history_chunks(clients: &Clients, asked: Bytes) -> Result<Streamed, Status> {
    let asked: InstanceRef = decode(asked)?;
    let events = clients.history_of(&asked.instance_id)?;
    let chunks = events.chunks(CHUNK).map(|events| {
        let events = events.to_vec();
        Ok(encode(&Events { events }))
    });
    Ok(stream::iter(chunks.collect::<Vec<_>>()).boxed())
}
