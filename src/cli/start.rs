//! `fermata start`: starts a workflow in another engine.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, arguments::payload, backend::Remote, terminal::print};
use crate::{
    backend::{BackendAddress, StartInstance},
    engine::Payload,
};

#[derive(Debug, Args)]
pub(super) struct StartArgs {
    /// Name of the workflow
    workflow: String,
    /// The engine: temporal://HOST:PORT/NAMESPACE
    #[arg(long, value_name = "ADDRESS")]
    backend: String,
    /// Queue that its workers take work from
    #[arg(long, value_name = "QUEUE")]
    queue: String,
    /// Id of the instance
    #[arg(long, value_name = "ID")]
    id: String,
    /// Its input
    #[arg(long, value_name = "JSON", default_value = "null", value_parser = payload)]
    input: Payload,
}

/// Starts an instance and prints its id.
pub(super) fn run(args: StartArgs) -> Result<ExitCode, CliError> {
    let remote = Remote::attach(&BackendAddress::parse(&args.backend)?)?;
    let started = remote.start(&StartInstance {
        id: args.id,
        workflow: args.workflow,
        queue: args.queue,
        input: args.input.to_json(),
    })?;
    print(&format!("{started}: started"))?;
    Ok(ExitCode::SUCCESS)
}
