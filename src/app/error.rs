//! Errors of the application.

use std::path::PathBuf;

use crate::{
    conductor::{Awaiting, ConductorError, rig::RigError},
    engine::{EngineError, InstanceId, StoreError},
    music::MusicError,
    score::ScoreErrors,
    serve::ServeError,
};

/// An error of the application.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The conductor could not start or close, or could not carry something out.
    #[error(transparent)]
    Conductor(#[from] ConductorError),
    /// A score has errors.
    #[error(transparent)]
    Score(#[from] ScoreErrors),
    /// The engine refused a request or stopped.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rig file has errors.
    #[error(transparent)]
    Rig(#[from] RigError),
    /// The player could not start.
    #[error(transparent)]
    Music(#[from] MusicError),
    /// The server could not start, or ended.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A file could not be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// Path of the file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The threads could not be started.
    #[error("the system does not grant the threads that Fermata needs ({0})")]
    Threads(std::io::Error),
    /// The supervisor cannot start the program.
    #[error("the program cannot be started as a child of its supervisor: {0}")]
    Supervisor(std::io::Error),
    /// In virtual time open instances wait for events that nothing sends.
    #[error(
        "{}, which no instance will send, and in virtual time none come from outside: play in real time to \
         raise them, or play the scores together that emit them",
        waiting(.0)
    )]
    WaitsForever(Vec<Awaiting>),
    /// Nothing can be retried, because no program performs the instance.
    #[error(
        "no program performs {0}, so nothing in it can be retried: continue it with `fermata play \
         --resume={0}`"
    )]
    NotPlaying(InstanceId),
    /// A passage that is too long for a file.
    #[error(
        "the passage lasts {} hours, and at most {} can be rendered: choose a part of it",
        .0.as_secs() / 3600,
        super::render::LONGEST.as_secs() / 3600
    )]
    TooLong(std::time::Duration),
    /// The window could not be opened.
    #[cfg(feature = "stage")]
    #[error(transparent)]
    Window(#[from] crate::stage::StageError),
}

/// Who waits for which events.
fn waiting(all: &[Awaiting]) -> String {
    let each = all.iter().map(|one| {
        let events: Vec<String> = one.events.iter().map(|kind| format!("`{kind}`")).collect();
        match events.is_empty() {
            true => format!("{} waits for an event", one.instance),
            false => format!(
                "{} waits for the event {}",
                one.instance,
                events.join(" or ")
            ),
        }
    });
    each.collect::<Vec<_>>().join("; ")
}
