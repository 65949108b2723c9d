//! Which instances are to be forgotten.

use super::{InstanceId, InstanceSummary, Search, Status, Timestamp};

/// Which instances are to be forgotten, with all runs under their ids and the children of those.
/// Open ones are never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purge {
    /// This one.
    Instance(InstanceId),
    /// All that ended before a moment, in this status or (`None`) in any.
    ClosedBefore(Timestamp, Option<Status>),
    /// All that have ended and that a search finds.
    Search(Search),
}

impl Purge {
    /// Whether this run of an instance is one of those.
    pub(super) fn takes(&self, summary: &InstanceSummary) -> bool {
        let Some(closed) = summary.closed_at.filter(|_| summary.status.is_closed()) else {
            return false;
        };
        match self {
            Self::Instance(id) => summary.id == *id,
            Self::ClosedBefore(before, status) => {
                closed < *before && status.is_none_or(|status| summary.status == status)
            }
            Self::Search(search) => search.finds(summary),
        }
    }
}
