//! One connection: from HTTP to requests, and from answers to HTTP.

use std::{convert::Infallible, sync::Arc, sync::PoisonError, time::Duration};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    HeaderMap, Response,
    body::{Bytes, Incoming},
    header,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use super::Shared;
use crate::app::services::message::{Answer, Method, Request};

/// How the services name themselves.
pub(super) const SERVER: &str = "fermata-services";

/// The longest body of a request, in bytes.
const MAX_BODY: usize = 64 << 10;

/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// Answers the requests of a connection until it is closed.
pub(super) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let answer = service_fn(|request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(respond(request, &shared).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), answer);
    // A caller that goes away in the middle is nothing special.
    if let Err(error) = served.await {
        tracing::debug!(%error, "connection ended");
    }
}

async fn respond(request: hyper::Request<Incoming>, shared: &Shared) -> Response<Full<Bytes>> {
    let begun = Instant::now();
    let method = request.method().to_string();
    let path = request.uri().path().to_owned();
    let answer = match received(request).await {
        Ok(request) => {
            let services = shared.services.lock();
            // No code that holds the lock can panic halfway.
            let mut services = services.unwrap_or_else(PoisonError::into_inner);
            services.answer(&request)
        }
        Err(answer) => answer,
    };
    sleep(answer.delay).await;
    shared.handled(&method, &path, &answer, begun.elapsed());
    response(&answer)
}

/// The request, or the answer that refuses it.
async fn received(request: hyper::Request<Incoming>) -> Result<Request, Answer> {
    let (head, body) = request.into_parts();
    check_origin(&head.headers, head.uri.host())?;
    let Some(method) = Method::of(head.method.as_str()) else {
        return Err(Answer {
            allowed: vec![Method::Get, Method::Post, Method::Put, Method::Delete],
            ..Answer::problem(405, "use GET, POST, PUT or DELETE")
        });
    };
    let key = match head.headers.get("idempotency-key") {
        None => None,
        Some(key) => {
            let key = key.to_str();
            let why = "`Idempotency-Key` must have visible ASCII characters";
            Some(key.map_err(|_| Answer::problem(400, why))?.to_owned())
        }
    };
    let body = timeout(PATIENCE, Limited::new(body, MAX_BODY).collect()).await;
    let body = match body {
        Ok(Ok(body)) => body.to_bytes().to_vec(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let detail = format!("the body has more than {MAX_BODY} bytes");
            return Err(Answer::problem(413, detail));
        }
        Ok(Err(_)) => return Err(Answer::problem(400, "the body is incomplete")),
        Err(_) => return Err(Answer::problem(408, "the body did not arrive in time")),
    };
    Ok(Request {
        method,
        path: head.uri.path().to_owned(),
        key,
        body,
    })
}

/// Refuses what a web page of another site makes a browser send: by a name that it has given to
/// 127.0.0.1, or across origins.
fn check_origin(headers: &HeaderMap, in_target: Option<&str>) -> Result<(), Answer> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = in_target.or(text(header::HOST)).map(without_port);
    if !host.is_some_and(is_own) {
        let detail = "these services are for this machine only: ask 127.0.0.1 or localhost";
        return Err(Answer::problem(421, detail));
    }
    let foreign = headers.contains_key(header::ORIGIN)
        && !text(header::ORIGIN)
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, host)| is_own(without_port(host)));
    match foreign {
        true => Err(Answer::problem(
            403,
            "pages of other sites may not ask these services",
        )),
        false => Ok(()),
    }
}

fn without_port(host: &str) -> &str {
    host.split(':').next().unwrap_or_default()
}

fn is_own(host: &str) -> bool {
    host == "127.0.0.1" || host.eq_ignore_ascii_case("localhost")
}

fn response(answer: &Answer) -> Response<Full<Bytes>> {
    let media = match answer.is_problem() {
        true => "application/problem+json",
        false => "application/json",
    };
    let mut builder = Response::builder()
        .status(answer.status)
        .header(header::SERVER, SERVER)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_TYPE, media);
    if !answer.allowed.is_empty() {
        let names: Vec<_> = answer.allowed.iter().map(|method| method.name()).collect();
        builder = builder.header(header::ALLOW, names.join(", "));
    }
    if answer.marks.repeated {
        builder = builder.header("idempotency-replayed", "true");
    }
    let content = Full::from(format!("{}\n", answer.body));
    // Status and headers are the services' own: they are always valid.
    builder.body(content).unwrap_or_default()
}
