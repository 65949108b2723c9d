//! Errors of this layer.

use crate::{
    engine::{Divergence, EngineError, InstanceId, StoreError},
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
    /// A port that a rig names is not there.
    #[error("{0}")]
    PortMissing(String),
    /// A score's.
    #[error(transparent)]
    Score(#[from] ScoreErrors),
    /// A history that is no score's.
    #[error(
        "instance {0:?} was not started with a score: only histories of scores can be replayed here"
    )]
    NoScore(InstanceId),
    /// A history and a score, or the interpreter of scores, do not agree.
    #[error(transparent)]
    Diverged(#[from] Box<Divergence>),
}

impl From<StoreError> for ConductorError {
    fn from(error: StoreError) -> Self {
        Self::Engine(error.into())
    }
}
