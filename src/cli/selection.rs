//! Arguments that select instances by workflow, status, tag, id and age.

use clap::Args;

use super::arguments::{moment, status, tag};
use crate::engine::{Runs, Search, Status, Timestamp};

#[derive(Debug, Args)]
#[group(id = "selection", multiple = true)]
pub(super) struct Selection {
    /// Of this workflow (the name of a score)
    #[arg(long, value_name = "NAME")]
    workflow: Option<String>,
    /// With this status; may be repeated
    #[arg(long = "status", value_name = "STATUS", value_parser = status)]
    statuses: Vec<Status>,
    /// With this tag; may be repeated
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = tag)]
    tags: Vec<(String, String)>,
    /// With an id that starts with PREFIX
    #[arg(long, value_name = "PREFIX")]
    id_prefix: Option<String>,
    /// Started at TIME or later: "2026-11-26T20:00:00Z", or "2h" for two hours ago
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Started before TIME
    #[arg(long, value_name = "TIME", value_parser = moment)]
    before: Option<Timestamp>,
    /// Closed at TIME or later
    #[arg(long, value_name = "TIME", value_parser = moment)]
    closed_since: Option<Timestamp>,
    /// Closed before TIME
    #[arg(long, value_name = "TIME", value_parser = moment)]
    closed_before: Option<Timestamp>,
}

impl Selection {
    /// The search for these instances.
    pub fn search(self, runs: Runs) -> Search {
        Search {
            workflow: self.workflow,
            statuses: self.statuses,
            tags: self.tags,
            id_prefix: self.id_prefix,
            since: self.since,
            before: self.before,
            closed_since: self.closed_since,
            closed_before: self.closed_before,
            runs,
            ..Search::default()
        }
    }
}
