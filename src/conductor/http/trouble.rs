//! What can go wrong with a call, as the standard's problem details. Nothing here holds a password,
//! a token or a query.

use serde_json::Value;

use crate::{
    engine::Failure,
    score::{ErrorType, Raised, http::Method},
};

/// A call that failed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trouble {
    kind: ErrorType,
    status: u16,
    title: &'static str,
    detail: String,
}

impl Trouble {
    fn new(kind: ErrorType, title: &'static str, detail: String) -> Self {
        let status = kind.status();
        Self {
            kind,
            status,
            title,
            detail,
        }
    }

    /// The service could not be reached, or what it said makes no sense: 500, the standard's status
    /// for communication where no answer brings its own.
    pub fn communication(detail: String) -> Self {
        Self::new(ErrorType::Communication, "Communication Error", detail)
    }

    /// The answer's status says that it failed.
    pub fn status(status: u16, detail: String) -> Self {
        Self {
            status,
            ..Self::communication(detail)
        }
    }

    /// The service took too long.
    pub fn timeout(detail: String) -> Self {
        Self::new(ErrorType::Timeout, "Timeout Error", detail)
    }

    /// The call does not fit what it calls.
    pub fn validation(detail: String) -> Self {
        Self::new(ErrorType::Validation, "Validation Error", detail)
    }

    /// The score does not say what it must.
    pub fn configuration(detail: String) -> Self {
        Self::new(ErrorType::Configuration, "Configuration Error", detail)
    }

    /// There was no thread, or it came to no end.
    pub fn nobody() -> Self {
        let detail = "the system gave no thread to make the call, or it broke off";
        Self::new(ErrorType::Runtime, "Runtime Error", detail.into())
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Raised {
            kind: trouble.kind.uri().into(),
            status: trouble.status.into(),
            title: Some(trouble.title.into()),
            detail: Some(trouble.detail),
            instance: None,
        }
        .into()
    }
}

/// A request in words, without its query.
pub(super) fn named(method: Method, uri: &str) -> String {
    let bare = uri.split(['?', '#']).next().unwrap_or_default();
    format!("{method} {bare}")
}

/// A value in few letters.
pub(super) fn short(value: &Value) -> String {
    value.to_string().chars().take(60).collect()
}
