//! Errors of the command line.

use std::{
    convert::Infallible,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    app::{
        AppError,
        control_socket::{ClientError, ReadError},
        services::ServicesError,
    },
    backend::{BackendError, HistoryFileError},
    conductor::{ConductorError, SecretError, rig::RigError},
    engine::{EngineError, StoreError},
    music::MusicError,
    score::{ScoreErrors, import::ImportError},
};

/// An error of a command.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The arguments are wrong.
    #[error("{0}; see `fermata --help`")]
    Usage(String),
    /// An error of the application.
    #[error("{}", with_hint(.0))]
    App(AppError),
    /// Standard output cannot be written.
    #[error("the output is incomplete: {0}")]
    Output(io::Error),
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
        source: io::Error,
    },
    /// The secrets cannot be read.
    #[error("{0}")]
    Secrets(#[from] SecretError),
    /// A file is not an exported history.
    #[error("{}: {source}{}", path.display(), history_hint(source))]
    BadHistory {
        /// Path of the file.
        path: PathBuf,
        /// What is wrong with it.
        source: HistoryFileError,
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
    /// No program plays on the store.
    #[error("no program has the store {} open: start one with --store first", .0.display())]
    NotPlaying(PathBuf),
    /// The running program did not execute a request.
    #[error(transparent)]
    Program(#[from] ClientError),
    /// Another engine cannot be reached, or refused.
    #[error("{}", backend_error(.0))]
    Backend(#[from] BackendError),
    /// A history cannot be read.
    #[error("{}", read_error(.0))]
    Read(#[from] ReadError<Infallible>),
    /// The services cannot start.
    #[error(transparent)]
    Services(#[from] ServicesError),
    /// The worker of a cluster could not start, or ended.
    #[cfg(feature = "temporal-worker")]
    #[error(transparent)]
    Worker(#[from] crate::app::temporal_worker::WorkerError),
    /// This build has no window.
    #[error("this build of Fermata has no window: use `fermata play`")]
    NoStage,
}

impl CliError {
    /// 2 for wrong usage, 3 if instances would wait for events without end, 1 for everything else.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::App(AppError::WaitsForever(_)) => ExitCode::from(3),
            Self::Usage(_) | Self::Backend(BackendError::Address { .. }) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

/// Conversions of errors of the layers below, by way of [`AppError`].
macro_rules! from_app_error {
    ($($error:ty),*) => {
        $(impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::App(error.into())
            }
        })*
    };
}

from_app_error!(
    AppError,
    ConductorError,
    EngineError,
    MusicError,
    RigError,
    ScoreErrors,
    StoreError
);

impl CliError {
    /// A file or folder cannot be written.
    pub(super) fn unwritable(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::App(AppError::Unwritable { path, source })
    }

    /// The system does not grant the threads that the program needs.
    pub(super) fn threads(error: io::Error) -> Self {
        Self::App(AppError::Threads(error))
    }
}

/// The message of an error, with the command or option that helps.
fn with_hint(error: &AppError) -> String {
    let hint = match error {
        AppError::Rig(RigError::Unreadable { .. }) => "; --rig FILE selects another file",
        AppError::Threads(_) => ": raise the limit of processes (`ulimit -u`)",
        AppError::Engine(error) | AppError::Conductor(ConductorError::Engine(error)) => {
            engine_hint(error)
        }
        AppError::Store(error) => store_hint(error),
        _ => "",
    };
    format!("{error}{hint}")
}

fn backend_error(error: &BackendError) -> String {
    let hint = match error {
        BackendError::UnknownInstance { .. } => {
            "; `fermata list --backend ADDRESS` shows all instances"
        }
        BackendError::Unreachable { .. } => "; --backend ADDRESS says where it is",
        _ => "",
    };
    format!("{error}{hint}")
}

/// How to get a file that can be read. One of another engine says so itself.
fn history_hint(error: &HistoryFileError) -> &'static str {
    match error {
        HistoryFileError::Own(_) => "; `fermata export ID` writes one",
        _ => "",
    }
}

fn read_error(error: &ReadError<Infallible>) -> String {
    let hint = match error {
        ReadError::Engine(error) => engine_hint(error),
        _ => "",
    };
    format!("{error}{hint}")
}

fn engine_hint(error: &EngineError) -> &'static str {
    match error {
        EngineError::UnknownInstance(_) => "; `fermata list` shows all instances",
        EngineError::Store(error) => store_hint(error),
        _ => "",
    }
}

fn store_hint(error: &StoreError) -> &'static str {
    match error {
        StoreError::InUse(_)
        | StoreError::Damaged { .. }
        | StoreError::Older { .. }
        | StoreError::Missing(_)
        | StoreError::NoPlace { .. } => "; --store PATH selects another store",
        _ => "",
    }
}
