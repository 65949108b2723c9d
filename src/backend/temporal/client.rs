//! Calls of a Temporal server.

use std::{fmt, time::Duration};

use super::{
    super::{BackendError, BackendName},
    address::{BackendAddress, Tls},
};
use crate::grpc::{BytesCodec, decode, encode};
use prost::bytes::Bytes;
use tokio::time::timeout;
use tonic::{
    Code, Request, Status,
    client::Grpc,
    codegen::http::uri::PathAndQuery,
    metadata::{Ascii, MetadataValue},
    transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity},
};

/// How long a call may take. Listing thousands of runs takes about half a second.
const CALL: Duration = Duration::from_secs(10);
/// How long a call may take that waits for the next event: servers answer after 20 seconds at the latest.
const LONG_POLL: Duration = Duration::from_secs(70);
/// How long the connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How often a silent connection is tried.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The largest answer. Pages of histories can have some megabytes.
const MAX_ANSWER: usize = 64 << 20;
/// The longest text of a server that is shown.
const MAX_REASON: usize = 300;

/// A connection to a server, which is made again if it breaks.
#[derive(Clone)]
pub(super) struct Client {
    channel: Channel,
    name: BackendName,
    namespace: String,
    authorization: Option<MetadataValue<Ascii>>,
    namespace_header: Option<MetadataValue<Ascii>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.name)
    }
}

/// How long a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// For the answer only.
    Answer,
    /// For the next event, too.
    NextEvent,
}

/// A call that failed.
#[derive(Debug, Clone)]
pub(super) struct CallError {
    code: Code,
    reason: String,
}

impl Client {
    /// A client for a server. It connects with the first call.
    pub fn new(address: &BackendAddress) -> Result<Self, BackendError> {
        let wrong = |reason: String| BackendError::Address {
            address: address.to_string(),
            reason,
        };
        let mut endpoint = Endpoint::from_shared(address.target())
            .map_err(|error| wrong(error.to_string()))?
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(CONNECT)
            .keep_alive_while_idle(true);
        if let Some(tls) = &address.tls {
            let config = tls_config(tls, &address.host).map_err(&wrong)?;
            let configured = endpoint.tls_config(config);
            endpoint = configured.map_err(|error| wrong(words(&error)))?;
        }
        let authorization = match &address.key {
            None => None,
            Some(key) => {
                let mut value: MetadataValue<Ascii> =
                    format!("Bearer {}", key.0).parse().map_err(|_| {
                        wrong("TEMPORAL_API_KEY has characters that cannot be sent".to_owned())
                    })?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        Ok(Self {
            channel: endpoint.connect_lazy(),
            name: address.name(),
            namespace_header: address.namespace.parse().ok(),
            namespace: address.namespace.clone(),
            authorization,
        })
    }

    /// The namespace.
    pub fn namespace(&self) -> String {
        self.namespace.clone()
    }

    /// The name of the backend.
    pub fn name(&self) -> &BackendName {
        &self.name
    }

    /// Calls a method of the workflow service.
    pub async fn call<Q, A>(&self, method: &str, question: Q, wait: Wait) -> Result<A, CallError>
    where
        Q: prost::Message,
        A: prost::Message + Default,
    {
        let limit = match wait {
            Wait::Answer => CALL,
            Wait::NextEvent => LONG_POLL,
        };
        let answered = timeout(limit, self.unary(method, encode(&question), limit)).await;
        match answered {
            Ok(answered) => answered.and_then(decode).map_err(CallError::from),
            Err(_) => Err(CallError {
                code: Code::DeadlineExceeded,
                reason: format!("no answer within {} s", limit.as_secs()),
            }),
        }
    }

    async fn unary(&self, method: &str, question: Bytes, limit: Duration) -> Result<Bytes, Status> {
        let path = format!("/temporal.api.workflowservice.v1.WorkflowService/{method}");
        let path: PathAndQuery = path
            .parse()
            .map_err(|_| Status::internal("the name of the method cannot be sent"))?;
        let mut request = Request::new(question);
        request.set_timeout(limit);
        let headers = request.metadata_mut();
        if let Some(namespace) = &self.namespace_header {
            headers.insert("temporal-namespace", namespace.clone());
        }
        if let Some(authorization) = &self.authorization {
            headers.insert("authorization", authorization.clone());
        }
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER);
        let ready = grpc.ready().await;
        ready.map_err(|error| Status::unavailable(words(&error)))?;
        Ok(grpc.unary(request, path, BytesCodec).await?.into_inner())
    }
}

fn tls_config(tls: &Tls, host: &str) -> Result<ClientTlsConfig, String> {
    let read = |path: &std::path::Path| {
        std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
    };
    let name = tls.server_name.as_deref().unwrap_or(host);
    let mut config = ClientTlsConfig::new().domain_name(name);
    config = match &tls.authorities {
        Some(path) => config.ca_certificate(Certificate::from_pem(read(path)?)),
        None => config.with_enabled_roots(),
    };
    if let Some((certificate, key)) = &tls.identity {
        config = config.identity(Identity::from_pem(read(certificate)?, read(key)?));
    }
    Ok(config)
}

/// An error with its innermost cause, which is what people look for.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost.to_string()
}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        let cause = std::error::Error::source(&status).map(words);
        // What a server answers has no cause: one that has is an error of the connection, or of one call
        // that the server gave up.
        let code = match &cause {
            Some(cause) if cause.starts_with("stream error") => Code::Aborted,
            Some(_) => Code::Unavailable,
            None => status.code(),
        };
        let text = cause.unwrap_or_else(|| status.message().to_owned());
        // Libraries add where to read more about it.
        let text = text.split(": https://").next().unwrap_or_default();
        let text = text.chars().filter(|c| !c.is_control());
        Self {
            code,
            reason: text.take(MAX_REASON).collect(),
        }
    }
}

impl CallError {
    /// What the server said.
    pub fn reason(&self) -> &str {
        match self.reason.as_str() {
            "" => "the connection ended",
            reason => reason,
        }
    }

    /// Whether the server could not be reached, or did not answer.
    pub fn is_unreachable(&self) -> bool {
        let codes = [Code::Unavailable, Code::DeadlineExceeded, Code::Cancelled];
        codes.contains(&self.code)
    }

    /// Whether the same call may succeed later.
    pub fn is_passing(&self) -> bool {
        let codes = [
            Code::ResourceExhausted,
            Code::Aborted,
            Code::Internal,
            Code::Unknown,
        ];
        self.is_unreachable() || codes.contains(&self.code)
    }

    /// Whether the server does not know what was asked for.
    pub fn is_unknown(&self) -> bool {
        self.code == Code::NotFound
    }

    /// Whether the server cannot do what was asked, whatever it was asked about.
    pub fn is_unimplemented(&self) -> bool {
        self.code == Code::Unimplemented
            || self.reason.contains("not enabled")
            || self.reason.contains("not supported")
            || self.reason.contains("disabled")
    }

    /// Whether the question was wrong.
    pub fn is_invalid(&self) -> bool {
        self.code == Code::InvalidArgument
    }

    /// As an error of a call about an instance.
    pub fn about(self, backend: &BackendName, instance: &str) -> BackendError {
        let has_ended = self.reason.contains("already completed");
        match self.is_unknown() {
            true if has_ended => BackendError::Refused {
                backend: backend.clone(),
                reason: "the workflow has already ended".to_owned(),
            },
            true => BackendError::UnknownInstance {
                backend: backend.clone(),
                instance: instance.to_owned(),
            },
            false => self.general(backend),
        }
    }

    /// As an error of any call.
    pub fn general(self, backend: &BackendName) -> BackendError {
        let backend = backend.clone();
        let reason = self.reason().to_owned();
        match self.is_unreachable() {
            true => BackendError::Unreachable { backend, reason },
            false => BackendError::Refused { backend, reason },
        }
    }
}
