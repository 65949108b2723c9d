//! `fermata import`: music from elsewhere as a score.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::Args;

use super::{CliError, report::print};
use crate::score::import;

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A Standard MIDI File of format 0 or 1, or a list of notes in the Concerto format
    file: PathBuf,
    /// Where to write the score; what is there is replaced [default: print it]
    #[arg(short, long, value_name = "SCORE.yaml")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: &ImportArgs) -> Result<ExitCode, CliError> {
    let bytes = import::bytes_of(&args.file)?;
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let imported = import::import(&bytes, &name).map_err(|source| CliError::Import {
        path: args.file.clone(),
        source,
    })?;
    for sentence in &imported.left_out {
        eprintln!("fermata: left out of {name}: {sentence}");
    }
    match &args.output {
        None => print(imported.score.trim_end())?,
        Some(path) => {
            fs::write(path, &imported.score).map_err(|source| CliError::Unwritable {
                path: path.clone(),
                source,
            })?;
            print(&format!("{} is written", path.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
