//! One request over the network, and its response.

use std::{env, sync::Arc, time::Instant};

use ureq::{
    Agent, Body, Error, Proxy, RequestBuilder,
    http::{HeaderMap, Response, Uri},
    tls::{RootCerts, TlsConfig},
    typestate::{WithBody, WithoutBody},
};
use url::Url;

use super::{
    encoding::decoded,
    error::{HttpError, named},
};
use crate::score::http::Method;

/// The port on which scores expect the services that come with Fermata.
pub const SERVICES_PORT: u16 = 7070;

/// The largest content of a response.
const MAX_BYTES: u64 = 4 << 20;

/// A request as it is sent.
#[derive(Clone)]
pub(super) struct Outgoing {
    pub method: Method,
    pub url: Url,
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
    /// Names of headers that are not sent to another origin.
    pub private: Vec<String>,
}

impl Outgoing {
    /// The value of a header.
    pub fn header(&self, wanted: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some(value)
    }

    /// Sets the header that says who calls.
    pub fn authorize(&mut self, (name, value): (String, String)) {
        self.without(std::slice::from_ref(&name));
        if !self.private.contains(&name) {
            self.private.push(name.clone());
        }
        self.headers.push((name, value));
    }

    /// Removes headers.
    pub fn without(&mut self, names: &[String]) {
        let named = |header: &str| names.iter().any(|name| name.eq_ignore_ascii_case(header));
        self.headers.retain(|(header, _)| !named(header));
    }
}

/// The response of a service.
pub(super) struct HttpResponse {
    pub status: u16,
    pub headers: HeaderMap,
    pub content: Vec<u8>,
}

impl HttpResponse {
    /// The value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The HTTP client. Cheap to clone.
#[derive(Clone)]
pub(super) struct HttpClient(Agent);

impl HttpClient {
    /// A client that trusts the certificates that the system trusts.
    pub fn new() -> Self {
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(crypto)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            // A pooled connection that the server has closed would fail the next call.
            .max_idle_connections(0)
            .user_agent(concat!("fermata/", env!("CARGO_PKG_VERSION")))
            .proxy(None)
            .build();
        Self(config.into())
    }

    pub fn send(&self, outgoing: &Outgoing, deadline: Instant) -> Result<HttpResponse, HttpError> {
        let failed = |error| call_error(outgoing, &error);
        let response = self.response(outgoing, deadline).map_err(failed)?;
        let (parts, mut body) = response.into_parts();
        let content = body.with_config().limit(MAX_BYTES).read_to_vec();
        let content = content.map_err(failed)?;
        let encodings = parts.headers.get_all("content-encoding").iter();
        let encodings: Vec<String> = encodings
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|value| value.trim().to_ascii_lowercase())
            .collect();
        let content = decoded(content, &encodings, MAX_BYTES).map_err(|why| {
            HttpError::communication(format!(
                "the answer to {} {why}",
                named(outgoing.method, outgoing.url.as_str())
            ))
        })?;
        Ok(HttpResponse {
            status: parts.status.as_u16(),
            headers: parts.headers,
            content,
        })
    }

    fn response(&self, outgoing: &Outgoing, deadline: Instant) -> Result<Response<Body>, Error> {
        let agent = &self.0;
        let uri = outgoing.url.as_str();
        let usual = |builder: RequestBuilder<WithoutBody>| {
            let builder = prepared(builder, outgoing, deadline);
            match &outgoing.body {
                Some(body) => builder.force_send_body().send(body),
                None => builder.call(),
            }
        };
        let carrying = |builder: RequestBuilder<WithBody>| {
            let builder = prepared(builder, outgoing, deadline);
            match &outgoing.body {
                Some(body) => builder.send(body),
                None => builder.send_empty(),
            }
        };
        match outgoing.method {
            Method::Get => usual(agent.get(uri)),
            Method::Head => usual(agent.head(uri)),
            Method::Delete => usual(agent.delete(uri)),
            Method::Options => usual(agent.options(uri)),
            Method::Post => carrying(agent.post(uri)),
            Method::Put => carrying(agent.put(uri)),
            Method::Patch => carrying(agent.patch(uri)),
        }
    }
}

fn prepared<Any>(
    builder: RequestBuilder<Any>,
    outgoing: &Outgoing,
    deadline: Instant,
) -> RequestBuilder<Any> {
    let left = deadline.saturating_duration_since(Instant::now());
    let config = builder.config().timeout_global(Some(left));
    let builder = config.proxy(proxy(&outgoing.url)).build();
    let headers = outgoing.headers.iter();
    headers.fold(builder, |builder, (name, value)| {
        builder.header(name.as_str(), value.as_str())
    })
}

/// The proxy for an address from the usual environment variables: one for each scheme, and a list of hosts
/// without a proxy.
fn proxy(url: &Url) -> Option<Proxy> {
    let names = match url.scheme() {
        "https" => ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        _ => ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
    };
    let set = names.iter().filter_map(|name| env::var(name).ok());
    let proxy = set
        .filter(|text| !text.is_empty())
        .find_map(|text| Proxy::new(&text).ok())?;
    let uri: Uri = url.as_str().parse().ok()?;
    let spared = Proxy::try_from_env().is_some_and(|all| all.is_no_proxy(&uri));
    (!spared).then_some(proxy)
}

/// How to start what is not there, if it comes with Fermata.
fn hint(url: &Url) -> &'static str {
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
    match is_here && url.port() == Some(SERVICES_PORT) {
        true => "; `fermata services` starts the services there, and so does the option --services",
        false => "",
    }
}

/// The error, without secrets.
fn call_error(outgoing: &Outgoing, error: &Error) -> HttpError {
    let what = named(outgoing.method, outgoing.url.as_str());
    match error {
        Error::Timeout(_) => HttpError::timeout(format!("{what} was not answered in time")),
        Error::BodyExceedsLimit(_) => HttpError::communication(format!(
            "{what} was answered with more than {} MiB, which is the limit",
            MAX_BYTES >> 20
        )),
        Error::HostNotFound => HttpError::communication(format!("{what}: the host was not found")),
        Error::Io(error) => {
            let hint = hint(&outgoing.url);
            HttpError::communication(format!("{what} failed: {error}{hint}"))
        }
        Error::Http(_) | Error::BadUri(_) => {
            HttpError::validation(format!("{what}: a header or the address cannot be sent"))
        }
        error => HttpError::communication(format!("{what} failed: {error}")),
    }
}
