//! `fermata export` and `fermata replay`: a history, taken out of its store and held against a score.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{CliError, StoreArgs, report::print};
use crate::{
    conductor,
    engine::{EngineError, History, InstanceId},
    score::Document,
};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The instance
    id: String,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// A history, as `fermata export` prints it
    #[arg(value_name = "HISTORY.json")]
    history: PathBuf,
    /// The score to hold against it: YAML or JSON [default: the one that the history keeps]
    score: Option<PathBuf>,
}

pub(super) fn export(args: &ExportArgs) -> Result<ExitCode, CliError> {
    let id = InstanceId::new(&args.id).map_err(EngineError::from)?;
    let history = args.store.open()?.export(&id)?;
    print(&format!("{:#}", history.to_json()));
    Ok(ExitCode::SUCCESS)
}

pub(super) fn replay(args: &ReplayArgs) -> Result<ExitCode, CliError> {
    let path = || args.history.clone();
    let text = std::fs::read_to_string(&args.history).map_err(|source| CliError::Unreadable {
        path: path(),
        source,
    })?;
    let history = History::from_json(&text).map_err(|source| CliError::NoHistory {
        path: path(),
        source,
    })?;
    let score = args.score.as_deref().map(Document::read).transpose()?;
    let events = conductor::replay(history, score.as_ref())?;
    print(&format!("{events} events agree"));
    Ok(ExitCode::SUCCESS)
}
