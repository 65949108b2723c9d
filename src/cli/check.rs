//! `fermata check`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::CliError;
use crate::score::Document;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Scores: YAML or JSON
    #[arg(required = true)]
    scores: Vec<PathBuf>,
}

pub(super) fn run(args: &CheckArgs) -> Result<ExitCode, CliError> {
    let mut wrong = false;
    for path in &args.scores {
        match Document::read(path) {
            Ok(document) => println!("{}: {} is fine", path.display(), document.title),
            Err(errors) => {
                wrong = true;
                eprintln!("{errors}");
            }
        }
    }
    Ok(if wrong {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
