//! `fermata schema`: what editors complete and check scores by.

use std::process::ExitCode;

use super::{CliError, report::print};
use crate::score::SCHEMA;

pub(super) fn run() -> Result<ExitCode, CliError> {
    print(SCHEMA.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
