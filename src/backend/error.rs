//! Errors of backends.

use super::BackendName;
use crate::engine::{EngineError, InstanceId};

/// An error of a backend.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// An error of the own engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The address cannot be used.
    #[error("{address:?} is not a valid backend address: {reason}")]
    Address {
        /// The address as it was given.
        address: String,
        /// What is wrong with it, and what is expected.
        reason: String,
    },
    /// The backend cannot be reached, or does not answer.
    #[error("{backend} cannot be reached: {reason}")]
    Unreachable {
        /// The backend.
        backend: BackendName,
        /// Why.
        reason: String,
    },
    /// The backend does not know the instance.
    #[error("{backend} has no instance {instance:?}")]
    UnknownInstance {
        /// The backend.
        backend: BackendName,
        /// The id of the instance there.
        instance: String,
    },
    /// The backend refused.
    #[error("{backend} refused: {reason}")]
    Refused {
        /// The backend.
        backend: BackendName,
        /// Its words.
        reason: String,
    },
    /// The backend cannot do this.
    #[error("{backend} cannot {what}")]
    NotPossible {
        /// The backend.
        backend: BackendName,
        /// What was asked: `pause instances`.
        what: &'static str,
    },
    /// The backend answered something that cannot be read.
    #[error("the answer of {backend} cannot be read: {reason}")]
    Unreadable {
        /// The backend.
        backend: BackendName,
        /// What is wrong with it.
        reason: String,
    },
    /// The id belongs to no backend that is attached.
    #[error("no backend is attached that has the instance {0}")]
    NotAttached(InstanceId),
}
