//! Which instances are looked for.

use serde::{Deserialize, Serialize};

use super::{InstanceSummary, Status, Timestamp};

/// Which instances are looked for. The default finds all of them; each field that is set leaves only
/// those of which it holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Search {
    /// Of this workflow.
    pub workflow: Option<String>,
    /// In this status.
    pub status: Option<Status>,
    /// With these tags and values.
    pub tags: Vec<(String, String)>,
    /// Begun at this moment or later.
    pub since: Option<Timestamp>,
    /// Begun before this moment.
    pub before: Option<Timestamp>,
    /// In one of these statuses; none: in any.
    pub statuses: Vec<Status>,
    /// With an id that begins so.
    pub id_prefix: Option<String>,
    /// Ended at this moment or later.
    pub closed_since: Option<Timestamp>,
    /// Ended before this moment.
    pub closed_before: Option<Timestamp>,
    /// Which of the runs under one id.
    pub runs: Runs,
}

/// Which of the runs under one id are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Runs {
    /// Each of them.
    #[default]
    All,
    /// Only the latest.
    Latest,
}

impl Search {
    /// Whether an instance is one of those, whichever run of its id it is.
    pub(super) fn finds(&self, summary: &InstanceSummary) -> bool {
        let tagged = |(name, value): &(String, String)| summary.tags.get(name) == Some(value);
        let prefix = self.id_prefix.as_deref().unwrap_or_default();
        self.workflow
            .as_ref()
            .is_none_or(|workflow| summary.workflow == *workflow)
            && self.finds_status(summary.status)
            && self.tags.iter().all(tagged)
            && self.since.is_none_or(|since| summary.started_at >= since)
            && self.before.is_none_or(|before| summary.started_at < before)
            && summary.id.as_str().starts_with(prefix)
            && self.finds_end(summary.closed_at)
    }

    /// Whether instances in this status are looked for.
    pub(super) fn finds_status(&self, status: Status) -> bool {
        self.status.is_none_or(|wanted| wanted == status)
            && (self.statuses.is_empty() || self.statuses.contains(&status))
    }

    fn finds_end(&self, closed: Option<Timestamp>) -> bool {
        let since = self.closed_since.unwrap_or_default();
        match closed {
            Some(closed) => {
                closed >= since && self.closed_before.is_none_or(|before| closed < before)
            }
            None => self.closed_since.is_none() && self.closed_before.is_none(),
        }
    }
}
