//! `fermata` without a command: the stage.

mod edits;
mod host;
mod library;
mod projection;

use std::{process::ExitCode, sync::Arc};

use super::{CliError, INTERRUPTED, Renderer, StageArgs, interrupted, only_port};
use crate::{
    conductor::{Conductor, Outputs, Rounds, Setup},
    engine::Recovery,
    music::{Journal, NAME, Player, Sound},
    stage::{self, StageOptions},
};
use host::{App, WindowEnd};
use library::Library;

/// Opens the window and keeps it open. Closing it suspends nothing: open instances go on when the
/// stage is opened the next time.
pub(super) fn run(args: StageArgs) -> Result<ExitCode, CliError> {
    let library = Library::with(&args.scores)?;
    let only_port = only_port(args.port.as_deref())?;
    let store = args.store.create()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CliError::Threads)?;
    let (conductor, sound, virtual_port) = runtime.block_on(async {
        let player = Player::start(Journal::new())?;
        let (sound, built_in) = Sound::open(player.origin().into_std());
        let virtual_port = built_in.has_virtual_output().then(|| NAME.to_owned());
        let setup = Setup {
            store,
            recovery: Recovery::OpenInstances,
            player,
            synth: Box::new(built_in),
            outputs: Outputs::Midi,
            only_port,
            rounds: Rounds::Endless,
        };
        Ok::<_, CliError>((Conductor::start(setup).await?, sound, virtual_port))
    })?;
    runtime.spawn(leave_when_interrupted(conductor.clone()));
    let given = library.given();
    for document in library.of_files() {
        conductor.revise(document);
    }
    let app = Arc::new(App::new(
        conductor.clone(),
        library,
        runtime.handle().clone(),
    ));
    runtime.spawn(projection::run(Arc::clone(&app), sound, virtual_port));
    runtime.spawn(edits::watch(Arc::clone(&app)));
    app.start(given);
    let options = StageOptions {
        renderer: match args.renderer {
            Renderer::Auto => stage::Renderer::Auto,
            Renderer::Wgpu => stage::Renderer::Wgpu,
            Renderer::Glow => stage::Renderer::Glow,
        },
        ..StageOptions::default()
    };
    let shown = stage::run(Arc::new(WindowEnd(app)), options);
    let closed = runtime.block_on(conductor.close());
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    shown?;
    closed?;
    Ok(ExitCode::SUCCESS)
}

/// Lets go of every note before the program ends.
async fn leave_when_interrupted(conductor: Conductor) {
    interrupted().await;
    // There is nobody left to tell of an error.
    let _ = conductor.close().await;
    std::process::exit(i32::from(INTERRUPTED));
}
