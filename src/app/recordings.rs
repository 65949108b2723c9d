//! Recordings of the performance: started and stopped by the Record button.

use std::path::{Path, PathBuf};

use tokio::sync::Mutex;

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
}

struct Recording {
    folder: RecordingFolder,
    take: Take,
    since: Timestamp,
}

impl Recordings {
    pub fn new(journal: JournalHandle, folder: Option<PathBuf>) -> Self {
        Self {
            journal,
            folder,
            running: Mutex::new(None),
        }
    }

    /// Starts a recording unless one is running; returns when it started.
    pub async fn start(&self, conductor: &Conductor) -> Result<Timestamp, ConductorError> {
        let mut running = self.running.lock().await;
        if let Some(running) = &*running {
            return Ok(running.since);
        }
        let open = conductor.engine().archive().open_instances()?;
        let title = open.first().map_or("Fermata", |open| open.id.as_str());
        let folder = self.new_folder(title)?;
        let player = conductor.player();
        let sinks = folder.begin(title, player.names(), player.now())?;
        let since = conductor.engine().clock().now();
        *running = Some(Recording {
            folder,
            take: self.journal.add(sinks),
            since,
        });
        Ok(since)
    }

    /// Stops the recording and adds the histories; returns its folder. `None` if none was running.
    pub async fn stop(&self, conductor: &Conductor) -> Result<Option<PathBuf>, ConductorError> {
        let Some(running) = self.running.lock().await.take() else {
            return Ok(None);
        };
        let finished = self.journal.finish(running.take).await;
        let archive = conductor.engine().archive();
        running.folder.keep_histories(archive, running.since)?;
        finished?;
        Ok(Some(running.folder.path().to_owned()))
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
