//! Playing in virtual time: as fast as possible, and the same result every time.

use std::process::ExitCode;

use super::{PlayArgs, cause_of, open_store, recording::Recording, report};
use crate::{
    app::{PlayRequest, perform as play},
    cli::{CliError, messages::store_failure, only_port, terminal::message},
    conductor::{Conductor, Looping, Outputs, Setup},
    engine::{Clock, Limits, Timestamp},
    music::{Null, Player, Sink},
};

/// The start of virtual time, the first moment of 2000: always the same, so that two performances are
/// equal to the byte.
const SIMULATION_BEGINS: Timestamp = Timestamp(946_684_800_000_000_000);

pub(super) fn perform(
    args: &PlayArgs,
    mut request: PlayRequest,
    mut recording: Recording,
) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(CliError::Threads)?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let only_port = only_port(args.port.as_deref())?
            .map(|(name, _)| (name, Box::new(Null) as Box<dyn Sink>));
        let store = open_store(args, &mut request)?;
        let begins = args.selection.last_event(&store, SIMULATION_BEGINS)?;
        let clock = Clock::starting_at(begins);
        let (journal, tasks) = recording.begin(args)?;
        let (player, simulation) = Player::simulated(journal);
        let playing = tokio::task::spawn_local(simulation.run());
        let setup = Setup {
            store,
            recovery: args.selection.recovery()?,
            player,
            synth: Box::new(Null),
            outputs: Outputs::BuiltInOnly,
            only_port,
            looping: Looping::Once,
            limits: Limits::default(),
        };
        let is_scheduled = request.is_scheduled();
        let conductor = Conductor::simulated(setup, clock).await?;
        let begun = conductor.engine().clock().now();
        let ends = tokio::select! {
            ends = play(&conductor, request, tasks, message) => {
                ends.map_err(|error| cause_of(&conductor, error))?
            }
            // A schedule starts further instances, which may emit what is waited for.
            waiting = conductor.standstill(), if !is_scheduled => {
                return Err(CliError::WaitsForever(waiting?));
            }
            // While no time passes nobody can free disk space.
            error = store_failure(&conductor) => return Err(error.into()),
        };
        conductor.close().await?;
        // A simulation that panicked has printed its panic.
        if let Ok(played) = playing.await {
            played?;
        }
        recording.keep_histories(conductor.engine().archive(), begun)?;
        report(args, &ends)
    })
}
