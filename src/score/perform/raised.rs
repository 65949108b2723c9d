//! Errors that tasks raise and catch: problem details as the standard has them (RFC 7807).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    engine::{Failure, Payload},
    score::{ArgumentError, ExpressionError},
};

/// An error on its way up through the tasks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Raised {
    /// A URI that names the kind of error.
    #[serde(rename = "type")]
    pub kind: String,
    /// In the manner of HTTP.
    pub status: i64,
    /// What happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What happened just here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The task, a JSON pointer into the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// The response of a service that answered with an error: `statusCode`, `headers` and `content`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Box<Value>>,
}

/// The standard's kinds of errors.
#[derive(Debug, Clone, Copy)]
pub(super) enum Standard {
    Communication,
    Configuration,
    Expression,
    Runtime,
    Timeout,
    Validation,
}

impl Raised {
    /// One of the standard's errors, from the task at `pointer`.
    pub(super) fn standard(kind: Standard, pointer: &str, detail: impl Into<String>) -> Self {
        let (name, status, title) = match kind {
            Standard::Communication => ("communication", 500, "Communication Error"),
            Standard::Configuration => ("configuration", 400, "Configuration Error"),
            Standard::Expression => ("expression", 400, "Expression Error"),
            Standard::Runtime => ("runtime", 500, "Runtime Error"),
            Standard::Timeout => ("timeout", 408, "Timeout Error"),
            Standard::Validation => ("validation", 400, "Validation Error"),
        };
        Self {
            kind: format!("https://open-workflow-specification.org/spec/1.0.0/errors/{name}"),
            status,
            title: Some(title.into()),
            detail: Some(detail.into()),
            instance: Some(pointer.into()),
            response: None,
        }
    }

    pub(super) fn expression(pointer: &str, error: &ExpressionError) -> Self {
        Self::standard(Standard::Expression, pointer, error.to_string())
    }

    pub(super) fn call(pointer: &str, error: &ArgumentError) -> Self {
        let kind = match error {
            ArgumentError::Expression(_) => Standard::Expression,
            ArgumentError::Invalid { .. } => Standard::Validation,
        };
        Self::standard(kind, pointer, error.to_string())
    }

    /// What an activity or a wait failed with.
    pub(super) fn failure(pointer: &str, failure: &Failure) -> Self {
        if failure.is_canceled() {
            return Self {
                kind: Failure::CANCELED.into(),
                detail: Some(failure.message.clone()),
                ..Self::standard(Standard::Runtime, pointer, "")
            };
        }
        Self::standard(Standard::Communication, pointer, failure.message.clone())
    }

    /// Whether the instance was asked to end.
    pub(super) fn is_canceled(&self) -> bool {
        self.kind == Failure::CANCELED
    }

    /// As data, for expressions.
    pub(super) fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}

impl From<Raised> for Failure {
    fn from(raised: Raised) -> Self {
        if raised.is_canceled() {
            return Failure::canceled(raised.detail.unwrap_or_default());
        }
        let title = raised.title.clone().unwrap_or_else(|| raised.kind.clone());
        let message = match &raised.detail {
            Some(detail) => format!("{title}: {detail}"),
            None => title,
        };
        let mut failure = Failure::new(raised.kind.clone(), message);
        failure.details = Some(Payload::from(raised.to_value()));
        failure
    }
}
