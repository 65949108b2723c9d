//! `fermata schema`: what editors complete and check scores by.

use std::process::ExitCode;

use super::report::print;
use crate::score::SCHEMA;

pub(super) fn run() -> ExitCode {
    print(SCHEMA.trim_end());
    ExitCode::SUCCESS
}
