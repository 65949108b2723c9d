//! The Record button's machine: begins and ends recordings of the performance on the stage.

use std::path::{Path, PathBuf};

use tokio::sync::Mutex;

use crate::{
    conductor::{Conductor, ConductorError, RecordingFolder},
    engine::Timestamp,
    music::{JournalHandle, MusicError, Take},
};

/// Where recordings are begun and ended. One at a time.
pub(super) struct Tape {
    mixer: JournalHandle,
    /// The folder of all recordings; `None`: the system names none.
    recordings: Option<PathBuf>,
    running: Mutex<Option<Running>>,
}

struct Running {
    folder: RecordingFolder,
    take: Take,
    since: Timestamp,
}

impl Tape {
    pub fn new(mixer: JournalHandle, recordings: Option<PathBuf>) -> Self {
        Self {
            mixer,
            recordings,
            running: Mutex::new(None),
        }
    }

    /// Begins, if nothing is recorded; gives since when it records.
    pub async fn start(&self, conductor: &Conductor) -> Result<Timestamp, ConductorError> {
        let mut running = self.running.lock().await;
        if let Some(running) = &*running {
            return Ok(running.since);
        }
        let open = conductor.engine().archive().open_instances()?;
        let title = open.first().map_or("Fermata", |open| open.id.as_str());
        let folder = self.folder(title)?;
        let player = conductor.player();
        let sinks = folder.begin(title, player.names(), player.now())?;
        let since = conductor.engine().clock().now();
        *running = Some(Running {
            folder,
            take: self.mixer.add(sinks),
            since,
        });
        Ok(since)
    }

    /// Ends the recording and adds the histories; gives where everything is. `None` if nothing was
    /// recorded.
    pub async fn stop(&self, conductor: &Conductor) -> Result<Option<PathBuf>, ConductorError> {
        let Some(running) = self.running.lock().await.take() else {
            return Ok(None);
        };
        let finished = self.mixer.finish(running.take).await;
        let archive = conductor.engine().archive();
        running.folder.keep_histories(archive, running.since)?;
        finished?;
        Ok(Some(running.folder.path().to_owned()))
    }

    /// A new folder for a recording that begins now.
    fn folder(&self, title: &str) -> Result<RecordingFolder, MusicError> {
        let recordings = self
            .recordings
            .as_deref()
            .unwrap_or(Path::new("recordings"));
        let moment = jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S");
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let title: String = title.chars().map(plain).take(60).collect();
        let mut path = recordings.join(format!("{moment}-{title}"));
        let mut others = 1;
        while path.exists() {
            others += 1;
            path = recordings.join(format!("{moment}-{title}-{others}"));
        }
        RecordingFolder::make(&path)
    }
}
