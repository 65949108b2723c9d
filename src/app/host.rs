//! What the window talks to: it reads snapshots and sends commands, and waits for nothing.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use arc_swap::ArcSwap;
use serde_json::Value;
use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc},
};

use super::{
    control_surface::ToControlSurface,
    library::{Library, Saved},
    recordings::Recordings,
};
use crate::{
    conductor::{Conductor, ConductorError},
    engine::{InstanceId, InstanceSummary, Status, Timestamp},
    music::{Bank, Channel, Nanos, Tap, Tempo},
    score::Document,
    stage::{Host, Wake, Waker},
    view::{Command, ControlSurfaceView, ScoreCard, ScoreId, Snapshot},
};

/// The application behind the window.
pub(super) struct App {
    pub conductor: Conductor,
    pub library: Mutex<Library>,
    recordings: Recordings,
    runtime: Handle,
    snapshot: ArcSwap<Snapshot>,
    /// Where instances play on the built-in synth.
    synth_channels: ArcSwap<HashMap<InstanceId, Vec<Channel>>>,
    waker: OnceLock<Waker>,
    news: mpsc::UnboundedSender<AppEvent>,
    tap: Mutex<Tap>,
    to_hands: mpsc::UnboundedSender<ToControlSurface>,
    /// Taken by the hands.
    pub control_surface_events: Mutex<Option<mpsc::UnboundedReceiver<ToControlSurface>>>,
    /// AppEvent of every newer snapshot.
    pub shown: Notify,
    /// Taken by the projection.
    pub told: Mutex<Option<mpsc::UnboundedReceiver<AppEvent>>>,
}

/// What the projection is told beside what the engine and the player tell.
pub(super) enum AppEvent {
    /// Something that the performer should know.
    Notice(String),
    /// The scores that can be started are others.
    Scores(Vec<ScoreCard>),
    /// A recording began at that moment, or ended.
    Recording(Option<Timestamp>),
    /// The file of a score was saved.
    Saved(Box<Saved>),
    /// The performer's hands are others.
    ControlSurface(Box<ControlSurfaceView>),
}

impl App {
    pub fn new(
        conductor: Conductor,
        library: Library,
        recordings: Recordings,
        runtime: Handle,
    ) -> Self {
        let (news, told) = mpsc::unbounded_channel();
        let (to_hands, control_surface_events) = mpsc::unbounded_channel();
        Self {
            conductor,
            library: Mutex::new(library),
            recordings,
            runtime,
            snapshot: ArcSwap::default(),
            synth_channels: ArcSwap::default(),
            waker: OnceLock::new(),
            news,
            tap: Mutex::default(),
            to_hands,
            control_surface_events: Mutex::new(Some(control_surface_events)),
            shown: Notify::new(),
            told: Mutex::new(Some(told)),
        }
    }

    /// Shows a newer snapshot.
    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        self.snapshot.store(snapshot);
        self.shown.notify_one();
        self.wake(Wake::Look);
    }

    /// Tells the window something, once it is there.
    pub fn wake(&self, what: Wake) {
        if let Some(waker) = self.waker.get() {
            waker(what);
        }
    }

    /// Instances play on these channels of the built-in synth from now on.
    pub fn set_synth_channels(&self, channels: HashMap<InstanceId, Vec<Channel>>) {
        self.synth_channels.store(Arc::new(channels));
    }

    /// How loud the built-in synth plays an instance: its loudest channel.
    fn loudness(&self, instance: &InstanceId) -> f32 {
        let meters = Bank::shared().meters();
        let channels = self.synth_channels.load();
        let channels = channels.get(instance).into_iter().flatten();
        channels
            .map(|channel| meters.rms(*channel))
            .fold(0.0, f32::max)
    }

    /// Starts scores, one after the other.
    pub fn start(self: &Arc<Self>, scores: Vec<ScoreId>) {
        let app = Arc::clone(self);
        self.runtime.spawn(async move {
            for id in scores {
                let Some(document) = app.document(&id) else {
                    continue;
                };
                let input = Value::Object(serde_json::Map::new());
                let started = app.conductor.launch(&document, None, input, None).await;
                app.complain(started.map(drop));
            }
        });
    }

    fn document(&self, id: &ScoreId) -> Option<Document> {
        let library = self.library.lock().unwrap_or_else(PoisonError::into_inner);
        library.document(id).cloned()
    }

    /// Tells the projection something.
    pub fn tell(&self, news: AppEvent) {
        // Without a projection there is no stage to show it on.
        let _ = self.news.send(news);
    }

    fn complain(&self, done: Result<(), ConductorError>) {
        if let Err(error) = done {
            self.tell(AppEvent::Notice(error.to_string()));
        }
    }

    /// What there is to see now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Where tasks run.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// The wall clock at an instant of the player.
    pub fn moment(&self, at: Nanos) -> Timestamp {
        let instant = self.conductor.player().origin() + at.since(Nanos::ZERO);
        self.conductor.engine().clock().at(instant)
    }

    /// Raises an event on an instance, soon.
    pub fn raise(self: &Arc<Self>, id: InstanceId, event: String, data: Value) {
        let app = Arc::clone(self);
        self.runtime.spawn(async move {
            let done = app.conductor.raise(&id, &event, data).await;
            app.complain(done);
        });
    }

    /// Carries a command out, and says so if that fails.
    pub async fn obey(&self, command: Command) {
        let done = match self.at_once(command) {
            Ok(done) => done,
            Err(command) => self.carry_out(command).await,
        };
        self.complain(done);
    }

    /// Does what waits for nobody: the player's and the mixer's. Gives back all other commands.
    pub fn at_once(&self, command: Command) -> Result<Result<(), ConductorError>, Command> {
        let player = self.conductor.player();
        let done = match command {
            Command::Panic => player.panic(),
            Command::SetTempo(beats_per_minute) => match Tempo::new(beats_per_minute) {
                Some(tempo) => player.set_tempo(tempo),
                None => Ok(()),
            },
            Command::Tap(at) => {
                let mut tap = self.tap.lock().unwrap_or_else(PoisonError::into_inner);
                match tap.tap(Nanos(at.0)) {
                    Some(tempo) => player.set_tempo(tempo),
                    None => Ok(()),
                }
            }
            Command::Nudge(by) => player.nudge(by),
            Command::Mute(strip, switch) => {
                self.conductor.mute(strip, switch);
                Ok(())
            }
            Command::Solo(strip, switch) => {
                self.conductor.solo(strip, switch);
                Ok(())
            }
            Command::Faults(instrument, rate) => {
                self.conductor.set_faults(&instrument, rate);
                Ok(())
            }
            // Without hands nobody needs to know.
            Command::Select(lane) => {
                let _ = self.to_hands.send(ToControlSurface::Selected(lane));
                Ok(())
            }
            Command::Learn(learn) => {
                let _ = self.to_hands.send(ToControlSurface::Learn(learn));
                Ok(())
            }
            other => return Err(other),
        };
        Ok(done.map_err(ConductorError::from))
    }

    async fn carry_out(&self, command: Command) -> Result<(), ConductorError> {
        let (engine, player) = (self.conductor.engine(), self.conductor.player());
        const REASON: &str = "by the conductor";
        match command {
            // Started where the application can be shared, or done at once.
            Command::StartScore(_)
            | Command::Panic
            | Command::SetTempo(_)
            | Command::Tap(_)
            | Command::Nudge(_)
            | Command::Mute(..)
            | Command::Solo(..)
            | Command::Faults(..)
            | Command::Select(_)
            | Command::Learn(_) => {}
            Command::Suspend(id) => engine.suspend(&id, REASON).await?,
            Command::Resume(id) => engine.resume(&id, REASON).await?,
            Command::Terminate(id) => {
                // What a schedule has started would otherwise come back.
                let instance = engine.archive().summary(&id)?;
                self.conductor.end_schedule_of(&instance).await?;
                engine.terminate(&id, REASON).await?;
            }
            Command::SuspendAll => self.suspend_all(REASON).await?,
            Command::ResumeAll | Command::Play => {
                for open in self.open(Status::Suspended)? {
                    engine.resume(&open.id, REASON).await?;
                }
            }
            Command::Stop => {
                self.suspend_all(REASON).await?;
                player.stand()?;
            }
            Command::RaiseEvent(id, event) => {
                self.conductor.raise(&id, &event, Value::Null).await?;
            }
            Command::Record => {
                let since = self.recordings.start(&self.conductor).await?;
                self.tell(AppEvent::Recording(Some(since)));
            }
            Command::StopRecording => self.stop_recording().await?,
        }
        Ok(())
    }

    async fn stop_recording(&self) -> Result<(), ConductorError> {
        let stopped = self.recordings.stop(&self.conductor).await;
        self.tell(AppEvent::Recording(None));
        if let Some(folder) = stopped? {
            let folder = folder.display();
            self.tell(AppEvent::Notice(format!("Recorded in {folder}")));
        }
        Ok(())
    }

    /// Ends the recording, lets go of every note, leaves open instances open.
    pub async fn close(&self) -> Result<(), ConductorError> {
        let recorded = self.recordings.stop(&self.conductor).await;
        self.conductor.close().await?;
        recorded.map(drop)
    }

    async fn suspend_all(&self, reason: &str) -> Result<(), ConductorError> {
        for open in self.open(Status::Running)? {
            self.conductor.engine().suspend(&open.id, reason).await?;
        }
        Ok(())
    }

    fn open(&self, status: Status) -> Result<Vec<InstanceSummary>, ConductorError> {
        let mut open = self.conductor.engine().archive().open_instances()?;
        open.retain(|instance| instance.status == status);
        Ok(open)
    }
}

/// The window's end of the application.
pub(super) struct WindowEnd(pub Arc<App>);

impl Host for WindowEnd {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.0.snapshot()
    }

    fn send(&self, command: Command) {
        if let Command::StartScore(score) = command {
            return self.0.start(vec![score]);
        }
        if matches!(command, Command::Select(_) | Command::Learn(_)) {
            // In their order; they only go through a channel.
            let _ = self.0.at_once(command);
            return;
        }
        let app = Arc::clone(&self.0);
        self.0.runtime.spawn(async move { app.obey(command).await });
    }

    fn wake_with(&self, waker: Waker) {
        // The stage asks once.
        let _ = self.0.waker.set(waker);
    }

    fn now(&self) -> Timestamp {
        self.0.conductor.engine().clock().now()
    }

    fn loudness(&self, instance: &InstanceId) -> f32 {
        self.0.loudness(instance)
    }
}
