//! Plays scores to their end, without a window: in real time, or in virtual time as fast as possible.
//!
//! | file | contents |
//! |---|---|
//! | this one | options and results |
//! | `real_time`, `virtual_time` | set everything up, play, and close everything |
//! | `perform` | starts the instances and follows the feed to their end |
//! | `awaited` | the instances to wait for |
//! | `reports` | messages about store, ports, sound and files |
//! | `task_log` | the log of tasks |

mod awaited;
mod perform;
mod real_time;
mod reports;
mod request;
mod task_log;
mod virtual_time;

use std::{path::PathBuf, sync::Arc};

pub use real_time::play;
pub use request::PlayRequest;
pub use task_log::TaskLog;
pub(super) use virtual_time::in_virtual_time;
pub use virtual_time::play_in_virtual_time;

use super::{AppError, RigFile, Shutdown};
use crate::{
    conductor::{Conductor, NamedSink, RecordingFolder, Secrets, rig::Rig},
    engine::{InstanceSummary, Recovery, Store, Trouble},
    music::{Bank, Journal},
    score::listening::ListeningScore,
};

/// Options of [`play`] and [`play_in_virtual_time`]. The caller has read or opened everything in them.
pub struct PlayOptions {
    /// What to play.
    pub request: PlayRequest,
    /// Store of the instances.
    pub store: Arc<dyn Store>,
    /// The open instances of the store that continue.
    pub recovery: Recovery,
    /// The sounds of the built-in port.
    pub bank: Bank,
    /// Where the secrets of scores come from.
    pub secrets: Secrets,
    /// How the events of workflows sound that play no note; `None`: they are silent.
    pub listening: Option<Arc<ListeningScore>>,
    /// The port that everything is routed to, if any.
    pub only_port: Option<NamedSink>,
    /// The journal, with all recordings and traces.
    pub journal: Journal,
    /// The log of tasks, if any.
    pub tasks: Option<TaskLog>,
    /// The folder that gets the histories at the end, if any.
    pub histories: Option<RecordingFolder>,
}

/// Options that only [`play`] has.
pub struct RealTimeOptions {
    /// The file that the store is in, if any: the control socket is next to it.
    pub store_file: Option<PathBuf>,
    /// The devices in use.
    pub rig: Rig,
    /// The file that the rig was read from; it is followed while the scores play.
    pub rig_file: RigFile,
}

/// How [`play`] ended.
#[derive(Debug)]
pub enum PlayEnd {
    /// Everything ended: the instances that were played, in the order in which they started.
    Ended(Vec<InstanceSummary>),
    /// A signal asked the program to end. Open instances stay open.
    Signaled(Shutdown),
}

/// Receives messages and progress while scores play.
pub trait PlayReporter {
    /// A message about something that failed, or that works again.
    fn message(&self, text: &str);
    /// The progress, about ten times per second. Called only if [`Self::shows_progress`].
    fn progress(&self, conductor: &Conductor);
    /// Whether progress is reported.
    fn shows_progress(&self) -> bool;
}

/// Why a performance ended early: if the store stopped the engine, the store's error is the cause.
fn cause_of(conductor: &Conductor, error: AppError) -> AppError {
    match conductor.engine().trouble() {
        Some(Trouble::Store(cause)) if cause.is_final() => cause.into(),
        _ => error,
    }
}
