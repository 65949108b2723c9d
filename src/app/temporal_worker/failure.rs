//! Failures of scores as failures of the cluster, and back.

use std::error::Error;

use serde_json::Value;
use temporalio_common::protos::temporal::api::failure::v1::{
    Failure as ServerFailure, failure::FailureInfo,
};
use temporalio_sdk::{ApplicationFailure, WorkflowCancellationToken};

use crate::{
    engine::{Failure, Payload},
    score::calls::PORT_MISSING,
};

/// Why something failed: the innermost cause that the cluster recorded.
pub(super) fn failure_of(recorded: Option<&ServerFailure>, error: &dyn Error) -> Failure {
    let Some(mut innermost) = recorded else {
        return Failure::new("Temporal", error.to_string());
    };
    while let Some(cause) = &innermost.cause {
        innermost = cause;
    }
    let message = innermost.message.clone();
    match &innermost.failure_info {
        Some(FailureInfo::ApplicationFailureInfo(info)) => {
            let failure = Failure::new(info.r#type.clone(), message);
            let details = info
                .details
                .as_ref()
                .and_then(|details| details.payloads.first());
            let details =
                details.and_then(|payload| serde_json::from_slice::<Value>(&payload.data).ok());
            match details {
                Some(details) => failure.with_details(Payload::from(details)),
                None => failure,
            }
        }
        Some(FailureInfo::TimeoutFailureInfo(_)) => Failure::new("Timeout", message),
        Some(FailureInfo::CanceledFailureInfo(_)) => Failure::canceled(message),
        _ => Failure::new("Temporal", message),
    }
}

/// A failure as the cluster records it. It is tried again only if a device may come back: everything else is
/// up to the score.
pub(super) fn server_failure(failure: Failure) -> ApplicationFailure {
    let is_final = failure.error_type != PORT_MISSING;
    let details = failure
        .details
        .as_ref()
        .and_then(|details| details.decode::<Value>().ok());
    let built = ApplicationFailure::builder(failure.message.clone())
        .type_name(failure.error_type.to_string())
        .non_retryable(is_final);
    match details {
        Some(details) => built.details(details).build(),
        None => built.build(),
    }
}

/// What an operation fails with that was cancelled.
pub(super) fn canceled(token: &WorkflowCancellationToken) -> Failure {
    Failure::canceled(token.reason().unwrap_or_default())
}

/// Data that cannot be sent.
pub(super) fn unwritable(error: &serde_json::Error) -> Failure {
    let message = format!("the input cannot be written ({error})");
    Failure::new(Failure::PAYLOAD, message).non_retryable()
}

/// Data that cannot be read.
pub(super) fn unreadable(error: &serde_json::Error) -> Failure {
    let message = format!("the result cannot be read ({error})");
    Failure::new(Failure::PAYLOAD, message).non_retryable()
}
