//! Search criteria for instances.

use serde::{Deserialize, Serialize};

use super::{InstanceSummary, Status, Timestamp};

/// Search criteria. The default matches all instances; each field that is set restricts the result.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Search {
    /// With this workflow.
    pub workflow: Option<String>,
    /// With this status.
    pub status: Option<Status>,
    /// With all of these tags.
    pub tags: Vec<(String, String)>,
    /// Started at this time or later.
    pub since: Option<Timestamp>,
    /// Started before this time.
    pub before: Option<Timestamp>,
    /// With one of these statuses; empty: any.
    pub statuses: Vec<Status>,
    /// With an id that has this prefix.
    pub id_prefix: Option<String>,
    /// Closed at this time or later.
    pub closed_since: Option<Timestamp>,
    /// Closed before this time.
    pub closed_before: Option<Timestamp>,
    /// Which runs of an instance.
    pub runs: Runs,
}

/// Which runs of an instance match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Runs {
    /// All runs.
    #[default]
    All,
    /// Only the latest run.
    Latest,
}

impl Search {
    /// Whether a run matches, not considering `runs`.
    pub(super) fn matches(&self, summary: &InstanceSummary) -> bool {
        let tagged = |(name, value): &(String, String)| summary.tags.get(name) == Some(value);
        let prefix = self.id_prefix.as_deref().unwrap_or_default();
        self.workflow
            .as_ref()
            .is_none_or(|workflow| summary.workflow == *workflow)
            && self.matches_status(summary.status)
            && self.tags.iter().all(tagged)
            && self.since.is_none_or(|since| summary.started_at >= since)
            && self.before.is_none_or(|before| summary.started_at < before)
            && summary.id.as_str().starts_with(prefix)
            && self.matches_closed_at(summary.closed_at)
    }

    /// Whether instances with this status match.
    pub(super) fn matches_status(&self, status: Status) -> bool {
        self.status.is_none_or(|wanted| wanted == status)
            && (self.statuses.is_empty() || self.statuses.contains(&status))
    }

    fn matches_closed_at(&self, closed: Option<Timestamp>) -> bool {
        let since = self.closed_since.unwrap_or_default();
        match closed {
            Some(closed) => {
                closed >= since && self.closed_before.is_none_or(|before| closed < before)
            }
            None => self.closed_since.is_none() && self.closed_before.is_none(),
        }
    }
}
