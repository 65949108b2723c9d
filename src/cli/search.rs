//! `fermata search`: instances by workflow, status, tag and age.

use std::process::ExitCode;

use clap::Args;

use super::{
    CliError, StoreArgs,
    arguments::{moment, status, tag},
    inspect::{Format, print_instances},
    source::Access,
};
use crate::{
    app::control_socket::SearchRequest,
    engine::{Runs, Search, Status, Timestamp},
};

#[derive(Debug, Args)]
pub(super) struct SearchArgs {
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
    /// Only the latest run of each id
    #[arg(long)]
    latest: bool,
    /// At most N instances
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    store: StoreArgs,
    /// Output format
    #[arg(short, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    output: Format,
}

/// Prints what is found, newest first.
pub(super) fn run(args: SearchArgs) -> Result<ExitCode, CliError> {
    let search = Search {
        workflow: args.workflow,
        statuses: args.statuses,
        tags: args.tags,
        id_prefix: args.id_prefix,
        since: args.since,
        before: args.before,
        closed_since: args.closed_since,
        closed_before: args.closed_before,
        runs: match args.latest {
            true => Runs::Latest,
            false => Runs::All,
        },
        ..Search::default()
    };
    let request = SearchRequest {
        search,
        limit: Some(args.limit),
    };
    let found = args.store.source(Access::Read)?.search(&request)?;
    print_instances(&found, args.output)?;
    Ok(ExitCode::SUCCESS)
}
