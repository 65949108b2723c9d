//! `fermata import`: converts music of other formats to scores.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    CliError,
    new_file::{self, Overwrite},
    terminal::{message, print, print_bytes},
};
use crate::score::import::{self, ImportError};

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A Standard MIDI File, or a list of notes in the Concerto format
    file: PathBuf,
    /// File to write [default: standard output]
    #[arg(short, long, value_name = "SCORE.yaml")]
    output: Option<PathBuf>,
    /// Refuse files that break the standard, instead of reading what is readable
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    overwrite: Overwrite,
}

pub(super) fn run(args: &ImportArgs) -> Result<ExitCode, CliError> {
    let bytes = import::read_bytes(&args.file)?;
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let imported = import::import(&bytes, &name).map_err(|source| CliError::Import {
        path: args.file.clone(),
        source,
    })?;
    if args.strict && !imported.faults.is_empty() {
        return Err(CliError::Import {
            path: args.file.clone(),
            source: ImportError::Faults(imported.faults),
        });
    }
    for fault in &imported.faults {
        message(&format!("damaged: {name}: {fault}"));
    }
    for remark in &imported.remarks {
        message(&format!("read {name} as {remark}"));
    }
    for omission in &imported.left_out {
        message(&format!("not imported from {name}: {omission}"));
    }
    match &args.output {
        None => print_bytes(imported.score.as_bytes())?,
        Some(path) => {
            new_file::write(path, imported.score.as_bytes(), args.overwrite)?;
            print(&format!("created {}", path.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
