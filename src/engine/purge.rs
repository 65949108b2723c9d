//! Which instances are to be forgotten.

use super::{InstanceId, InstanceSummary, Status, Timestamp};

/// Which instances are to be forgotten, with all runs under their ids and the children of those.
/// Open ones are never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purge {
    /// This one.
    Instance(InstanceId),
    /// All that ended before a moment, in this status or (`None`) in any.
    ClosedBefore(Timestamp, Option<Status>),
}

impl Purge {
    pub(super) fn takes(&self, summary: &InstanceSummary) -> bool {
        match self {
            Self::Instance(id) => summary.id == *id,
            Self::ClosedBefore(before, status) => {
                summary.closed_at.is_some_and(|closed| closed < *before)
                    && status.is_none_or(|status| summary.status == status)
            }
        }
    }
}
