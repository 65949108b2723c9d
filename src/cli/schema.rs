//! `fermata schema`: the JSON Schema of scores.

use std::process::ExitCode;

use super::{CliError, terminal::print_json};
use crate::score::SCHEMA;

pub(super) fn run() -> Result<ExitCode, CliError> {
    print_json(SCHEMA.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
