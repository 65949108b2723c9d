//! The history of an instance: what happened, in the field's words.
//!
//! Append-only. An event that closes something names the event that opened it, so pairing is exact.
//! This room knows no clock, no store and no thread.

mod consistency;
mod failure;
mod json;
mod kind;
mod read_json;
mod summary;

use serde::{Deserialize, Serialize};

use super::{EventId, Timestamp};

pub(super) use consistency::impossible;
pub use failure::Failure;
pub use json::{BadHistory, History};
pub use kind::{EventKind, Fork, Parent, ParentClosePolicy, RunLimits, TimerOrigin};
pub use summary::{Committed, FoldedAttempts, HistoryHead, InstanceSummary, Status, Tags};

/// One event of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its place in the history.
    pub id: EventId,
    /// When it was appended, by the wall clock.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
}
