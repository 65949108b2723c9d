//! The history of an instance.
//!
//! Histories are append-only. An event that closes something contains the id of the event that
//! opened it, so pairing is exact. This module uses no clock, store or thread.

mod consistency;
mod exported;
mod json;
mod kind;
mod lineage;
mod read_json;
mod run_limits;
mod summary;
mod tags;
mod timer_origin;

use serde::{Deserialize, Serialize};

use super::{EventId, Timestamp};

pub(super) use consistency::first_invalid_event;
pub use exported::{History, InvalidHistory};
pub use kind::EventKind;
pub use lineage::{Fork, Parent, ParentClosePolicy};
pub use run_limits::RunLimits;
pub use summary::{Committed, FoldedAttempts, HistoryHead, InstanceSummary, Status};
pub use tags::Tags;
pub use timer_origin::TimerOrigin;

/// One event of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its position in the history.
    pub id: EventId,
    /// When it was appended.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
}
