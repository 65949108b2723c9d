//! Selection of instances to purge.

use super::{InstanceId, InstanceSummary, Search, Status, Timestamp};

/// Selects instances to purge, with all their runs and children. Open instances are never purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purge {
    /// One instance.
    Instance(InstanceId),
    /// All that closed before a time, with this status or (`None`) any.
    ClosedBefore(Timestamp, Option<Status>),
    /// All closed instances that match a search.
    Search(Search),
    /// The closed runs that started first, until `kept` are left.
    Oldest {
        /// How many closed runs are kept: those that started last.
        kept: u64,
        /// Only those with one of these statuses; empty: any.
        statuses: Vec<Status>,
    },
}

impl Purge {
    /// Whether a run of an instance is selected.
    pub(super) fn selects(&self, summary: &InstanceSummary) -> bool {
        let Some(closed) = summary.closed_at.filter(|_| summary.status.is_closed()) else {
            return false;
        };
        match self {
            Self::Instance(id) => summary.id == *id,
            Self::ClosedBefore(before, status) => {
                closed < *before && status.is_none_or(|status| summary.status == status)
            }
            Self::Search(search) => search.matches(summary),
            Self::Oldest { statuses, .. } => {
                statuses.is_empty() || statuses.contains(&summary.status)
            }
        }
    }
}
