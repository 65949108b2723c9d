//! What can go wrong on this floor.

use std::path::PathBuf;

use super::{InstanceId, InvalidInstanceId, Status};

/// An error of the engine. Each is a sentence that says what happened, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No instance has that id.
    #[error("there is no instance {0:?}: `fermata list` shows those that are")]
    UnknownInstance(InstanceId),
    /// The instance has ended.
    #[error("instance {id:?} has already ended ({status}): only open instances can be {verb}")]
    Closed {
        /// Which.
        id: InstanceId,
        /// How it ended.
        status: Status,
        /// What was asked for, as a participle: "suspended".
        verb: &'static str,
    },
    /// The id is taken.
    #[error("instance {0:?} exists already: choose another id")]
    AlreadyExists(InstanceId),
    /// The instance is in the store but was not recovered by this engine.
    #[error("instance {0:?} is not being run by this process: open the store with recovery")]
    NotRecovered(InstanceId),
    /// The text is no instance id.
    #[error(transparent)]
    InvalidId(#[from] InvalidInstanceId),
    /// No function is registered for the workflow.
    #[error("no workflow is registered under the name {0:?}")]
    UnknownWorkflow(String),
    /// A value could not become JSON.
    #[error("the {what} cannot be written as JSON: {source}")]
    Encode {
        /// Which value.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// The engine is gone.
    #[error("the engine has stopped: open the store again")]
    Stopped,
    /// The engine's thread could not be made.
    #[error("the engine's thread could not start: {0}")]
    Thread(std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An error of the store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has the file open.
    #[error("the store {} is in use by another process: close that one or name another --store", .0.display())]
    InUse(PathBuf),
    /// The file is no store, or its end is missing.
    #[error("{} is not a complete Fermata store ({reason}): restore it from a copy or name another --store", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What the database said.
        reason: String,
    },
    /// The file was written by a later Fermata.
    #[error("the store {} was written by a newer Fermata (format {found}, this one reads {known}): update Fermata", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format that this program reads.
        known: u32,
    },
    /// There is no such file.
    #[error("there is no store at {}: perform a score with --store first", .0.display())]
    Missing(PathBuf),
    /// No file can be made or written there.
    #[error("no store can be kept at {} ({reason}): name another --store", path.display())]
    NoPlace {
        /// Where.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// A commit or a read failed.
    #[error("the store could not {doing}: {reason}")]
    Failed {
        /// What it was doing.
        doing: &'static str,
        /// What the database said.
        reason: String,
    },
}
