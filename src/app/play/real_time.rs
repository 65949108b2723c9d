//! Playing in real time.

use std::sync::Arc;

use tokio::runtime::{Handle, Runtime};

use super::{
    PlayEnd, PlayOptions, PlayReporter, RealTimeOptions, cause_of,
    perform::perform,
    reports::{report_files, report_ports, report_progress, report_sound, report_store},
};
use crate::{
    app::{
        AppError,
        control_socket::{self, NoWindow},
        shutdown_requested,
        supervisor::Supervised,
    },
    conductor::{Conductor, Looping, Outputs, Setup},
    engine::Limits,
    music::{HORIZON, Player, Sound, SoundState},
};

/// Plays scores to their end, or until a signal asks the program to end.
///
/// # Errors
///
/// [`AppError`] if the player or the conductor cannot start, a score cannot start, the engine stops, or a
/// file cannot be written.
pub fn play(
    runtime: &Runtime,
    options: PlayOptions,
    real_time: RealTimeOptions,
    reporter: &dyn PlayReporter,
) -> Result<PlayEnd, AppError> {
    Supervised::wait_for_devices();
    runtime.block_on(play_on_runtime(options, real_time, reporter))
}

async fn play_on_runtime(
    options: PlayOptions,
    real_time: RealTimeOptions,
    reporter: &dyn PlayReporter,
) -> Result<PlayEnd, AppError> {
    let report = |text: &str| reporter.message(text);
    let mut unwritable = options.journal.watch_trouble();
    let player = Player::start(options.journal)?;
    let (sound, built_in) = Sound::open(player.origin().into_std(), &options.bank);
    if let SoundState::Silent(reason) = sound.state() {
        report(&reason);
    }
    let conductor = Conductor::start(Setup {
        store: options.store,
        recovery: options.recovery,
        player,
        synth: Box::new(built_in),
        bank: options.bank,
        outputs: Outputs::Midi,
        only_port: options.only_port,
        secrets: options.secrets,
        looping: Looping::Endless,
        listening: options.listening,
        limits: Limits::default(),
        crash: Supervised::crash_of_the_program_before(),
        remote: None,
    })
    .await?;
    conductor.set_rig(&real_time.rig)?;
    let store_file = real_time.store_file;
    let socket = store_file.and_then(|store| {
        control_socket::open(
            &store,
            &conductor,
            Arc::new(NoWindow),
            Handle::current(),
            report,
        )
    });
    let rig_file = real_time.rig_file;
    let begun = conductor.engine().clock().now();
    let mut signal = None;
    let ends = tokio::select! {
        ends = perform(&conductor, options.request, options.tasks, report) => Some(ends),
        () = report_progress(&conductor, reporter) => None,
        () = report_store(&conductor, reporter) => None,
        () = report_ports(&conductor, reporter) => None,
        () = rig_file.follow(conductor.clone(), |change| report(&change)) => None,
        () = report_sound(&sound, reporter) => None,
        () = report_files(&mut unwritable, reporter) => None,
        received = shutdown_requested() => {
            signal = Some(received);
            None
        }
    };
    // No request may arrive while everything closes.
    drop(socket);
    if signal.is_some() {
        // Notes that the histories record as played are heard before all notes are released.
        conductor.engine().stop().await;
        tokio::time::sleep(HORIZON).await;
    }
    if matches!(ends, Some(Ok(_))) && matches!(sound.state(), SoundState::Device { .. }) {
        tokio::time::sleep(Sound::TAIL).await;
    }
    let closed = conductor.close().await;
    let ends = ends.transpose();
    let ends = ends.map_err(|error| cause_of(&conductor, error))?;
    if let Some(folder) = options.histories {
        folder.keep_histories(conductor.engine().archive(), begun)?;
    }
    closed?;
    Ok(match signal {
        Some(signal) => PlayEnd::Signaled(signal),
        // The reports never end: without a signal, the performance has ended.
        None => PlayEnd::Ended(ends.unwrap_or_default()),
    })
}
