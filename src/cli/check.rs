//! `fermata check`: validates scores without playing them.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;

use super::{
    CliError, scores,
    terminal::{message, print, raw_message},
};
use crate::{app::read_own_patches, music::Bank, view::escape::escape};

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Scores: YAML, JSON or MIDI files
    #[arg(required = true, value_name = "SCORE")]
    scores: Vec<PathBuf>,
}

pub(super) fn run(args: &CheckArgs) -> Result<ExitCode, CliError> {
    let bank = Bank::new();
    read_own_patches(&bank, |error| message(&error));
    let mut code = ExitCode::SUCCESS;
    for (path, score) in args.scores.iter().zip(scores::read(&args.scores, &bank)) {
        match score {
            Ok(document) => print(&format!("{}: ok ({})", path.display(), document.title))?,
            Err(errors) => {
                code = ExitCode::FAILURE;
                raw_message(&format!("{}\n", escape(&errors.to_string())));
            }
        }
    }
    Ok(code)
}
