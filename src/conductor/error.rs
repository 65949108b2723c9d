//! Errors of the conductor.

use super::FaultError;
use crate::{
    engine::{Divergence, EngineError, InstanceId, StoreError},
    music::MusicError,
    score::ScoreErrors,
};

/// An error of the conductor.
#[derive(Debug, thiserror::Error)]
pub enum ConductorError {
    /// An error of the engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An error of the player or a port.
    #[error(transparent)]
    Music(#[from] MusicError),
    /// A port that the rig names is not connected.
    #[error("{0}")]
    PortMissing(String),
    /// A search was not understood.
    #[error("nothing was deleted, because the search was not understood: {0}")]
    Search(String),
    /// Errors of a score.
    #[error(transparent)]
    Score(#[from] ScoreErrors),
    /// A fault cannot be injected.
    #[error(transparent)]
    Fault(#[from] FaultError),
    /// A history of an instance that performs no score.
    #[error(
        "instance {0:?} was not started with a score: only histories of scores can be replayed"
    )]
    NoScore(InstanceId),
    /// A history without music.
    #[error(
        "instance {0:?} has played no note: only histories of scores that play can be rendered"
    )]
    NoMusic(String),
    /// A history does not match its score or the interpreter of scores.
    #[error(transparent)]
    Diverged(#[from] Box<Divergence>),
}

impl From<StoreError> for ConductorError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}
