//! Errors of a worker.

use crate::{backend::BackendError, conductor::ConductorError, music::MusicError};

/// Why a worker could not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The address is wrong, or the server does not answer or refuses.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The worker could not start or ended by itself.
    #[error("the worker ended: {0}")]
    Worker(String),
    /// The score could not be started.
    #[error("the score was not started: {0}")]
    Start(String),
    /// The score failed.
    #[error("the score failed: {0}")]
    Score(String),
    /// The conductor could not start.
    #[error(transparent)]
    Conductor(#[from] ConductorError),
    /// The player could not start.
    #[error(transparent)]
    Music(#[from] MusicError),
}
