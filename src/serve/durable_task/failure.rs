//! Failures, which come back to their senders as they were.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::messages::{Encoded, FailureDetails, Text};
use crate::engine::{Failure, Payload};

/// How deep failures lie within each other at most; what is deeper is left out.
const MAX_DEPTH: u32 = 32;

/// What the engine's failures have no field for, as their details.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stack_trace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inner_failure: Option<Box<Inner>>,
    /// Values of the protocol, in base64.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    properties: BTreeMap<String, String>,
}

/// A failure within another.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inner {
    error_type: String,
    message: String,
    #[serde(default)]
    non_retryable: bool,
    #[serde(flatten)]
    details: Details,
}

/// The failure of the engine.
pub(super) fn failure(sent: FailureDetails) -> Failure {
    let inner = inner(sent, MAX_DEPTH);
    let mut failure = Failure::new(inner.error_type, inner.message);
    failure.non_retryable = inner.non_retryable;
    let details = inner.details;
    let has_details = details.stack_trace.is_some()
        || details.inner_failure.is_some()
        || !details.properties.is_empty();
    if has_details {
        failure.details = Payload::encode(&details).ok();
    }
    failure
}

fn inner(sent: FailureDetails, depth: u32) -> Inner {
    let inner_failure = sent.inner_failure.filter(|_| depth > 0);
    let properties = sent.properties.into_iter();
    Inner {
        error_type: sent.error_type,
        message: sent.error_message,
        non_retryable: sent.is_non_retriable,
        details: Details {
            stack_trace: sent.stack_trace.map(|text| text.value),
            inner_failure: inner_failure.map(|sent| Box::new(inner(*sent, depth - 1))),
            properties: properties
                .map(|(name, value)| (name, STANDARD.encode(value.0)))
                .collect(),
        },
    }
}

/// The failure of the protocol.
pub(super) fn failure_details(failure: &Failure) -> FailureDetails {
    let details = failure.details.as_ref();
    // Details of activities of this program are something else.
    let details = details.and_then(|details| details.decode().ok());
    sent(Inner {
        error_type: failure.error_type.clone(),
        message: failure.message.clone(),
        non_retryable: failure.non_retryable,
        details: details.unwrap_or_default(),
    })
}

fn sent(inner: Inner) -> FailureDetails {
    let properties = inner.details.properties.into_iter();
    let properties = properties.filter_map(|(name, value)| {
        let bytes = STANDARD.decode(value).ok()?;
        Some((name, Encoded(bytes.into())))
    });
    FailureDetails {
        error_type: inner.error_type,
        error_message: inner.message,
        stack_trace: inner.details.stack_trace.map(|value| Text { value }),
        inner_failure: inner
            .details
            .inner_failure
            .map(|inner| Box::new(sent(*inner))),
        is_non_retriable: inner.non_retryable,
        properties: properties.collect(),
    }
}

/// A failure that this server gives.
pub(super) fn refused(error_type: &str, message: impl Into<String>) -> Failure {
    Failure::new(error_type, message).non_retryable()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_with_inner_failures_comes_back_as_it_was() {
        let innermost = FailureDetails {
            error_type: "OSError".to_owned(),
            error_message: "größe".to_owned(),
            is_non_retriable: true,
            ..FailureDetails::default()
        };
        let outer = FailureDetails {
            error_type: "ValueError".to_owned(),
            error_message: "the song is too long".to_owned(),
            stack_trace: Some(Text {
                value: "line 1\nline 2".to_owned(),
            }),
            inner_failure: Some(Box::new(innermost)),
            is_non_retriable: false,
            properties: [("bars".to_owned(), Encoded(vec![0x11; 9].into()))].into(),
        };
        let ours = failure(outer.clone());
        assert_eq!(ours.message, "the song is too long");
        assert_eq!(failure_details(&ours), outer);
    }

    #[test]
    fn failures_that_lie_too_deep_are_cut_off() {
        let mut deep = FailureDetails::default();
        for _ in 0..50 {
            deep = FailureDetails {
                inner_failure: Some(Box::new(deep)),
                ..FailureDetails::default()
            };
        }
        let mut depth = 0;
        let mut back = Some(Box::new(failure_details(&failure(deep))));
        while let Some(failure) = back {
            depth += 1;
            back = failure.inner_failure;
        }
        assert_eq!(depth, MAX_DEPTH + 1);
    }
}
