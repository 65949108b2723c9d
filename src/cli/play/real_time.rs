//! Playing in real time.

use std::process::ExitCode;

use tokio::runtime::{Handle, Runtime};

use super::{PlayArgs, cause_of, open_store, recording::Recording, report};
use crate::{
    app::{PlayRequest, control_socket, perform as play, shutdown_requested},
    cli::{
        CliError,
        messages::{report_files, report_ports, report_sound, report_store},
        only_port,
        report::progress_line,
        terminal::{clear_progress_line, message},
    },
    conductor::{Conductor, Looping, Outputs, Setup},
    engine::Limits,
    music::{Bank, HORIZON, Player, Sound, SoundState},
};

pub(super) fn perform(
    runtime: &Runtime,
    args: &PlayArgs,
    request: PlayRequest,
    recording: Recording,
) -> Result<ExitCode, CliError> {
    runtime.block_on(perform_on_runtime(args, request, recording))
}

async fn perform_on_runtime(
    args: &PlayArgs,
    mut request: PlayRequest,
    mut recording: Recording,
) -> Result<ExitCode, CliError> {
    let rig_file = args.rig.file();
    let rig = rig_file.read()?;
    let only_port = only_port(args.port.as_deref())?;
    let store = open_store(args, &mut request)?;
    let (journal, tasks) = recording.begin(args)?;
    let mut unwritable = journal.watch_trouble();
    let player = Player::start(journal)?;
    let (sound, built_in) = Sound::open(player.origin().into_std(), Bank::shared());
    if let SoundState::Silent(reason) = sound.state() {
        message(&reason);
    }
    let conductor = Conductor::start(Setup {
        store,
        recovery: args.selection.recovery()?,
        player,
        synth: Box::new(built_in),
        outputs: Outputs::Midi,
        only_port,
        looping: Looping::Endless,
        limits: Limits::default(),
    })
    .await?;
    conductor.set_rig(&rig)?;
    let store_file = args.store.file()?;
    let socket = store_file
        .and_then(|store| control_socket::open(&store, &conductor, Handle::current(), message));
    let begun = conductor.engine().clock().now();
    let mut signal = None;
    let ends = tokio::select! {
        ends = play(&conductor, request, tasks, message) => Some(ends),
        () = progress_line(conductor.clone()) => None,
        () = report_store(&conductor) => None,
        () = report_ports(&conductor) => None,
        () = rig_file.follow(conductor.clone(), |change| message(&change)) => None,
        () = report_sound(&sound) => None,
        () = report_files(&mut unwritable) => None,
        received = shutdown_requested() => {
            signal = Some(received);
            None
        }
    };
    // No request may come while everything closes.
    drop(socket);
    clear_progress_line();
    if ends.is_none() {
        // What the histories record as played is heard before the notes are released.
        conductor.engine().stop().await;
        tokio::time::sleep(HORIZON).await;
    }
    if matches!(ends, Some(Ok(_))) && matches!(sound.state(), SoundState::Device { .. }) {
        tokio::time::sleep(Sound::TAIL).await;
    }
    let closed = conductor.close().await;
    let ends = ends.transpose();
    let ends = ends.map_err(|error| cause_of(&conductor, error))?;
    recording.keep_histories(conductor.engine().archive(), begun)?;
    closed?;
    match (ends, signal) {
        (Some(ends), _) => report(args, &ends),
        (None, signal) => Ok(signal.map_or(ExitCode::FAILURE, |signal| {
            ExitCode::from(signal.exit_code())
        })),
    }
}
