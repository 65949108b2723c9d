//! What can go wrong on this floor.

use crate::{
    engine::{EngineError, StoreError},
    music::MusicError,
    score::ScoreErrors,
};

/// An error of the conductor.
#[derive(Debug, thiserror::Error)]
pub enum ConductorError {
    /// The engine's.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The player's or a port's.
    #[error(transparent)]
    Music(#[from] MusicError),
    /// A score's.
    #[error(transparent)]
    Score(#[from] ScoreErrors),
}

impl From<StoreError> for ConductorError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}
