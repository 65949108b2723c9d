//! `fermata new`: writes a commented score to start from.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    CliError,
    new_file::{self, Overwrite},
    terminal::print,
};
use crate::score;

#[derive(Debug, Args)]
pub(super) struct NewArgs {
    /// Name of the score
    #[arg(default_value = "first-score")]
    name: String,
    /// File to write [default: NAME.yaml]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    overwrite: Overwrite,
}

pub(super) fn run(args: &NewArgs) -> Result<ExitCode, CliError> {
    let (name, text) = score::starter(&args.name).ok_or_else(|| CliError::BadName {
        name: args.name.clone(),
    })?;
    let path = args.output.clone();
    let path = path.unwrap_or_else(|| PathBuf::from(format!("{name}.yaml")));
    new_file::write(&path, text.as_bytes(), args.overwrite)?;
    print(&format!(
        "created {0}: `fermata play {0}` plays it, `fermata {0}` opens it in the window",
        path.display()
    ))?;
    Ok(ExitCode::SUCCESS)
}
