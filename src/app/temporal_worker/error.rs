//! Errors of a worker.

use crate::{conductor::ConductorError, music::MusicError};

/// Why a worker could not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The address is not that of a server.
    #[error(
        "{address} is not an address of Temporal ({reason}): use temporal://HOST:PORT/NAMESPACE"
    )]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The server does not answer.
    #[error("{address} does not answer ({reason}): start the server, or correct the address")]
    Connect {
        /// Where it was looked for.
        address: String,
        /// What the client says.
        reason: String,
    },
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
