//! Backends: engines whose instances are shown, heard and conducted beside those of the own engine.
//!
//! Everything that another engine tells becomes [`Event`](crate::engine::Event)s, so that lanes, tables,
//! replay and sound need not know where a history comes from. Translation is pure: it knows no file, no
//! network and no clock. This layer knows nothing of music or pixels.
//!
//! | module | contents |
//! |---|---|
//! | this one | what a backend can do |
//! | `abilities`, `news`, `watched`, `name`, `shown`, `error` | its words |
//! | `history_file` | reads exported histories of any engine |
//! | `imported` | a history with the origin of each of its events |
//! | `temporal` | Temporal: its servers, its events, and how they are translated |
//! | `durable_task` | Durable Task and Dapr: the same |
//! | `proto_json` | what the JSON of protobuf messages has in common |

mod abilities;
mod durable_task;
mod error;
mod history_file;
mod imported;
mod name;
mod news;
mod proto_json;
mod shown;
mod temporal;
mod watched;

pub use abilities::{Abilities, Ability, Done, InstanceCommand};
pub use error::BackendError;
pub use history_file::{HistoryFile, HistoryFileError, Private};
pub use imported::{Imported, Origin, SourceEngine};
pub use name::BackendName;
pub use news::{BackendNews, BackendOverview, Link, Moment, OverviewInstance};
pub use temporal::{BackendAddress, Tls, attach};
pub use watched::Watched;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::sync::{mpsc, watch};

use crate::engine::{InstanceId, InstanceSummary, Search};

/// What a backend answers, once it does.
pub type Answered<'a, T> = BoxFuture<'a, Result<T, BackendError>>;

/// A source of instances, other than the own engine. Ids of its instances begin with its
/// [name](BackendName::prefix).
pub trait Backend: Send + Sync {
    /// Its name.
    fn name(&self) -> &BackendName;

    /// What can be done with an instance.
    fn abilities(&self, instance: &InstanceSummary) -> Abilities;

    /// At most `most` instances that match a search, newest first, starting with the newest or where the
    /// page before ended.
    fn search<'a>(
        &'a self,
        search: &'a Search,
        from: Option<PageMark>,
        most: usize,
    ) -> Answered<'a, BackendPage>;

    /// The whole history of the latest run of an instance, or of the run that is counted from 1.
    fn history<'a>(&'a self, id: &'a InstanceId, run: Option<u32>) -> Answered<'a, Imported>;

    /// Carries out a command. `reason` is recorded in the history, if the backend records reasons.
    fn command<'a>(
        &'a self,
        id: &'a InstanceId,
        command: InstanceCommand,
        reason: &'a str,
    ) -> Answered<'a, Done>;

    /// The names of the events that an instance takes, as its own code tells them. Empty if it does not.
    fn event_names<'a>(&'a self, id: &'a InstanceId) -> Answered<'a, Vec<Arc<str>>> {
        let _ = id;
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Starts an instance.
    fn start<'a>(&'a self, start: &'a StartInstance) -> Answered<'a, InstanceId> {
        let _ = start;
        let what = "start instances";
        Box::pin(async move {
            let backend = self.name().clone();
            Err(BackendError::NotPossible { backend, what })
        })
    }

    /// Tells what happens from now on, until the receiver is dropped. Each instance that is watched begins
    /// with its history so far.
    fn follow(&self, watched: watch::Receiver<Watched>) -> mpsc::Receiver<BackendNews>;
}

/// An instance to start.
#[derive(Debug, Clone, PartialEq)]
pub struct StartInstance {
    /// Its id at the backend.
    pub id: String,
    /// Its workflow.
    pub workflow: String,
    /// The queue that its workers take work from.
    pub queue: String,
    /// Its input; `null`: none.
    pub input: Value,
    /// How long a worker may take to say what comes next, before another one is asked; `None`: as long as the
    /// backend likes.
    pub task_timeout: Option<Duration>,
}

/// A page of instances of a backend.
#[derive(Debug, Clone)]
pub struct BackendPage {
    /// The instances, newest first.
    pub instances: Vec<InstanceSummary>,
    /// Where the next page starts; `None`: this is the last page.
    pub next: Option<PageMark>,
}

/// Where a page starts, in the words of its backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageMark(pub Vec<u8>);
