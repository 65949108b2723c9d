//! `fermata search`: instances by workflow, status, tag and age.

use std::process::ExitCode;

use clap::Args;

use super::{
    CliError,
    backend::SourceArgs,
    inspect::{Format, print_instances},
    selection::Selection,
    source::Access,
};
use crate::{app::control_socket::SearchRequest, engine::Runs};

#[derive(Debug, Args)]
pub(super) struct SearchArgs {
    #[command(flatten)]
    selection: Selection,
    /// Only the latest run of each id
    #[arg(long)]
    latest: bool,
    /// At most N instances
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    source: SourceArgs,
    /// Output format
    #[arg(short, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    output: Format,
}

/// Prints what is found, newest first.
pub(super) fn run(args: SearchArgs) -> Result<ExitCode, CliError> {
    let runs = match args.latest {
        true => Runs::Latest,
        false => Runs::All,
    };
    let request = SearchRequest {
        search: args.selection.search(runs),
        limit: Some(args.limit),
    };
    let found = args.source.source(Access::Read)?.search(&request)?;
    print_instances(&found, args.output)?;
    Ok(ExitCode::SUCCESS)
}
