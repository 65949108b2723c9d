//! `fermata verify`: whether all that a store holds can be read.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, StoreArgs, report::print};

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    store: StoreArgs,
}

/// Prints each damage on a line; fails if there is any.
pub(super) fn run(args: &VerifyArgs) -> Result<ExitCode, CliError> {
    let verified = args.store.open()?.verify()?;
    for damage in &verified.damage {
        print(&damage.to_string())?;
    }
    let (instances, events) = (verified.instances, verified.events);
    if verified.is_whole() {
        print(&format!(
            "{instances} instances with {events} events: whole"
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let damaged = verified.damage.len();
    print(&format!(
        "{instances} instances with {events} readable events: {damaged} damaged; the others can be \
         used and exported"
    ))?;
    Ok(ExitCode::FAILURE)
}
