//! `fermata check`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{CliError, news::say, scores};
use crate::app::read_own_patches;

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Scores: YAML, JSON or MIDI files
    #[arg(required = true)]
    scores: Vec<PathBuf>,
}

pub(super) fn run(args: &CheckArgs) -> Result<ExitCode, CliError> {
    read_own_patches(|what| say(&what));
    let mut wrong = false;
    for (path, score) in args.scores.iter().zip(scores::read(&args.scores)) {
        match score {
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
