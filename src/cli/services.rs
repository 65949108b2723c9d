//! `fermata services`: small HTTP services for scores to call. Also the option that starts them in a program
//! that plays.

use std::{net::SocketAddr, process::ExitCode};

use clap::Args;

use super::{
    CliError,
    terminal::{message, print},
};
use crate::app::{
    runtime,
    services::{
        self, Handled, RunningServices, SERVICES_PORT, Services, ServicesAt, ServicesOptions,
    },
    shutdown_requested,
};

/// The seed, unless another one is asked for.
const SEED: u64 = 1;

#[derive(Debug, Args)]
pub(super) struct ServicesArgs {
    /// Port on 127.0.0.1; 0 is any free one
    #[arg(long, value_name = "PORT", default_value_t = SERVICES_PORT)]
    port: u16,
    /// Which requests fail by chance: the same ones with the same seed
    #[arg(long, value_name = "N", default_value_t = SEED)]
    seed: u64,
    /// Do not print a line for each request
    #[arg(short, long)]
    quiet: bool,
}

/// The option of a program that plays.
#[derive(Debug, Default, Args)]
pub(super) struct WithServicesArgs {
    /// Also start the services that `fermata services` starts, or use those that run already
    #[arg(long)]
    services: bool,
}

impl WithServicesArgs {
    /// They are asked for.
    #[cfg(feature = "stage")]
    pub fn asked() -> Self {
        Self { services: true }
    }

    /// Starts the services, if they are asked for and nobody else runs them. They end when the result is
    /// dropped.
    pub fn start(&self) -> Result<Option<RunningServices>, CliError> {
        if !self.services {
            return Ok(None);
        }
        let at = services::start_or_use(ServicesOptions {
            port: SERVICES_PORT,
            seed: SEED,
            log: Box::new(|handled| tracing::info!(%handled, "services")),
        })?;
        Ok(match at {
            ServicesAt::Here(running) => Some(running),
            ServicesAt::Elsewhere(address) => {
                message(&format!("the services at http://{address} are used"));
                None
            }
        })
    }
}

/// Serves until the user or the system ends the program.
pub(super) fn run(args: &ServicesArgs) -> Result<ExitCode, CliError> {
    let runtime = runtime()?;
    let running = services::start(ServicesOptions {
        port: args.port,
        seed: args.seed,
        log: match args.quiet {
            true => Box::new(|_| {}),
            false => Box::new(log),
        },
    })?;
    print_start(running.address())?;
    let signal = runtime.block_on(shutdown_requested());
    drop(running);
    Ok(ExitCode::from(signal.exit_code()))
}

/// Nobody may be reading any more: that does not end the services.
fn log(handled: &Handled) {
    let _ = print(&handled.to_string());
}

fn print_start(address: SocketAddr) -> Result<(), CliError> {
    print(&format!("services at http://{address}"))?;
    let services = Services::new(SEED);
    for name in services.names() {
        print(&format!("  http://{address}/{name}/openapi.json"))?;
    }
    print("set faults while they run, {} ends them:")?;
    print(&format!(
        "  curl -X PUT http://{address}/payment/faults -d '{{\"latency\": 200, \"failure_rate\": 0.3, \
         \"outage\": false, \"fail_next\": 0}}'"
    ))
}
