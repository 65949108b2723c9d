//! Errors of calls, as the standard's problem details. They never contain a password, a token or a
//! query.

use serde_json::Value;

use super::redaction::Redactor;
use crate::{
    conductor::secrets::SecretError,
    engine::Failure,
    score::{ErrorType, Raised, http::Method},
};

/// A call that failed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HttpError {
    kind: ErrorType,
    status: u16,
    title: &'static str,
    detail: String,
    /// The response that is the error.
    response: Option<Value>,
}

impl HttpError {
    fn new(kind: ErrorType, title: &'static str, detail: String) -> Self {
        let status = kind.status();
        Self {
            kind,
            status,
            title,
            detail,
            response: None,
        }
    }

    /// The service could not be reached, or its response is invalid: 500, the standard's status of
    /// communication errors without a response.
    pub fn communication(detail: String) -> Self {
        Self::new(ErrorType::Communication, "Communication Error", detail)
    }

    /// The status of the response is an error.
    pub fn status(status: u16, detail: String, response: Value) -> Self {
        Self {
            status,
            response: Some(response),
            ..Self::communication(detail)
        }
    }

    /// The service cannot answer now: 503.
    pub fn unavailable(detail: String) -> Self {
        Self {
            status: 503,
            ..Self::communication(detail)
        }
    }

    /// The service took too long.
    pub fn timeout(detail: String) -> Self {
        Self::new(ErrorType::Timeout, "Timeout Error", detail)
    }

    /// The arguments do not fit the operation.
    pub fn validation(detail: String) -> Self {
        Self::new(ErrorType::Validation, "Validation Error", detail)
    }

    /// The caller is not who it says, or cannot prove it.
    pub fn authentication(detail: String) -> Self {
        Self::new(ErrorType::Authentication, "Authentication Error", detail)
    }

    /// A secret of the score is missing or unusable.
    pub fn authorization(error: SecretError) -> Self {
        let detail = error.to_string();
        Self::new(ErrorType::Authorization, "Authorization Error", detail)
    }

    /// The error with the response that is its cause.
    pub fn with_response(self, response: Value) -> Self {
        Self {
            response: Some(response),
            ..self
        }
    }

    /// The error without secrets.
    pub fn redacted(self, redactor: &Redactor) -> Self {
        Self {
            detail: redactor.text(&self.detail).into_owned(),
            response: self.response.map(|response| redactor.value(response)),
            ..self
        }
    }

    /// Something is missing in the score or the document, or the call is not allowed.
    pub fn configuration(detail: String) -> Self {
        Self::new(ErrorType::Configuration, "Configuration Error", detail)
    }

    /// There was no thread, or it panicked.
    pub fn no_thread() -> Self {
        let detail = "the system had no thread left for the call, or the call failed internally";
        Self::new(ErrorType::Runtime, "Runtime Error", detail.into())
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        Raised {
            kind: error.kind.uri().into(),
            status: error.status.into(),
            title: Some(error.title.into()),
            detail: Some(error.detail),
            instance: None,
            response: error.response.map(Box::new),
        }
        .into()
    }
}

/// A request for messages, without its query.
pub(super) fn named(method: Method, uri: &str) -> String {
    let bare = uri.split(['?', '#']).next().unwrap_or_default();
    format!("{method} {bare}")
}

/// A shortened value for messages.
pub(super) fn short(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}
