//! Errors of the command line.

use std::{convert::Infallible, path::PathBuf, process::ExitCode};

use crate::{
    app::{
        AppError,
        control_socket::{ClientError, ReadError},
    },
    conductor::{ConductorError, rig::RigError},
    engine::{EngineError, InvalidHistory, StoreError},
    music::MusicError,
    score::{ScoreErrors, import::ImportError},
};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The arguments do not go together.
    #[error("{0}; see `fermata --help`")]
    Usage(String),
    /// An error of the conductor.
    #[error(transparent)]
    Conductor(#[from] ConductorError),
    /// Errors of a score.
    #[error(transparent)]
    Score(#[from] ScoreErrors),
    /// An error of the engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// An error of the store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An error of the rig file.
    #[error(transparent)]
    Rig(#[from] RigError),
    /// An error of a port, a sound or a recording.
    #[error(transparent)]
    Music(#[from] MusicError),
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable {
        /// Path of the file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Standard output cannot be written.
    #[error("the output is incomplete: {0}")]
    Output(std::io::Error),
    /// The output file exists.
    #[error("{} already exists: choose another file, or pass --force to overwrite it", .0.display())]
    Exists(PathBuf),
    /// The name cannot become the name of a score.
    #[error(
        "{name:?} contains no letter or digit: names of scores consist of a to z, 0 to 9 and `-`"
    )]
    BadName {
        /// The name.
        name: String,
    },
    /// A file cannot be converted to a score.
    #[error("{}: {source}", path.display())]
    Import {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong with it.
        source: ImportError,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// Path of the file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A file is not an exported history.
    #[error("{}: {source}; `fermata export ID` writes one", path.display())]
    BadHistory {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong with it.
        source: InvalidHistory,
    },
    /// There is no data directory.
    #[error("this system has no data directory for users: pass --store PATH")]
    NoDataDirectory,
    /// There is no store yet.
    #[error(
        "there is no store at {}: check --store, or create it with `fermata play SCORE --store PATH`",
        .0.display()
    )]
    NoStore(PathBuf),
    /// Another program has the store open and cannot be reached.
    #[error(
        "another program has the store {} open and does not answer: close it, or use a copy of the \
         store",
        .0.display()
    )]
    Unreachable(PathBuf),
    /// The store is in use by a running program.
    #[error("a program has the store {} open: stop it first", .0.display())]
    NotWhilePlaying(PathBuf),
    /// The running program did not do what it was asked.
    #[error(transparent)]
    Program(#[from] ClientError),
    /// A history cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError<Infallible>),
    /// The system does not grant the threads that the program needs.
    #[error(
        "the system does not grant the threads that Fermata needs ({0}): raise the limit of \
         processes (`ulimit -u`)"
    )]
    Threads(std::io::Error),
    /// This build has no window.
    #[error("this build of Fermata has no window: use `fermata play`")]
    NoStage,
    /// An error of the window.
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
