//! The credentials of a call, and the origins to which they may be sent.

use url::Url;

use super::{
    error::HttpError,
    unseal::{Body, SecretParts},
};
use crate::score::http::{Credentials, Request};

/// The caller of a service.
pub(super) struct Caller {
    /// Values, never the name of a policy.
    pub credentials: Option<Credentials>,
    /// The only origins to which the credentials may be sent; empty: the score does not restrict it.
    pub origins: Vec<String>,
    /// The parts of the request that have secrets.
    pub secrets: SecretParts,
    /// The same at every attempt, so that the service can recognize a repeated request.
    pub idempotency_key: Option<String>,
}

impl Caller {
    /// The parameters of an operation may be anywhere in its request: if they have secrets, every header
    /// may.
    pub fn with_headers_of(mut self, request: &Request) -> Self {
        if self.secrets.body == Body::Secret {
            self.secrets.headers = request.headers.keys().cloned().collect();
        }
        self
    }

    /// Checks that the credentials may be sent to an address.
    pub fn trusts(&self, url: &Url) -> Result<(), HttpError> {
        let origin = url.origin().ascii_serialization();
        if self.credentials.is_none() || self.origins.is_empty() || self.origins.contains(&origin) {
            return Ok(());
        }
        Err(HttpError::configuration(format!(
            "the credentials are not sent to {origin}: the `origins` of the authentication policy do \
             not list it"
        )))
    }

    /// Checks that the credentials may be sent where an OpenAPI document says that its operations are.
    /// A document cannot send them elsewhere by itself.
    pub fn trusts_document(&self, document: &str, operation: &str) -> Result<(), HttpError> {
        let origin = |text| Url::parse(text).map(|url| url.origin());
        let is_own = matches!((origin(document), origin(operation)), (Ok(a), Ok(b)) if a == b);
        let has_any = self.credentials.is_some() || self.secrets.body == Body::Secret;
        if !has_any || is_own {
            return Ok(());
        }
        // The list is checked when the request is sent.
        if !self.origins.is_empty() && self.credentials.is_some() {
            return Ok(());
        }
        let to = origin(operation).map(|origin| origin.ascii_serialization());
        let to = to.unwrap_or_default();
        Err(HttpError::configuration(format!(
            "the document places the operation at {to}, another origin than its own, and the \
             credentials are not sent there: list {to} in the `origins` of the authentication policy"
        )))
    }
}
