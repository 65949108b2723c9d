//! Errors of the engine and of its store.

use std::path::PathBuf;

use super::{EventId, InstanceId, InvalidInstanceId, ScheduleName, Status, Timestamp};

/// An error of the engine. Each is a sentence that says what happened, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No instance has that id.
    #[error("there is no instance {0:?}")]
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
    /// The instance has too many events that its code has not taken.
    #[error(
        "instance {id:?} has {most} events that it has not taken: wait until it has, or raise the limit \
         `unread_events`"
    )]
    TooManyEvents {
        /// Which.
        id: InstanceId,
        /// The most that are kept.
        most: usize,
    },
    /// The instance is damaged or its replay failed.
    #[error(
        "instance {id:?} cannot be continued ({reason}): the others are not affected; restore the store \
         from a copy, or terminate and purge this instance"
    )]
    Quarantined {
        /// Which.
        id: InstanceId,
        /// Why.
        reason: String,
    },
    /// The id is taken.
    #[error("instance {0:?} exists already: choose another id")]
    AlreadyExists(InstanceId),
    /// The instance has not ended.
    #[error("instance {0:?} is still open: terminate it first")]
    StillOpen(InstanceId),
    /// The history has no such event to begin again at.
    #[error("instance {id:?} cannot be run again from event {event}: choose one from 1 to {last}")]
    NoSuchEvent {
        /// Which instance.
        id: InstanceId,
        /// What was asked for.
        event: EventId,
        /// The last that there is.
        last: EventId,
    },
    /// No schedule has that name.
    #[error("there is no schedule {0}")]
    UnknownSchedule(ScheduleName),
    /// More runs than one call may start.
    #[error(
        "schedule {name} was due more than {most} times from {from} to {to}: make up for a shorter time"
    )]
    BackfillTooLong {
        /// Which schedule.
        name: ScheduleName,
        /// From when on.
        from: Timestamp,
        /// Until when.
        to: Timestamp,
        /// The most runs that are allowed.
        most: usize,
    },
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
    /// A payload is larger than the engine allows.
    #[error(
        "the {what} is {bytes} bytes long, the engine allows {most}: keep large data elsewhere and \
         pass a reference"
    )]
    TooLarge {
        /// Which payload.
        what: &'static str,
        /// How many bytes it takes in the store.
        bytes: usize,
        /// The most that is allowed.
        most: usize,
    },
    /// What was asked for is done, but cannot be written to the store just now.
    #[error(
        "{0}; what was asked for is kept in memory and becomes durable once the store can be \
         written; if the process ends before, it was never asked for"
    )]
    Held(StoreError),
    /// The engine's thread could not be made.
    #[error("the engine's thread could not start: {0}")]
    Thread(std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An error of the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has the file open.
    #[error("the store {} is in use by another process: close that one or use another path", .0.display())]
    InUse(PathBuf),
    /// The file is no store, or its end is missing.
    #[error("{} is not a complete Fermata store ({reason}): restore it from a copy or use another path", path.display())]
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
    /// The file was written by an earlier Fermata.
    #[error("the store {} was written by an older Fermata (format {found}) and cannot be read by this one (format {known}): use another path, or use the Fermata that wrote it", path.display())]
    Older {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The only format that this program reads.
        known: u32,
    },
    /// The file has no content.
    #[error("the store {} is empty: a system that lost power may have cut it off; restore it from a copy, or delete it to begin a new one", .0.display())]
    Empty(PathBuf),
    /// A sync of the file failed. What the system was to bring to the disk then may be lost, although
    /// it can be read until the power goes.
    #[error("the disk of the store {} failed ({reason}): nothing that happened since its last commit is certain to be kept, and nothing more is written to it; check the disk and start again, and the store is rebuilt from all that can be verified", path.display())]
    SyncFailed {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// A store whose disk failed a sync has to be written again, and that failed.
    #[error("the store {} has to be rebuilt, because its disk has failed before, and that is not done ({reason}): make sure that its folder can be written and has room for a second copy", path.display())]
    NotRebuilt {
        /// Which file.
        path: PathBuf,
        /// What went wrong.
        reason: String,
    },
    /// The file was deleted or moved while it was open.
    #[error("the store {} was deleted or moved while it was in use: nothing is kept from now on; what happened up to now is in the file that was there; move it back or restore it from a copy, and start again", .0.display())]
    Gone(PathBuf),
    /// There is another file in its place.
    #[error("the store {} was replaced by another file while it was in use: nothing is kept from now on; what happened up to now is in the file that was there before; keep sync programs away from the store, restore it from a copy, and start again", .0.display())]
    Replaced(PathBuf),
    /// The file may not be read.
    #[error("the store {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// There is no such file.
    #[error("there is no store at {}: check the path, or create one there", .0.display())]
    Missing(PathBuf),
    /// No file can be made or written there.
    #[error("no store can be kept at {} ({reason}): use another path", path.display())]
    NoPlace {
        /// Where.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// There is no room for what was to be written.
    #[error(
        "the store could not {doing} ({reason}): make room on its disk, and work goes on by itself"
    )]
    Full {
        /// What it was doing.
        doing: &'static str,
        /// The system's words.
        reason: String,
    },
    /// The file may not be written.
    #[error(
        "the store could not {doing} ({reason}): allow its file to be written, and work goes on by itself"
    )]
    ReadOnly {
        /// What it was doing.
        doing: &'static str,
        /// The system's words.
        reason: String,
    },
    /// What is in the file makes no sense.
    #[error("the store could not {doing} because it is damaged ({reason}): restore it from a copy")]
    Corrupt {
        /// What it was doing.
        doing: &'static str,
        /// What is damaged, and how.
        reason: String,
    },
    /// A commit failed and the file could not be opened again since.
    #[error(
        "the store cannot {doing} now, because it could not be opened again after an error: {reason}"
    )]
    Interrupted {
        /// What it was asked for.
        doing: &'static str,
        /// Why it could not be opened.
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

impl StoreError {
    /// Whether trying again cannot help, so that whoever writes has to stop. A full disk may have
    /// room again; a damaged store stays damaged.
    pub fn is_final(&self) -> bool {
        match self {
            Self::NoPlace { .. }
            | Self::Full { .. }
            | Self::ReadOnly { .. }
            | Self::Interrupted { .. }
            | Self::Failed { .. } => false,
            // Another process may have written the store, so that what is known of it is outdated.
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
