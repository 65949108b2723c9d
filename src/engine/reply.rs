//! Answers to requests.

use tokio::sync::oneshot;

use super::EngineError;

/// The channel for the answer to a request.
pub(super) type Reply<T> = oneshot::Sender<Result<T, EngineError>>;
