//! `fermata export` and `fermata replay`: a history, taken out of its store and held against a score.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, ValueEnum};

use super::{
    CliError, StoreArgs,
    report::{print, print_bytes},
};
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
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people and other programs
    Json,
    /// The same in MessagePack: smaller, and not for a terminal
    Msgpack,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// A history, as `fermata export` prints it: JSON or MessagePack
    #[arg(value_name = "HISTORY")]
    history: PathBuf,
    /// The score to hold against it: YAML or JSON [default: the one that the history keeps]
    score: Option<PathBuf>,
}

pub(super) fn export(args: &ExportArgs) -> Result<ExitCode, CliError> {
    let id = InstanceId::new(&args.id).map_err(EngineError::from)?;
    let history = args.store.open()?.export(&id)?;
    match args.format {
        Format::Json => print(&format!("{:#}", history.to_json()))?,
        Format::Msgpack => print_bytes(&history.to_messagepack())?,
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn replay(args: &ReplayArgs) -> Result<ExitCode, CliError> {
    let path = || args.history.clone();
    let bytes = std::fs::read(&args.history).map_err(|source| CliError::Unreadable {
        path: path(),
        source,
    })?;
    let history = History::read(&bytes).map_err(|source| CliError::NoHistory {
        path: path(),
        source,
    })?;
    let score = args.score.as_deref().map(Document::read).transpose()?;
    let events = conductor::replay(history, score.as_ref())?;
    print(&format!("{events} events agree"))?;
    Ok(ExitCode::SUCCESS)
}
