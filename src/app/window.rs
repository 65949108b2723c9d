//! The program with its window: starts everything behind it, runs it, and closes everything again.

use std::{
    cell::RefCell,
    panic::resume_unwind,
    path::PathBuf,
    rc::Rc,
    sync::{Arc, OnceLock, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use tokio::{
    runtime::Runtime,
    time::{Instant, sleep},
};

use super::{
    AppError, AppOptions, Library, NoStore, RigFile, SetlistFile, Shutdown, Start,
    application::{App, AppEvent, Receivers},
    backends, control_socket, control_surface, crash_report, engine_commands, files,
    follow_patches, histories,
    host::WindowHost,
    live_edits,
    markers_file::{self, MarkersFile},
    projection,
    recordings::Recordings,
    recovered, replay_sound, reruns, runtime, schedules, score_texts,
    scores_to_start::not_started,
    served, setlist,
    settings_file::{self, SettingsFile},
    shutdown_requested,
    supervisor::Supervised,
    window_requests::WindowRequests,
    without_window::NextWindow,
};
use crate::{
    conductor::{Conductor, Looping, NamedSink, Outputs, Secrets, Setup, rig::Rig},
    engine::{Archive, Limits, Recovery, RedbStore, Store},
    music::{Bank, Journal, NAME, Player, Sound},
    score::listening::ListeningScore,
    serve::{Hub, ServeOptions},
    stage::{
        Host, NoStorePage, Opening, StageOptions, StartingPage, Wake, WayOn, WindowFailure,
        WindowLoop,
    },
    view::{BackendCommand, EngineCommand, HistoryCommand, TourMode},
};

/// How long a window may take to close after a shutdown signal, and how often it is asked to.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
const CLOSE_INTERVAL: Duration = Duration::from_millis(100);

/// Why the window closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The user closed it.
    Closed,
    /// A signal asked the program to end.
    Signaled(Shutdown),
}

/// Opens the window and returns when it is closed. Open instances stay open: they continue when the
/// window is opened the next time. Must be called from the main thread.
///
/// Without a store, the window says why and starts nothing until the user has chosen another way.
///
/// # Errors
///
/// [`AppError`] if the store cannot be read, or if the player, the conductor or the window cannot
/// start.
pub fn open(options: AppOptions) -> Result<Ended, AppError> {
    let settings = match (options.start, options.tour) {
        (Start::Usual, TourMode::Off) => SettingsFile::of_user(),
        _ => SettingsFile::none(),
    };
    let window = StageOptions {
        renderer: options.renderer,
        place: settings.kept().window,
    };
    let (requests, requested) = WindowRequests::new();
    let parts = Parts {
        library: options.library,
        bank: options.bank,
        rig: options.rig,
        rig_file: options.rig_file,
        only_port: options.only_port,
        secrets: options.secrets,
        listening: options.listening,
        histories: options.histories,
        attach: options.attach,
        serve: options.serve,
        settings,
        setlist: options.setlist,
        tour: options.tour,
        restarted: options.restarted,
        requests: Arc::clone(&requests),
    };
    let file = options.store_file;
    let report_beside = file.clone();
    let (started, mut starting) = (Rc::new(RefCell::new(None)), None);
    let opening = match options.store {
        Ok(store) => {
            let (page, start) = start_behind(parts, store, file);
            starting = Some(start);
            Opening::Starting(page)
        }
        Err(NoStore { message, mut again }) => {
            tracing::warn!(message, "no store");
            let (started, mut parts) = (Rc::clone(&started), Some(parts));
            let proceed = move |way| {
                let (store, file) = match way {
                    WayOn::TryAgain => (again()?, file.clone()),
                    WayOn::InMemory => (in_memory()?, None),
                };
                let parts = parts.take().ok_or("Close the window and start it again.")?;
                let program = Program::start(parts, store, file).map_err(|e| e.to_string())?;
                let host = program.host();
                *started.borrow_mut() = Some(program);
                Ok(host)
            };
            Opening::NoStore(NoStorePage::new(message, Box::new(proceed)))
        }
    };
    let stem = crash_report::stem(report_beside.as_deref());
    let reporter = move |failure: &WindowFailure| {
        crash_report::write(stem.as_deref(), failure, SystemTime::now())
    };
    let mut next = NextWindow {
        windows: WindowLoop::new(window, Box::new(reporter)),
        requests,
        requested,
        tell: options.tell,
    };
    let shown = next.windows.show(opening);
    let program = match starting {
        // A panic has been reported by the thread that it ended.
        Some(start) => Some(start.join().unwrap_or_else(|panic| resume_unwind(panic))),
        None => started.borrow_mut().take().map(Ok),
    };
    let Some(program) = program else {
        shown?;
        return Ok(Ended::Closed);
    };
    let program = program?;
    let served = next.serve(&program.host(), shown);
    let ended = program.close();
    served?;
    ended
}

/// Starts the program behind the window, which opens meanwhile: a long store takes seconds.
fn start_behind(
    parts: Parts,
    store: Arc<dyn Store>,
    file: Option<PathBuf>,
) -> (StartingPage, JoinHandle<Result<Program, AppError>>) {
    let (report, started) = mpsc::channel();
    let start = thread::spawn(move || {
        let program = Program::start(parts, store, file);
        let host = match &program {
            Ok(program) => Ok(program.host()),
            Err(error) => Err(error.to_string()),
        };
        // The window may have been closed meanwhile.
        let _ = report.send(host);
        program
    });
    (StartingPage::new(started), start)
}

fn in_memory() -> Result<Arc<dyn Store>, String> {
    let store = RedbStore::in_memory().map_err(|error| error.to_string())?;
    Ok(Arc::new(store))
}

/// What the program consists of, except its store.
struct Parts {
    library: Library,
    bank: Bank,
    rig: Rig,
    rig_file: RigFile,
    only_port: Option<NamedSink>,
    secrets: Secrets,
    listening: Option<Arc<ListeningScore>>,
    histories: Vec<PathBuf>,
    attach: Vec<Arc<str>>,
    serve: Option<ServeOptions>,
    settings: SettingsFile,
    setlist: Option<SetlistFile>,
    tour: TourMode,
    restarted: Option<Supervised>,
    requests: Arc<WindowRequests>,
}

/// Everything behind the window, while it runs.
struct Program {
    runtime: Runtime,
    app: Arc<App>,
    /// Ends with the engine.
    projection: JoinHandle<()>,
    socket: Option<control_socket::ControlSocket>,
    signaled: Arc<OnceLock<Shutdown>>,
}

impl Program {
    /// Starts it, and the scores given on the command line. `store_file` is the file of the store: the
    /// control socket is next to it.
    fn start(
        parts: Parts,
        store: Arc<dyn Store>,
        store_file: Option<PathBuf>,
    ) -> Result<Self, AppError> {
        let opened = recovered::wall_clock();
        let (only_port, bank, secrets) = (parts.only_port, parts.bank, parts.secrets);
        let runtime = runtime()?;
        Supervised::wait_for_devices();
        let hub = Hub::new(Archive::new(Arc::clone(&store)));
        let remote = Arc::new(hub.clone());
        let (conductor, sound, virtual_port, recordings, unwritable, replay) =
            runtime.block_on(async {
                let journal = Journal::new();
                let (recordings, unwritable) = (journal.handle(), journal.watch_trouble());
                let player = Player::start(journal)?;
                // What is replayed has a player and voices of its own, and is not recorded.
                let replay_player = Player::start(Journal::new())?;
                let origins = [&player, &replay_player].map(|player| player.origin().into_std());
                let (sound, built_in, replay_voices) =
                    Sound::open_with_second(origins[0], origins[1], &bank);
                let virtual_port = built_in.has_virtual_output().then(|| NAME.to_owned());
                let setup = Setup {
                    store,
                    recovery: Recovery::OpenInstances,
                    player,
                    synth: Box::new(built_in),
                    bank,
                    outputs: Outputs::Midi,
                    only_port,
                    secrets,
                    looping: Looping::Endless,
                    listening: parts.listening.clone(),
                    limits: Limits::default(),
                    crash: Supervised::crash_of_the_program_before(),
                    remote: Some(remote),
                };
                let conductor = Conductor::start(setup).await?;
                conductor.set_rig(&parts.rig)?;
                let replay = conductor.open_replay_bus(replay_player, Box::new(replay_voices));
                Ok::<_, AppError>((
                    conductor,
                    sound,
                    virtual_port,
                    recordings,
                    unwritable,
                    replay,
                ))
            })?;
        let library = parts.library;
        let given = library.given();
        // The first line; the lines below show the text with a mark under the place.
        let problems = library.problems().iter().map(ToString::to_string);
        let problems: Vec<_> = problems
            .filter_map(|problem| problem.lines().next().map(str::to_owned))
            .collect();
        for document in library.file_documents() {
            conductor.revise(document);
        }
        let (app, receivers) = App::new(
            conductor.clone(),
            library,
            Recordings::new(recordings, recordings_folder()),
            store_file
                .as_deref()
                .map_or_else(MarkersFile::none, MarkersFile::of_store),
            parts.settings,
            parts.tour,
        );
        app.report(replay.map(drop));
        let Receivers {
            events,
            engine_commands: queue,
            control_surface_commands,
            replay_commands,
            history_commands,
            backend_commands,
            setlist_commands,
            file_commands,
            score_text_commands,
        } = receivers;
        let signaled = Arc::new(OnceLock::new());
        let requests = parts.requests;
        requests.serve(&app);
        let end = Arc::clone(&requests);
        runtime.spawn(close_on_signal(
            Arc::clone(&app),
            Arc::clone(&signaled),
            end,
        ));
        runtime.spawn(engine_commands::run(Arc::clone(&app), queue));
        let socket = store_file.as_deref().and_then(|store| {
            let report = |error: &str| app.emit(AppEvent::Notice(error.to_owned()));
            control_socket::open(
                store,
                &conductor,
                requests,
                runtime.handle().clone(),
                report,
            )
        });
        let projection = projection::run(
            Arc::clone(&app),
            events,
            sound,
            virtual_port,
            unwritable,
            opened,
        );
        let projection = projection::on_thread(runtime.handle().clone(), projection)?;
        runtime.spawn(reruns::recover(Arc::clone(&app)));
        runtime.spawn(markers_file::run(Arc::clone(&app)));
        runtime.spawn(settings_file::run(Arc::clone(&app)));
        live_edits::follow(&app);
        let reporter = Arc::clone(&app);
        follow_patches(conductor.bank(), move |what| {
            reporter.emit(AppEvent::Notice(what))
        });
        runtime.spawn(replay_sound::run(Arc::clone(&app), replay_commands));
        runtime.spawn(histories::run(Arc::clone(&app), history_commands));
        runtime.spawn(backends::run(Arc::clone(&app), backend_commands));
        let list = app.schedule_list.subscribe();
        runtime.spawn(schedules::run(Arc::clone(&app), list));
        if let Some(file) = parts.setlist {
            let (app, store) = (Arc::clone(&app), store_file.clone());
            let run =
                async move { setlist::run(app, file, store.as_deref(), setlist_commands).await };
            runtime.spawn(run);
        }
        runtime.spawn(files::run(Arc::clone(&app), file_commands));
        runtime.spawn(score_texts::run(Arc::clone(&app), score_text_commands));
        let save = control_surface::save_to(parts.rig_file.path().map(PathBuf::from));
        runtime.spawn(control_surface::run(
            Arc::clone(&app),
            control_surface_commands,
            save,
        ));
        runtime.spawn(follow_rig(parts.rig_file, Arc::clone(&app)));
        if store_file.is_none() {
            app.emit(AppEvent::InMemory);
        }
        for problem in problems {
            app.emit(AppEvent::Notice(problem));
        }
        for history in parts.histories {
            app.send(HistoryCommand::OpenFile(history));
        }
        runtime.spawn(served::follow_waiting(Arc::clone(&app), hub.clone()));
        app.served.keep(hub);
        if let Some(options) = parts.serve {
            served::start(&app, options, runtime.handle());
        }
        for address in parts.attach {
            app.send(BackendCommand::Attach(address));
        }
        for score in not_started(&app, given, parts.restarted)? {
            app.send(EngineCommand::StartScore(score));
        }
        Ok(Self {
            runtime,
            app,
            projection,
            socket,
            signaled,
        })
    }

    fn host(&self) -> Arc<dyn Host> {
        Arc::new(WindowHost(Arc::clone(&self.app)))
    }

    /// Closes it after the window.
    fn close(self) -> Result<Ended, AppError> {
        // No request may come while everything closes.
        drop(self.socket);
        let closed = self.runtime.block_on(self.app.close());
        if closed.is_ok() {
            // It has nothing to say.
            let _ = self.projection.join();
        }
        self.runtime.shutdown_timeout(Duration::from_secs(2));
        closed?;
        let signaled = self.signaled.get().copied();
        Ok(signaled.map_or(Ended::Closed, Ended::Signaled))
    }
}

/// Applies changes of the rig file until the program ends.
async fn follow_rig(rig: RigFile, app: Arc<App>) {
    let report = |what| app.emit(AppEvent::Notice(what));
    rig.follow(app.conductor.clone(), report).await;
}

/// The folder of all recordings.
fn recordings_folder() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "fermata")?;
    Some(dirs.data_dir().join("recordings"))
}

/// Waits for a shutdown signal, releases every note, then asks the window to close. The program must
/// not end while another thread of it paints.
async fn close_on_signal(
    app: Arc<App>,
    signaled: Arc<OnceLock<Shutdown>>,
    requests: Arc<WindowRequests>,
) {
    let signal = shutdown_requested().await;
    // This is the only place that sets it.
    let _ = signaled.set(signal);
    // The window is about to close; there is nowhere left to show an error.
    let _ = app.close().await;
    requests.end();
    let deadline = Instant::now() + CLOSE_TIMEOUT;
    while Instant::now() < deadline {
        // A window that has not opened yet does not receive this, so it is repeated.
        app.wake(Wake::Close);
        sleep(CLOSE_INTERVAL).await;
    }
    // Some systems never repaint a hidden window, so it never sees the request.
    std::process::exit(i32::from(signal.exit_code()));
}
