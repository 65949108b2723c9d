//! `fermata` without a command: the stage.

mod control_surface;
mod edits;
mod host;
mod lane;
mod library;
mod loudspeaker;
mod projection;
mod tape;

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep};

use super::{CliError, INTERRUPTED, Renderer, StageArgs, only_port, rig::RigArgs, sounds};
use crate::{
    conductor::{Conductor, Outputs, Rounds, Setup},
    engine::Recovery,
    music::{Journal, NAME, Player, Sound},
    stage::{self, StageOptions, Wake},
};
use host::{App, WindowEnd};
use library::Library;
use tape::Tape;

/// How long a window has to close once it is asked to, and how often it is asked.
const PATIENCE: Duration = Duration::from_secs(5);
const ASK: Duration = Duration::from_millis(100);

/// Opens the window and keeps it open. Closing it suspends nothing: open instances go on when the
/// stage is opened the next time.
pub(super) fn run(args: StageArgs) -> Result<ExitCode, CliError> {
    args.sounds.open()?;
    let library = Library::with(&args.scores)?;
    let rig = args.rig.read()?;
    let only_port = only_port(args.port.as_deref())?;
    let store = args.store.create()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(CliError::Threads)?;
    let (conductor, sound, virtual_port, tape, unwritable) = runtime.block_on(async {
        let journal = Journal::new();
        let (tape, unwritable) = (journal.handle(), journal.watch_trouble());
        let player = Player::start(journal)?;
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
        let conductor = Conductor::start(setup).await?;
        Ok::<_, CliError>((conductor, sound, virtual_port, tape, unwritable))
    })?;
    conductor.set_rig(&rig)?;
    let given = library.given();
    for document in library.of_files() {
        conductor.revise(document);
    }
    let app = Arc::new(App::new(
        conductor.clone(),
        library,
        Tape::new(tape, recordings()),
        runtime.handle().clone(),
    ));
    let interrupted = Arc::new(AtomicBool::new(false));
    runtime.spawn(leave_when_interrupted(
        Arc::clone(&app),
        Arc::clone(&interrupted),
    ));
    runtime.spawn(projection::run(
        Arc::clone(&app),
        sound,
        virtual_port,
        unwritable,
    ));
    edits::follow(&app);
    let teller = Arc::clone(&app);
    sounds::follow(move |what| teller.tell(host::AppEvent::Notice(what)));
    let keep = control_surface::keep_in(args.rig.path());
    runtime.spawn(control_surface::run(Arc::clone(&app), keep));
    runtime.spawn(follow_rig(args.rig, Arc::clone(&app)));
    app.start(given);
    let options = StageOptions {
        renderer: match args.renderer {
            Renderer::Auto => stage::Renderer::Auto,
            Renderer::Wgpu => stage::Renderer::Wgpu,
            Renderer::Glow => stage::Renderer::Glow,
        },
        ..StageOptions::default()
    };
    let shown = stage::run(Arc::new(WindowEnd(Arc::clone(&app))), options);
    let closed = runtime.block_on(app.close());
    runtime.shutdown_timeout(Duration::from_secs(2));
    shown?;
    closed?;
    Ok(match interrupted.load(Ordering::Relaxed) {
        true => ExitCode::from(INTERRUPTED),
        false => ExitCode::SUCCESS,
    })
}

/// Takes up what is changed in the rig's file, until the program ends.
async fn follow_rig(rig: RigArgs, app: Arc<App>) {
    let tell = |what| app.tell(host::AppEvent::Notice(what));
    rig.follow(app.conductor.clone(), tell).await;
}

/// The folder of all recordings.
fn recordings() -> Option<std::path::PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "fermata")?;
    Some(dirs.data_dir().join("recordings"))
}

/// Lets go of every note, then asks the window to close. A program must not end while another
/// thread of it paints.
async fn leave_when_interrupted(app: Arc<App>, interrupted: Arc<AtomicBool>) {
    super::interrupted().await;
    interrupted.store(true, Ordering::Relaxed);
    // There is nobody left to tell of an error.
    let _ = app.close().await;
    let patience = Instant::now() + PATIENCE;
    while Instant::now() < patience {
        // Before the window is there nobody hears it.
        app.wake(Wake::Close);
        sleep(ASK).await;
    }
    // On some systems a hidden window paints nothing, and so hears nothing.
    std::process::exit(i32::from(INTERRUPTED));
}
