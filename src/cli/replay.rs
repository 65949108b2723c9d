//! `fermata export` and `fermata replay`: writes a history to a file, and checks it against a score.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};

use super::{
    CliError, StoreArgs,
    arguments::instance_id,
    new_file::{self, Overwrite},
    source::Access,
    terminal::{message, print, print_bytes, print_json},
};
use crate::{
    app::{control_socket::HistoryRequest, read_own_patches},
    backend::{HistoryFile, Imported, Private, SourceEngine},
    conductor,
    engine::InstanceId,
    music::Bank,
    score,
};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// Id of the instance
    #[arg(value_parser = instance_id)]
    id: InstanceId,
    /// Run, counted from 1 [default: the latest]
    #[arg(long, value_name = "N")]
    run: Option<u32>,
    #[command(flatten)]
    store: StoreArgs,
    /// Format of the history
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    overwrite: Overwrite,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text, with all digits of every number
    Json,
    /// The same in MessagePack: smaller
    Msgpack,
}

#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// A history written by `fermata export`: JSON or MessagePack
    #[arg(value_name = "HISTORY")]
    history: PathBuf,
    /// The score to check it against: YAML or JSON [default: the one recorded in the history]
    score: Option<PathBuf>,
}

/// Writes a whole history.
pub(super) fn export(args: &ExportArgs) -> Result<ExitCode, CliError> {
    let request = HistoryRequest {
        id: args.id.clone(),
        run: args.run,
    };
    let history = args.store.source(Access::Read)?.history(&request)?;
    match (&args.output, args.format) {
        (None, Format::Json) => print_json(&format!("{:#}", history.to_json()))?,
        (None, Format::Msgpack) => print_bytes(&history.to_messagepack())?,
        (Some(path), format) => {
            let bytes = match format {
                Format::Json => format!("{:#}\n", history.to_json()).into_bytes(),
                Format::Msgpack => history.to_messagepack(),
            };
            new_file::write(path, &bytes, args.overwrite)?;
            let events = history.events.len();
            print(&format!("created {} with {events} events", path.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks a history against a score.
pub(super) fn replay(args: &ReplayArgs) -> Result<ExitCode, CliError> {
    let Imported {
        engine, history, ..
    } = read_exported(&args.history, Private::Hidden)?;
    if engine != SourceEngine::Fermata {
        return Err(CliError::Usage(format!(
            "{} is a history of {engine}: only that engine has the code to check it against",
            args.history.display()
        )));
    }
    let bank = Bank::new();
    read_own_patches(&bank, |error| message(&error));
    let score = args.score.as_deref();
    let score = score.map(|path| score::load(path, &bank)).transpose()?;
    let events = conductor::replay(history, score.as_ref())?;
    print(&format!("{events} events match"))?;
    Ok(ExitCode::SUCCESS)
}

/// Reads an exported history of any engine.
pub(super) fn read_exported(path: &Path, private: Private) -> Result<Imported, CliError> {
    let bytes = std::fs::read(path).map_err(|source| CliError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let file = HistoryFile {
        bytes: &bytes,
        name: &name,
        private,
    };
    file.read().map_err(|source| CliError::BadHistory {
        path: path.to_owned(),
        source,
    })
}
