//! `fermata schema`: the JSON Schemas of scores, set lists and listening scores.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{CliError, terminal::print_json};
use crate::{
    conductor::setlist::SETLIST_SCHEMA,
    score::{SCHEMA, listening::LISTENING_SCHEMA},
};

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// What the schema describes
    #[arg(value_enum, default_value_t, value_name = "FORMAT")]
    of: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Scores
    #[default]
    Score,
    /// Set lists
    Setlist,
    /// Listening scores
    Listening,
}

pub(super) fn run(args: &SchemaArgs) -> Result<ExitCode, CliError> {
    let schema = match args.of {
        Format::Score => SCHEMA,
        Format::Setlist => SETLIST_SCHEMA,
        Format::Listening => LISTENING_SCHEMA,
    };
    print_json(schema.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
