//! Errors of this layer.

use std::{path::PathBuf, process::ExitCode};

use crate::{
    app::AppError,
    conductor::{ConductorError, rig::RigError},
    engine::{BadHistory, EngineError, StoreError},
    music::{FontError, MusicError},
    score::{ScoreErrors, import::ImportError},
};

/// Why the program ends without having done its work.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The arguments make no sense together.
    #[error("{0}; see `fermata --help`")]
    Usage(String),
    /// The conductor's.
    #[error(transparent)]
    Conductor(#[from] ConductorError),
    /// A score's.
    #[error(transparent)]
    Score(#[from] ScoreErrors),
    /// The engine's.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rig's.
    #[error(transparent)]
    Rig(#[from] RigError),
    /// A port's or a recording's.
    #[error(transparent)]
    Music(#[from] MusicError),
    /// A SoundFont's.
    #[error(transparent)]
    Font(#[from] FontError),
    /// A file could not be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The standard output could not be written.
    #[error("the output is not complete, it cannot be written: {0}")]
    Output(std::io::Error),
    /// Nothing is written over.
    #[error("{} is there already: name another file with -o", path.display())]
    Exists {
        /// Which file.
        path: PathBuf,
    },
    /// A name that scores cannot have.
    #[error(
        "{name:?} has no letter or digit that a name could be made of: scores are named with a to \
         z, 0 to 9 and `-`"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// No score can be made of a file.
    #[error("{}: {source}", path.display())]
    Import {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ImportError,
    },
    /// A file could not be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// A file is no history.
    #[error("{}: {source}; `fermata export ID` makes one", path.display())]
    NoHistory {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: BadHistory,
    },
    /// The user has no data directory.
    #[error("this system names no directory for user data: say --store PATH")]
    NoDataDirectory,
    /// The runtime could not start.
    #[error("the threads of the program could not start: {0}")]
    Threads(std::io::Error),
    /// Built without a window.
    #[error("this Fermata was built without the stage: use `fermata play`")]
    NoStage,
    /// The window's.
    #[cfg(feature = "stage")]
    #[error(transparent)]
    Stage(#[from] crate::stage::StageError),
}

impl CliError {
    /// 2 for wrong usage, 1 for everything else.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

impl From<AppError> for CliError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Conductor(error) => Self::Conductor(error),
            AppError::Score(error) => Self::Score(error),
            AppError::Engine(error) => Self::Engine(error),
            AppError::Store(error) => Self::Store(error),
            AppError::Rig(error) => Self::Rig(error),
            AppError::Music(error) => Self::Music(error),
            AppError::Unwritable { path, source } => Self::Unwritable { path, source },
            AppError::Threads(error) => Self::Threads(error),
            #[cfg(feature = "stage")]
            AppError::Window(error) => Self::Stage(error),
        }
    }
}
