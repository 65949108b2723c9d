//! `fermata check`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{CliError, scores, sounds};

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Scores: YAML, JSON or MIDI files
    #[arg(required = true)]
    scores: Vec<PathBuf>,
}

pub(super) fn run(args: &CheckArgs) -> Result<ExitCode, CliError> {
    sounds::read_own();
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
