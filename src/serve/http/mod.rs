//! Dapr's HTTP API for workflows: start, look, control. Beyond it: list, history, rerun.
//!
//! | files | contents |
//! |---|---|
//! | this one | connections |
//! | `call` | what a request asks for |
//! | `carry_out` | carrying it out |
//! | `checks` | requests that are refused |

mod call;
mod carry_out;
mod checks;

use std::{convert::Infallible, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::Semaphore,
    time::timeout,
};

use self::call::Call;
use super::{Access, durable_task::Clients};

/// The longest body of a request, in bytes: the largest payload.
const MAX_BODY: usize = 4 << 20;
/// How long a request may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most connections at once; others wait.
const MAX_CONNECTIONS: usize = 256;
/// How long to wait if the system grants no connection.
const AFTER_REFUSED: Duration = Duration::from_millis(50);

/// The answer to a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    status: StatusCode,
    /// JSON; `None`: no content.
    body: Option<String>,
}

impl Answer {
    fn of(status: StatusCode, body: Value) -> Self {
        Self::json(status, body.to_string())
    }

    fn json(status: StatusCode, text: String) -> Self {
        Self {
            status,
            body: Some(text),
        }
    }

    fn empty(status: StatusCode) -> Self {
        Self { status, body: None }
    }

    /// A refusal, as Dapr writes it.
    fn error(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Self::of(status, json!({"errorCode": code, "message": message}))
    }
}

/// Answers requests.
#[derive(Clone)]
pub(super) struct Http {
    clients: Clients,
    access: Arc<Access>,
    connections: Arc<Semaphore>,
}

impl Http {
    pub fn new(clients: Clients, access: Arc<Access>) -> Self {
        Self {
            clients,
            access,
            connections: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        }
    }

    /// Answers on a port until it is dropped.
    pub async fn serve_port(self, listener: TcpListener) -> Infallible {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => self.spawn(stream).await,
                Err(_) => tokio::time::sleep(AFTER_REFUSED).await,
            }
        }
    }

    /// Answers on a Unix socket until it is dropped.
    #[cfg(unix)]
    pub async fn serve_socket(self, listener: tokio::net::UnixListener) -> Infallible {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => self.spawn(stream).await,
                Err(_) => tokio::time::sleep(AFTER_REFUSED).await,
            }
        }
    }

    async fn spawn(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let permit = Arc::clone(&self.connections).acquire_owned().await;
        let http = self.clone();
        tokio::spawn(async move {
            let _permit = permit;
            let answer = service_fn(|request| {
                let http = http.clone();
                async move { Ok::<_, Infallible>(http.respond(request).await) }
            });
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), answer);
            // A caller that goes away in the middle is nothing special.
            if let Err(error) = served.await {
                tracing::debug!(%error, "connection ended");
            }
        });
    }

    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let answer = match self.received(request).await {
            Ok((call, body)) => carry_out::carry_out(&self.clients, call, body).await,
            Err(refused) => refused,
        };
        response(answer)
    }

    /// What a request asks for, with its body.
    async fn received(&self, request: Request<Incoming>) -> Result<(Call, String), Answer> {
        let (head, body) = request.into_parts();
        checks::check_origin(&head.headers, head.uri.host())?;
        if !self.access.allows(&head.headers) {
            let status = StatusCode::UNAUTHORIZED;
            return Err(Answer::error(status, "ERR_UNAUTHORIZED", Access::REFUSAL));
        }
        let query = head.uri.query().unwrap_or_default();
        let call = Call::of(&head.method, head.uri.path(), query)?;
        let body = timeout(PATIENCE, Limited::new(body, MAX_BODY).collect()).await;
        let bad = |status, message: String| Answer::error(status, "ERR_BAD_REQUEST", message);
        let body = match body {
            Ok(Ok(body)) => body.to_bytes().to_vec(),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                let message = format!("the body has more than {MAX_BODY} bytes");
                return Err(bad(StatusCode::PAYLOAD_TOO_LARGE, message));
            }
            Ok(Err(_)) => {
                let message = "the body is incomplete".to_owned();
                return Err(bad(StatusCode::BAD_REQUEST, message));
            }
            Err(_) => {
                let message = "the body did not arrive in time".to_owned();
                return Err(bad(StatusCode::REQUEST_TIMEOUT, message));
            }
        };
        let body = String::from_utf8(body)
            .map_err(|_| bad(StatusCode::BAD_REQUEST, "the body is no text".to_owned()))?;
        Ok((call, body))
    }
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let builder = Response::builder()
        .status(answer.status)
        .header(header::CACHE_CONTROL, "no-store");
    let built = match answer.body {
        None => builder.body(Full::default()),
        Some(body) => builder
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::from(body)),
    };
    // Status and headers are this program's own: they are always valid.
    built.unwrap_or_default()
}
