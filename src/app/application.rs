//! The state that the tasks of the application share, and the channels between them.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::{Notify, mpsc, watch};

use super::{
    backends::{BackendEvent, Backends},
    comparisons::Comparisons,
    endings::Endings,
    event_names::EventNames,
    explanations::Explanations,
    folders::Folders,
    histories::HistoryEvent,
    library::{Library, Saved},
    markers_file::MarkersFile,
    recordings::Recordings,
    score_runs::ScoreRuns,
    served::Served,
    settings_file::SettingsFile,
};
use crate::{
    conductor::{Conductor, ConductorError, EndAt},
    engine::{InstanceId, InstanceSummary, Timestamp},
    music::{Channel, Nanos, Tap},
    score::Document,
    stage::{Wake, Waker},
    view::{
        BackendCommand, Command, CommandEnd, ComparedPair, ComparedRuns, ControlSurfaceCommand,
        ControlSurfaceView, EditedScore, EngineCommand, FileCommand, GivenByControl,
        HistoryCommand, LaneModel, MadeComparison, PlayheadIntent, PlayheadIntents, ReplayCommand,
        Scenes, ScheduleCard, ScheduleList, ScoreCard, ScoreId, ScoreTextCommand, ServingView,
        SetlistCommand, SetlistView, Snapshot, TourMode, WaitingActivitiesView,
    },
};

/// The application behind the window.
pub(super) struct App {
    pub conductor: Conductor,
    pub library: Mutex<Library>,
    pub recordings: Recordings,
    /// Whether the window lists the schedules.
    pub schedule_list: watch::Sender<ScheduleList>,
    /// Terminations whose moment has not come.
    pub endings: Endings,
    /// Recent taps of the tempo.
    pub tap: Mutex<Tap>,
    snapshot: ArcSwap<Snapshot>,
    /// Channels of the built-in synth that instances play on.
    synth_channels: ArcSwap<HashMap<InstanceId, Vec<Channel>>>,
    /// The opened history that the window shows; `None`: the performance.
    shown_history: ArcSwapOption<InstanceId>,
    /// The runs that the window compares, if it does.
    compared: ArcSwapOption<ComparedPair>,
    /// Other engines that are attached.
    pub backends: Backends,
    /// The server for workflows of other programs.
    pub served: Served,
    /// The events that an instance of another engine takes.
    pub event_names: EventNames,
    /// The comparison that the window asked for.
    pub comparisons: Comparisons,
    /// The explained replay that the window shows.
    pub explanations: Explanations,
    /// What controls ask of the playhead, until the window takes it.
    playhead_intents: Mutex<PlayheadIntents>,
    /// What controls have done, until the window takes it.
    given_by_controls: Mutex<Vec<GivenByControl>>,
    /// Where the markers are kept.
    pub markers: MarkersFile,
    /// Where the settings of the window are kept.
    pub settings: SettingsFile,
    /// Whether the set list performs itself.
    pub tour: TourMode,
    /// The runs that the window shows, replayed.
    pub score_runs: ScoreRuns,
    /// The folder that the window shows while a path is typed.
    pub folders: Folders,
    /// The text of the score that the window edits.
    pub edited_score: ArcSwapOption<EditedScore>,
    waker: ArcSwapOption<Waker>,
    events: mpsc::UnboundedSender<AppEvent>,
    engine_commands: mpsc::UnboundedSender<EngineCommand>,
    control_surface_commands: mpsc::UnboundedSender<ControlSurfaceCommand>,
    replay_commands: mpsc::UnboundedSender<ReplayCommand>,
    history_commands: mpsc::UnboundedSender<HistoryCommand>,
    backend_commands: mpsc::UnboundedSender<BackendCommand>,
    setlist_commands: mpsc::UnboundedSender<SetlistCommand>,
    file_commands: mpsc::UnboundedSender<FileCommand>,
    score_text_commands: mpsc::UnboundedSender<ScoreTextCommand>,
    /// Notified after every new snapshot.
    pub shown: Notify,
    /// The version of the snapshot that is shown.
    pub published: watch::Sender<u64>,
}

/// The receivers of the application's channels. Each belongs to one task.
pub(super) struct Receivers {
    /// For the projection.
    pub events: mpsc::UnboundedReceiver<AppEvent>,
    /// The command queue.
    pub engine_commands: mpsc::UnboundedReceiver<EngineCommand>,
    /// For the control surface.
    pub control_surface_commands: mpsc::UnboundedReceiver<ControlSurfaceCommand>,
    /// For the sound of replay.
    pub replay_commands: mpsc::UnboundedReceiver<ReplayCommand>,
    /// For finding and opening histories.
    pub history_commands: mpsc::UnboundedReceiver<HistoryCommand>,
    /// For attaching and watching other engines.
    pub backend_commands: mpsc::UnboundedReceiver<BackendCommand>,
    /// For the set list.
    pub setlist_commands: mpsc::UnboundedReceiver<SetlistCommand>,
    /// For opening and writing files.
    pub file_commands: mpsc::UnboundedReceiver<FileCommand>,
    /// For editing scores.
    pub score_text_commands: mpsc::UnboundedReceiver<ScoreTextCommand>,
}

/// An event for the projection, beyond the feeds of the engine and the player.
pub(super) enum AppEvent {
    /// A message to the performer.
    Notice(String),
    /// Nothing is kept: the store is in memory.
    InMemory,
    /// The schedules were read.
    Schedules(Vec<ScheduleCard>),
    /// The instances that are terminated at a musical moment.
    Endings(BTreeMap<InstanceId, EndAt>),
    /// A command to the engine was carried out or rejected.
    CommandEnded(Box<(EngineCommand, CommandEnd)>),
    /// The scores that can be started have changed.
    Scores(Vec<ScoreCard>),
    /// A recording started at that moment, or stopped.
    Recording(Option<Timestamp>),
    /// A new show began at that moment, or what was hidden is shown again.
    Show(Option<Timestamp>),
    /// The file of a score was saved.
    Saved(Box<Saved>),
    /// Reruns that the store has, with lanes or not.
    Reruns(Vec<InstanceSummary>),
    /// Something about histories beyond the performance has changed.
    Histories(Box<HistoryEvent>),
    /// Another engine tells something.
    Backend(Box<BackendEvent>),
    /// What is served to other programs, or to whom, has changed.
    Serving(Option<ServingView>),
    /// The activities that wait for a worker have changed.
    WaitingActivities(BTreeMap<InstanceId, WaitingActivitiesView>),
    /// The set list has changed.
    Setlist(Box<SetlistView>),
    /// The lanes of these instances are hidden once they have ended.
    PutAway(Vec<InstanceId>),
    /// The control surface has changed.
    ControlSurface(Box<ControlSurfaceView>),
}

impl App {
    /// The application, and the receivers for its tasks.
    pub fn new(
        conductor: Conductor,
        library: Library,
        recordings: Recordings,
        markers: MarkersFile,
        settings: SettingsFile,
        tour: TourMode,
    ) -> (Arc<Self>, Receivers) {
        let (events, events_receiver) = mpsc::unbounded_channel();
        let (engine_commands, engine_receiver) = mpsc::unbounded_channel();
        let (control_surface_commands, control_surface_receiver) = mpsc::unbounded_channel();
        let (replay_commands, replay_receiver) = mpsc::unbounded_channel();
        let (history_commands, history_receiver) = mpsc::unbounded_channel();
        let (backend_commands, backend_receiver) = mpsc::unbounded_channel();
        let (setlist_commands, setlist_receiver) = mpsc::unbounded_channel();
        let (file_commands, file_receiver) = mpsc::unbounded_channel();
        let (score_text_commands, score_text_receiver) = mpsc::unbounded_channel();
        let app = Self {
            conductor,
            library: Mutex::new(library),
            recordings,
            schedule_list: watch::Sender::default(),
            endings: Endings::default(),
            tap: Mutex::default(),
            snapshot: ArcSwap::default(),
            synth_channels: ArcSwap::default(),
            shown_history: ArcSwapOption::empty(),
            compared: ArcSwapOption::empty(),
            backends: Backends::default(),
            served: Served::default(),
            event_names: EventNames::default(),
            comparisons: Comparisons::default(),
            explanations: Explanations::default(),
            playhead_intents: Mutex::default(),
            given_by_controls: Mutex::default(),
            markers,
            settings,
            tour,
            score_runs: ScoreRuns::default(),
            folders: Folders::default(),
            edited_score: ArcSwapOption::empty(),
            waker: ArcSwapOption::empty(),
            events,
            engine_commands,
            control_surface_commands,
            replay_commands,
            history_commands,
            backend_commands,
            setlist_commands,
            file_commands,
            score_text_commands,
            shown: Notify::new(),
            published: watch::Sender::default(),
        };
        let receivers = Receivers {
            events: events_receiver,
            engine_commands: engine_receiver,
            control_surface_commands: control_surface_receiver,
            replay_commands: replay_receiver,
            history_commands: history_receiver,
            backend_commands: backend_receiver,
            setlist_commands: setlist_receiver,
            file_commands: file_receiver,
            score_text_commands: score_text_receiver,
        };
        (Arc::new(app), receivers)
    }

    /// Executes a player command, or queues any other command in the order of the calls. Never blocks.
    pub fn send(&self, command: impl Into<Command>) {
        // A queue is closed only while the program ends.
        match command.into() {
            Command::Engine(command) => {
                let _ = self.engine_commands.send(command);
            }
            Command::Player(command) => {
                tracing::debug!(?command, "player command");
                self.report(self.execute_player_command(command));
            }
            Command::ControlSurface(command) => {
                let _ = self.control_surface_commands.send(command);
            }
            Command::Replay(command) => {
                let _ = self.replay_commands.send(command);
            }
            Command::Backend(command) => {
                let _ = self.backend_commands.send(command);
            }
            Command::ListSchedules(list) => drop(self.schedule_list.send_replace(list)),
            Command::Setlist(command) => {
                let _ = self.setlist_commands.send(command);
            }
            Command::KeepMarkers(markers) => self.markers.keep(markers),
            Command::KeepSettings(settings) => self.settings.keep(*settings),
            Command::KeepArrangement(lanes) => self.markers.keep_arrangement(lanes),
            Command::Show(from) => {
                self.markers.keep_show(from);
                self.emit(AppEvent::Show(from));
            }
            // At once: commands for the sound of replay follow.
            Command::History(HistoryCommand::Show(id)) => {
                self.shown_history.store(id.map(Arc::new));
            }
            Command::History(HistoryCommand::Compare(pair)) => {
                self.compared.store(pair.map(Arc::new));
            }
            Command::File(command) => {
                let _ = self.file_commands.send(command);
            }
            Command::History(command) => {
                let _ = self.history_commands.send(command);
            }
            Command::ScoreText(command) => {
                let _ = self.score_text_commands.send(command);
            }
        }
    }

    /// Reports what became of a command to the engine: the window shows it as the answer to the command.
    pub fn command_ended(&self, command: EngineCommand, done: Result<(), ConductorError>) {
        let ended = match done {
            Ok(()) => CommandEnd::Done,
            Err(error) => {
                tracing::warn!(%error, "command failed");
                CommandEnd::Rejected(error.to_string().into())
            }
        };
        self.emit(AppEvent::CommandEnded(Box::new((command, ended))));
    }

    /// Keeps what a control has done until the window takes it, to answer it.
    pub fn given_by_control(&self, given: GivenByControl) {
        /// A window that is hidden does not paint, and takes nothing.
        const MOST: usize = 64;
        let mut all = self.given();
        if all.len() < MOST {
            all.push(given);
        }
        drop(all);
        self.wake(Wake::Repaint);
    }

    /// Takes what controls have done.
    pub fn take_given_by_controls(&self) -> Vec<GivenByControl> {
        std::mem::take(&mut self.given())
    }

    fn given(&self) -> MutexGuard<'_, Vec<GivenByControl>> {
        // No code that holds the lock can panic halfway.
        let given = self.given_by_controls.lock();
        given.unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows the error of a failed command to the performer.
    pub fn report<E: Into<ConductorError>>(&self, done: Result<(), E>) {
        if let Err(error) = done {
            let error = error.into();
            tracing::warn!(%error, "command failed");
            self.emit(AppEvent::Notice(error.to_string()));
        }
    }

    /// Passes an event to the projection.
    pub fn emit(&self, event: AppEvent) {
        // The projection ends with the engine; nothing is shown after that.
        let _ = self.events.send(event);
    }

    /// Shows a new snapshot.
    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        let version = snapshot.version;
        self.snapshot.store(snapshot);
        self.shown.notify_one();
        self.published.send_replace(version);
        self.wake(Wake::Repaint);
    }

    /// The snapshot that is shown.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The lanes that the window shows: those of the performance, or of the scene of an opened history.
    pub fn shown_lanes(&self) -> Vec<Arc<LaneModel>> {
        let shown = self.shown_history.load_full();
        let scene = Scenes::default().of(&self.snapshot(), shown.as_deref());
        scene.lanes.clone()
    }

    /// The runs that the window compares, if it does.
    pub fn compared_runs(&self) -> Option<Arc<ComparedRuns>> {
        let pair = self.compared.load_full()?;
        match self.comparisons.known(&pair)? {
            MadeComparison::Made(runs) => Some(runs),
            MadeComparison::Making | MadeComparison::Failed(_) => None,
        }
    }

    /// Passes on what a control asks of the playhead.
    pub fn turn_playhead(&self, intent: PlayheadIntent) {
        self.intents().add(intent);
        self.wake(Wake::Repaint);
    }

    /// Takes what controls have asked of the playhead.
    pub fn take_playhead_intents(&self) -> Vec<PlayheadIntent> {
        self.intents().take()
    }

    fn intents(&self) -> MutexGuard<'_, PlayheadIntents> {
        let intents = self.playhead_intents.lock();
        // No code that holds the lock can panic halfway.
        intents.unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request to the window, if it is open.
    pub fn wake(&self, wake: Wake) {
        if let Some(waker) = &*self.waker.load() {
            waker(wake);
        }
    }

    /// Sets the waker of the window, in place of that of the window before.
    pub fn set_waker(&self, waker: Waker) {
        self.waker.store(Some(Arc::new(waker)));
    }

    /// Sets which channels of the built-in synth instances play on.
    pub fn set_synth_channels(&self, channels: HashMap<InstanceId, Vec<Channel>>) {
        self.synth_channels.store(Arc::new(channels));
    }

    /// How loud the built-in synth plays an instance: the level of its loudest channel.
    pub fn loudness(&self, instance: &InstanceId) -> f32 {
        let meters = self.conductor.bank().meters();
        let channels = self.synth_channels.load();
        let channels = channels.get(instance).into_iter().flatten();
        channels
            .map(|channel| meters.rms(*channel))
            .fold(0.0, f32::max)
    }

    /// The document of a score in the library.
    pub fn document(&self, id: &ScoreId) -> Option<Document> {
        let library = self.library.lock().unwrap_or_else(PoisonError::into_inner);
        library.document(id).cloned()
    }

    /// The folder for exported histories: `exports` next to the store, or else next to the recordings.
    pub fn export_folder(&self) -> PathBuf {
        let beside = self.markers.folder().or(self.recordings.folder());
        beside.unwrap_or(Path::new("")).join("exports")
    }

    /// The engine's time at an instant of the player.
    pub fn moment(&self, at: Nanos) -> Timestamp {
        let instant = self.conductor.player().origin() + at.since(Nanos::ZERO);
        self.conductor.engine().clock().at(instant)
    }

    /// Saves recordings and releases every note. Open instances stay open.
    pub async fn close(&self) -> Result<(), ConductorError> {
        let recorded = self.recordings.close(&self.conductor).await;
        // The music is more important than where the window was.
        if let Err(error) = self.settings.write() {
            tracing::warn!(%error, "the settings are not kept");
        }
        self.conductor.close().await?;
        recorded
    }
}
