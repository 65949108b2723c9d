//! Playing in virtual time: as fast as possible, and the same result every time.

use super::{PlayOptions, PlayReporter, cause_of, perform::perform};
use crate::{
    app::AppError,
    conductor::{Conductor, Looping, Outputs, Setup},
    engine::{Clock, CrashCause, InstanceSummary, Limits, Timestamp},
    music::{Null, Player, Sink},
};

/// Plays scores to their end in virtual time, which starts at `begins`. Nothing sounds. Returns the
/// instances that were played, in the order in which they started.
///
/// # Errors
///
/// [`AppError`] if a score cannot start, the store cannot be written, the engine stops, or a file cannot
/// be written.
pub fn play_in_virtual_time(
    options: PlayOptions,
    begins: Timestamp,
    reporter: &dyn PlayReporter,
) -> Result<Vec<InstanceSummary>, AppError> {
    in_virtual_time(play(options, begins, reporter))?
}

/// Runs something on a clock that jumps from one timer to the next.
pub(in crate::app) fn in_virtual_time<W: Future>(work: W) -> Result<W::Output, AppError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(AppError::Threads)?;
    Ok(tokio::task::LocalSet::new().block_on(&runtime, work))
}

async fn play(
    options: PlayOptions,
    begins: Timestamp,
    reporter: &dyn PlayReporter,
) -> Result<Vec<InstanceSummary>, AppError> {
    let only_port = options.only_port;
    let only_port = only_port.map(|(name, _)| (name, Box::new(Null) as Box<dyn Sink>));
    let (player, simulation) = Player::simulated(options.journal);
    let playing = tokio::task::spawn_local(simulation.run());
    let setup = Setup {
        store: options.store,
        recovery: options.recovery,
        player,
        synth: Box::new(Null),
        bank: options.bank,
        outputs: Outputs::BuiltInOnly,
        only_port,
        secrets: options.secrets,
        looping: Looping::Once,
        listening: options.listening,
        limits: Limits::default(),
        crash: CrashCause::default(),
        remote: None,
    };
    let conductor = Conductor::simulated(setup, Clock::starting_at(begins)).await?;
    let begun = conductor.engine().clock().now();
    let report = |text: &str| reporter.message(text);
    let is_scheduled = options.request.is_scheduled();
    let ends = tokio::select! {
        ends = perform(&conductor, options.request, options.tasks, report) => {
            ends.map_err(|error| cause_of(&conductor, error))?
        }
        // A schedule starts further instances, which may emit what is waited for.
        waiting = conductor.standstill(), if !is_scheduled => {
            return Err(AppError::WaitsForever(waiting?));
        }
        // No time passes, so nobody can free disk space.
        error = conductor.engine().store_failure() => return Err(error.into()),
    };
    conductor.close().await?;
    // A simulation that panicked has printed its panic.
    if let Ok(played) = playing.await {
        played?;
    }
    if let Some(folder) = options.histories {
        folder.keep_histories(conductor.engine().archive(), begun)?;
    }
    Ok(ends)
}
