//! An application without a window, ports or devices, for tests.

use std::{
    future::Future,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::json;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use super::{
    application::{App, AppEvent, Receivers},
    backends, engine_commands, files, histories,
    library::Library,
    markers_file::MarkersFile,
    recordings::Recordings,
    settings_file::SettingsFile,
};
use crate::{
    conductor::{Conductor, Looping, Outputs, Secrets, Setup},
    engine::{CrashCause, Event, InstanceId, Limits, Recovery, RedbStore, Status},
    music::{Bank, Journal, Message, Player, Sent, Sink, SinkError},
    score::{self, listening::ListeningScore},
    view::{SetlistCommand, TourMode},
};

/// A score that plays for minutes.
pub(super) const LOOP: &str = r#"
document:
  dsl: 1.0.0
  namespace: test
  name: loop
  version: 1.0.0
  metadata: { fermata: { tempo: 240, instruments: { bass: { patch: bass } } } }
do:
  - on: { call: play, with: { instrument: bass, pattern: "c2*8", repeat: 200 } }
"#;

/// Every message sent to the built-in port.
#[derive(Clone, Default)]
pub(super) struct SentMessages(Arc<Mutex<Vec<Message>>>);

impl Sink for SentMessages {
    fn send(&mut self, sent: &Sent) -> Result<(), SinkError> {
        self.0.lock().unwrap().push(sent.message);
        Ok(())
    }
}

impl SentMessages {
    pub fn all(&self) -> Vec<Message> {
        self.0.lock().unwrap().clone()
    }
}

/// The application and its sent messages. Its command queue runs, and histories are read.
pub(super) struct TestApp {
    pub app: Arc<App>,
    pub sent: SentMessages,
    /// What the projection would get.
    pub events: Mutex<mpsc::UnboundedReceiver<AppEvent>>,
    /// For a set list.
    pub setlist_commands: Mutex<Option<mpsc::UnboundedReceiver<SetlistCommand>>>,
}

impl TestApp {
    pub async fn open() -> Self {
        Self::open_on(Arc::new(RedbStore::in_memory().unwrap())).await
    }

    /// On a store that another one may have left.
    pub async fn open_on(store: Arc<RedbStore>) -> Self {
        Self::start(store, MarkersFile::none(), None).await
    }

    /// With a listening score in use.
    pub async fn open_listening() -> Self {
        let store = Arc::new(RedbStore::in_memory().unwrap());
        let listening = Some(ListeningScore::built_in());
        Self::start(store, MarkersFile::none(), listening).await
    }

    /// With its files in a folder.
    pub async fn open_in(folder: &Path) -> Self {
        let store = Arc::new(RedbStore::in_memory().unwrap());
        Self::start(
            store,
            MarkersFile::of_store(&folder.join("show.redb")),
            None,
        )
        .await
    }

    async fn start(
        store: Arc<RedbStore>,
        markers: MarkersFile,
        listening: Option<Arc<ListeningScore>>,
    ) -> Self {
        let sent = SentMessages::default();
        let journal = Journal::new();
        let recordings = Recordings::new(journal.handle(), None);
        let setup = Setup {
            store,
            recovery: Recovery::OpenInstances,
            player: Player::start(journal).unwrap(),
            synth: Box::new(sent.clone()),
            bank: Bank::new(),
            outputs: Outputs::BuiltInOnly,
            only_port: None,
            secrets: Secrets::default(),
            looping: Looping::Once,
            listening,
            limits: Limits::default(),
            crash: CrashCause::default(),
            remote: None,
        };
        let conductor = Conductor::start(setup).await.unwrap();
        let library = Library::with(&[], conductor.bank());
        let settings = SettingsFile::none();
        let (app, receivers) = App::new(
            conductor,
            library,
            recordings,
            markers,
            settings,
            TourMode::Off,
        );
        let Receivers {
            events,
            engine_commands: queue,
            history_commands,
            backend_commands,
            setlist_commands,
            file_commands,
            ..
        } = receivers;
        tokio::spawn(engine_commands::run(Arc::clone(&app), queue));
        tokio::spawn(histories::run(Arc::clone(&app), history_commands));
        tokio::spawn(backends::run(Arc::clone(&app), backend_commands));
        tokio::spawn(files::run(Arc::clone(&app), file_commands));
        let events = Mutex::new(events);
        let setlist_commands = Mutex::new(Some(setlist_commands));
        Self {
            app,
            sent,
            events,
            setlist_commands,
        }
    }

    pub async fn perform(&self, score: &str) -> InstanceId {
        let document = score::parse(score, "score").unwrap();
        let conductor = &self.app.conductor;
        conductor.perform(&document, None, json!({})).await.unwrap()
    }

    pub fn status(&self, id: &InstanceId) -> Status {
        let archive = self.app.conductor.engine().archive();
        archive.summary(id).unwrap().status
    }

    pub fn history(&self, id: &InstanceId) -> Vec<Event> {
        self.app.conductor.engine().archive().history(id).unwrap()
    }
}

/// Waits until a condition is true, at most a minute.
pub(super) fn until(what: &str, is_true: impl Fn() -> bool) -> impl Future<Output = ()> {
    let waiting = async move {
        while !is_true() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    async move {
        let waited = timeout(Duration::from_secs(60), waiting).await;
        assert!(waited.is_ok(), "never {what}");
    }
}
