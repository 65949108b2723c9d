//! Recordings of the performance, started and stopped from the window.

use std::{
    future::Future,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::task::JoinSet;

use crate::{
    conductor::{Conductor, ConductorError, RecordingFolder},
    engine::Timestamp,
    music::{JournalHandle, MusicError, Take},
};

/// Starts and stops recordings, one at a time.
pub(super) struct Recordings {
    journal: JournalHandle,
    /// Parent folder of all recordings; `None` on a system without a data directory.
    folder: Option<PathBuf>,
    running: Mutex<Option<Recording>>,
    /// Stopped recordings that are being saved.
    saving: Mutex<JoinSet<()>>,
}

/// A recording of the performance.
pub(super) struct Recording {
    folder: RecordingFolder,
    take: Take,
    since: Timestamp,
}

impl Recordings {
    pub fn new(journal: JournalHandle, folder: Option<PathBuf>) -> Self {
        Self {
            journal,
            folder,
            running: Mutex::default(),
            saving: Mutex::default(),
        }
    }

    /// The folder that contains that of all recordings.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref().and_then(Path::parent)
    }

    /// Starts a recording unless one is running; returns when it started.
    pub fn start(&self, conductor: &Conductor) -> Result<Timestamp, ConductorError> {
        let mut running = lock(&self.running);
        if let Some(running) = &*running {
            return Ok(running.since);
        }
        let open = conductor.engine().archive().open_instances()?;
        let title = open.first().map_or("Fermata", |open| open.id.as_str());
        let folder = self.new_folder(title)?;
        let player = conductor.player();
        let sinks = folder.begin(title, player.names(), player.now(), conductor.bank())?;
        let since = conductor.engine().clock().now();
        *running = Some(Recording {
            folder,
            take: self.journal.add(sinks),
            since,
        });
        Ok(since)
    }

    /// Takes the running recording, if there is one. [`Self::save`] completes it.
    pub fn stop(&self) -> Option<Recording> {
        lock(&self.running).take()
    }

    /// Finishes a recording and adds the histories; returns its folder.
    pub async fn save(
        &self,
        recording: Recording,
        conductor: &Conductor,
    ) -> Result<PathBuf, ConductorError> {
        let finished = self.journal.finish(recording.take).await;
        let archive = conductor.engine().archive();
        recording.folder.keep_histories(archive, recording.since)?;
        finished?;
        Ok(recording.folder.path().to_owned())
    }

    /// Saves a recording in a task that [`Self::close`] waits for.
    pub fn save_in_background(&self, save: impl Future<Output = ()> + Send + 'static) {
        lock(&self.saving).spawn(save);
    }

    /// Stops and saves the running recording, and waits until every other one is saved.
    pub async fn close(&self, conductor: &Conductor) -> Result<(), ConductorError> {
        let saved = match self.stop() {
            Some(recording) => self.save(recording, conductor).await.map(drop),
            None => Ok(()),
        };
        let saving = std::mem::take(&mut *lock(&self.saving));
        saving.join_all().await;
        saved
    }

    /// A new folder for a recording that begins now.
    fn new_folder(&self, title: &str) -> Result<RecordingFolder, MusicError> {
        let parent = self.folder.as_deref().unwrap_or(Path::new("recordings"));
        let moment = jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S");
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let title: String = title.chars().map(plain).take(60).collect();
        let mut path = parent.join(format!("{moment}-{title}"));
        let mut others = 1;
        while path.exists() {
            others += 1;
            path = parent.join(format!("{moment}-{title}-{others}"));
        }
        RecordingFolder::make(&path)
    }
}

/// No code that holds these locks can panic halfway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
