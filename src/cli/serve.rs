//! `fermata serve`: runs the workflows of other programs.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, store::StoreArgs, terminal::print};
use crate::{
    app,
    serve::{Access, Address, ApiToken, ServeOptions},
};

/// Where Dapr's sidecar listens for workers.
pub(super) const DURABLE_TASK: &str = "127.0.0.1:4001";

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where programs that use Dapr Workflow or the Durable Task Framework connect: a port of this machine, or
    /// unix:PATH
    #[arg(long, value_name = "ADDRESS", default_value = DURABLE_TASK)]
    durable_task: String,
    #[command(flatten)]
    store: StoreArgs,
}

/// Serves until the user or the system ends the program. If DAPR_API_TOKEN is set, others must send it.
pub(super) fn run(args: &ServeArgs) -> Result<ExitCode, CliError> {
    let options = options(&args.durable_task)?;
    let runtime = app::runtime()?;
    // The store comes last: nothing is created if an argument is wrong.
    let store = args.store.create()?;
    let signal = app::serve(&runtime, store, options, |address| {
        print(&format!("workflows are served at {address}"))
    })?;
    Ok(ExitCode::from(signal.exit_code()))
}

/// What is served at an address, and who may connect.
pub(super) fn options(address: &str) -> Result<ServeOptions, CliError> {
    let durable_task = self::address(address)?;
    let token = std::env::var(ApiToken::VARIABLE).unwrap_or_default();
    let token = ApiToken::new(&token).map_err(app::AppError::from)?;
    Ok(ServeOptions {
        durable_task,
        access: Access { token },
    })
}

fn address(text: &str) -> Result<Address, CliError> {
    let address = text.parse::<Address>();
    address.map_err(|error| CliError::Usage(error.to_string()))
}
