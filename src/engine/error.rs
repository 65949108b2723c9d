//! Errors of the engine and of its store.

use std::path::PathBuf;

use super::{
    EventId, InstanceId, InstanceOperation, InvalidInstanceId, ScheduleName, Status, Timestamp,
};

/// An error of the engine. Each message says what happened, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No instance has that id.
    #[error("there is no instance {0:?}")]
    UnknownInstance(InstanceId),
    /// The instance has closed.
    #[error("instance {id:?} has already ended ({status}): it can no longer {operation}")]
    Closed {
        /// Which.
        id: InstanceId,
        /// Its status.
        status: Status,
        /// The rejected operation.
        operation: InstanceOperation,
    },
    /// The instance has too many unread events.
    #[error(
        "instance {id:?} has {most} unread events: wait until it has read some, or raise the limit \
         `unread_events`"
    )]
    TooManyEvents {
        /// Which.
        id: InstanceId,
        /// The limit.
        most: usize,
    },
    /// The instance is damaged or could not be replayed.
    #[error(
        "instance {id:?} cannot be continued ({reason}): other instances are not affected; restore the store \
         from a backup, or terminate and purge this instance"
    )]
    Quarantined {
        /// Which.
        id: InstanceId,
        /// Why.
        reason: String,
    },
    /// The id is in use.
    #[error("instance {0:?} already exists: choose another id")]
    AlreadyExists(InstanceId),
    /// The instance is open.
    #[error("instance {0:?} is still open: terminate it first")]
    StillOpen(InstanceId),
    /// The instance has not failed.
    #[error("instance {0:?} has not failed: only a failed instance can be rewound")]
    NotFailed(InstanceId),
    /// The history has no such event.
    #[error("instance {id:?} cannot be rerun from event {event}: choose one from 1 to {last}")]
    NoSuchEvent {
        /// Which instance.
        id: InstanceId,
        /// The requested event.
        event: EventId,
        /// The last event.
        last: EventId,
    },
    /// The history has no such activity.
    #[error(
        "event {event} of instance {id:?} schedules no activity of a worker: only such an activity can be rerun with \
         another input"
    )]
    NoSuchActivity {
        /// Which instance.
        id: InstanceId,
        /// The requested event.
        event: EventId,
    },
    /// There is no such schedule.
    #[error("there is no schedule {0}")]
    UnknownSchedule(ScheduleName),
    /// A backfill exceeds the number of runs that one call may start.
    #[error(
        "schedule {name} was due more than {most} times from {from} to {to}: choose a shorter range"
    )]
    BackfillTooLong {
        /// Which schedule.
        name: ScheduleName,
        /// The start of the backfill.
        from: Timestamp,
        /// The end of the backfill.
        to: Timestamp,
        /// The limit.
        most: usize,
    },
    /// The instance is in the store but was not recovered by this engine.
    #[error("instance {0:?} was not recovered by this engine: start the engine with recovery")]
    NotRecovered(InstanceId),
    /// Nothing waits for its next attempt.
    #[error(
        "instance {0:?} has nothing to retry: nothing in it waits for its next attempt, or it is suspended"
    )]
    NothingToRetry(InstanceId),
    /// The text is not a valid instance id.
    #[error(transparent)]
    InvalidId(#[from] InvalidInstanceId),
    /// The workflow is not registered.
    #[error("no workflow is registered under the name {0:?}")]
    UnknownWorkflow(String),
    /// A value could not be encoded as JSON.
    #[error("the {what} cannot be written as JSON: {source}")]
    Encode {
        /// Which value.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// The engine has stopped.
    #[error("the engine has stopped: start a new one")]
    Stopped,
    /// A payload exceeds the limit.
    #[error(
        "the {what} has {bytes} bytes and the limit is {most}: store large data elsewhere and \
         pass a reference"
    )]
    TooLarge {
        /// Which payload.
        what: &'static str,
        /// How many bytes it takes in the store.
        bytes: usize,
        /// The limit in bytes.
        most: usize,
    },
    /// The request was applied in memory but cannot be committed now.
    #[error(
        "{0}; the change is kept in memory and becomes durable once the store can be \
         written; if the process ends before that, it is lost"
    )]
    NotDurable(StoreError),
    /// The engine's thread could not be started.
    #[error("the engine's thread could not start: {0}")]
    Thread(std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An error of the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process has the file open.
    #[error("the store {} is in use by another process: stop that process or use another path", .0.display())]
    InUse(PathBuf),
    /// The file is not a store or is truncated.
    #[error("{} is not a complete Fermata store ({reason}): restore it from a backup or use another path", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// The error of the database.
        reason: String,
    },
    /// The file was written by a newer version.
    #[error("the store {} was written by a newer version of Fermata (format {found}, this version reads {known}): update Fermata", path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// The format of the file.
        found: u32,
        /// The newest format that this version reads.
        known: u32,
    },
    /// The file was written by an older version.
    #[error("the store {} was written by an older version of Fermata (format {found}) and cannot be read by this version (format {known}): use another path, or use the version that wrote it", path.display())]
    Older {
        /// Which file.
        path: PathBuf,
        /// The format of the file.
        found: u32,
        /// The oldest format that this version reads.
        known: u32,
    },
    /// The file is empty.
    #[error("the store {} is empty, possibly after a power failure: restore it from a backup, or delete it to create a new one", .0.display())]
    Empty(PathBuf),
    /// A sync of the file failed. Data written before may be lost although it can be read until the
    /// machine loses power.
    #[error("the disk of the store {} failed ({reason}): changes since the last commit may be lost, and nothing more is written; check the disk and start again, and the store is rebuilt from all data that can be verified", path.display())]
    SyncFailed {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The store could not be rebuilt after a failed sync.
    #[error("the store {} has to be rebuilt after a disk failure, and that failed ({reason}): make sure that its folder is writable and has space for a second copy", path.display())]
    NotRebuilt {
        /// Which file.
        path: PathBuf,
        /// The error.
        reason: String,
    },
    /// The file was deleted or moved while it was open.
    #[error("the store {} was deleted or moved while it was in use: nothing more is saved; everything up to now is in the original file; move it back or restore it from a backup, and start again", .0.display())]
    Gone(PathBuf),
    /// The file was replaced by another one while it was open.
    #[error("the store {} was replaced by another file while it was in use: nothing more is saved; everything up to now is in the original file; exclude the store from file synchronization, restore it from a backup, and start again", .0.display())]
    Replaced(PathBuf),
    /// The file cannot be read.
    #[error("the store {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The file does not exist.
    #[error("there is no store at {}: check the path, or create one there", .0.display())]
    Missing(PathBuf),
    /// The file cannot be created or written.
    #[error("cannot create or write a store at {} ({reason}): use another path", path.display())]
    NoPlace {
        /// Where.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The disk is full.
    #[error(
        "the store could not {doing} ({reason}): free space on its disk; the engine then continues automatically"
    )]
    Full {
        /// What it was doing.
        doing: &'static str,
        /// The system's words.
        reason: String,
    },
    /// The file cannot be written.
    #[error(
        "the store could not {doing} ({reason}): make its file writable; the engine then continues automatically"
    )]
    ReadOnly {
        /// What it was doing.
        doing: &'static str,
        /// The system's words.
        reason: String,
    },
    /// The content of the file is damaged.
    #[error(
        "the store could not {doing} because it is damaged ({reason}): restore it from a backup"
    )]
    Corrupt {
        /// What it was doing.
        doing: &'static str,
        /// The damage.
        reason: String,
    },
    /// The database could not be reopened after a failed commit.
    #[error("the store cannot {doing} because it could not be reopened after an error: {reason}")]
    Interrupted {
        /// The requested operation.
        doing: &'static str,
        /// Why it could not be reopened.
        reason: String,
    },
    /// A database operation failed.
    #[error("the store could not {doing}: {reason}")]
    Failed {
        /// What it was doing.
        doing: &'static str,
        /// The error of the database.
        reason: String,
    },
}

impl StoreError {
    /// Whether a retry cannot succeed, so that the engine has to stop. A full disk may be freed; a
    /// damaged store stays damaged.
    pub fn is_final(&self) -> bool {
        match self {
            Self::NoPlace { .. }
            | Self::Full { .. }
            | Self::ReadOnly { .. }
            | Self::Interrupted { .. }
            | Self::Failed { .. } => false,
            // Another process may have written the store, so that cached state is stale.
            Self::InUse(_)
            | Self::Damaged { .. }
            | Self::Newer { .. }
            | Self::Older { .. }
            | Self::Empty(_)
            | Self::SyncFailed { .. }
            | Self::NotRebuilt { .. }
            | Self::Gone(_)
            | Self::Replaced(_)
            | Self::Unreadable { .. }
            | Self::Missing(_)
            | Self::Corrupt { .. } => true,
        }
    }
}
