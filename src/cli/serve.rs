//! `fermata serve`: runs the workflows of other programs.

use std::process::ExitCode;

use clap::Args;

use super::{
    CliError,
    store::StoreArgs,
    terminal::{message, print},
};
use crate::{
    app,
    serve::{ServeError, ServeOptions, Server},
};

/// Where Dapr's sidecar has its HTTP API.
pub(super) const DAPR_HTTP: &str = "127.0.0.1:3500";

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where programs that use Dapr Workflow or the Durable Task Framework connect: a port of this machine, or
    /// unix:PATH
    #[arg(long, value_name = "ADDRESS", default_value = ServeOptions::DURABLE_TASK)]
    durable_task: String,
    /// Also serve Dapr's HTTP API for workflows, at a port of this machine or unix:PATH
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = DAPR_HTTP)]
    dapr_http: Option<String>,
    #[command(flatten)]
    store: StoreArgs,
}

/// Serves until the user or the system ends the program. If DAPR_API_TOKEN is set, others must send it.
pub(super) fn run(args: &ServeArgs) -> Result<ExitCode, CliError> {
    let options = options(&args.durable_task, args.dapr_http.as_deref())?;
    let runtime = app::runtime()?;
    // The store comes last: nothing is created if an argument is wrong.
    let store = app::ServedStore {
        file: args.store.file()?,
        store: args.store.create()?,
    };
    let open = |server: &Server| {
        print(&format!("workflows are served at {}", server.address()))?;
        match server.http_address() {
            Some(address) => print(&format!("Dapr's HTTP API is at {address}")),
            None => Ok(()),
        }
    };
    let signal = app::serve(&runtime, store, options, open, message)?;
    Ok(ExitCode::from(signal.exit_code()))
}

/// What is served at which addresses, and who may connect.
pub(super) fn options(
    durable_task: &str,
    dapr_http: Option<&str>,
) -> Result<ServeOptions, CliError> {
    let usage = |error: ServeError| CliError::Usage(error.to_string());
    let dapr_http = dapr_http.map(str::parse).transpose().map_err(usage)?;
    let options = ServeOptions::at(durable_task).map_err(usage)?;
    Ok(ServeOptions {
        dapr_http,
        ..options
    })
}
