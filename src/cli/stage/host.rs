//! What the window talks to: it reads snapshots and sends commands, and waits for nothing.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use serde_json::Value;
use tokio::{runtime::Handle, sync::mpsc};

use super::library::{Library, Saved};
use crate::{
    conductor::{Conductor, ConductorError},
    engine::{InstanceSummary, Status, Timestamp},
    music::Tempo,
    score::Document,
    stage::Host,
    view::{Command, ScoreCard, ScoreId, Snapshot},
};

/// The application behind the window.
pub(super) struct App {
    pub conductor: Conductor,
    pub library: Mutex<Library>,
    runtime: Handle,
    snapshot: ArcSwap<Snapshot>,
    waker: OnceLock<Box<dyn Fn() + Send + Sync>>,
    news: mpsc::UnboundedSender<Told>,
    /// Taken by the projection.
    pub told: Mutex<Option<mpsc::UnboundedReceiver<Told>>>,
}

/// What the projection is told beside what the engine and the player tell.
pub(super) enum Told {
    /// Something that the performer should know.
    Notice(String),
    /// The scores that can be started are others.
    Scores(Vec<ScoreCard>),
    /// The file of a score was saved.
    Saved(Box<Saved>),
}

impl App {
    pub fn new(conductor: Conductor, library: Library, runtime: Handle) -> Self {
        let (news, told) = mpsc::unbounded_channel();
        Self {
            conductor,
            library: Mutex::new(library),
            runtime,
            snapshot: ArcSwap::default(),
            waker: OnceLock::new(),
            news,
            told: Mutex::new(Some(told)),
        }
    }

    /// Shows a newer snapshot.
    pub fn publish(&self, snapshot: Arc<Snapshot>) {
        self.snapshot.store(snapshot);
        if let Some(wake) = self.waker.get() {
            wake();
        }
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
    pub fn tell(&self, news: Told) {
        // Without a projection there is no stage to show it on.
        let _ = self.news.send(news);
    }

    fn complain(&self, done: Result<(), ConductorError>) {
        if let Err(error) = done {
            self.tell(Told::Notice(error.to_string()));
        }
    }

    async fn carry_out(&self, command: Command) -> Result<(), ConductorError> {
        let (engine, player) = (self.conductor.engine(), self.conductor.player());
        const REASON: &str = "by the conductor";
        match command {
            // Started where the application can be shared.
            Command::StartScore(_) => {}
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
            Command::Panic => player.panic()?,
            Command::SetTempo(beats_per_minute) => {
                if let Some(tempo) = Tempo::new(beats_per_minute) {
                    player.set_tempo(tempo)?;
                }
            }
        }
        Ok(())
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
        self.0.snapshot.load_full()
    }

    fn send(&self, command: Command) {
        if let Command::StartScore(score) = command {
            return self.0.start(vec![score]);
        }
        let app = Arc::clone(&self.0);
        self.0.runtime.spawn(async move {
            let done = app.carry_out(command).await;
            app.complain(done);
        });
    }

    fn wake_with(&self, waker: Box<dyn Fn() + Send + Sync>) {
        // The stage asks once.
        let _ = self.0.waker.set(waker);
    }

    fn now(&self) -> Timestamp {
        self.0.conductor.engine().clock().now()
    }
}
