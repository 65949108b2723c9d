//! Histories beyond the performance: searches the store and attached engines, and reads what the window opens,
//! from there or from an exported file.
//!
//! Everything is read and folded on threads that may block; the window gets progress, then the lane. A file
//! may contain anything: it is limited in size, and what is wrong with it becomes a notice.

use std::{fs::File, io::Read, path::Path, sync::Arc};

use tokio::{sync::mpsc, task::spawn_blocking};

use super::{
    application::{App, AppEvent},
    backend_histories,
    history_search::Finder,
    reruns,
};
use crate::{
    backend::{BackendName, HistoryFile, Private},
    engine::{Archive, Committed, EventId, EventKind, History, InstanceId, InstanceSummary},
    view::{
        FoundHistories, HistoryCommand, HistorySource, OpenedHistory, Opening, OpeningNumber,
        Projector,
    },
};

/// The largest exported file that is read, in bytes. A history has at most 100,000 events.
const MAX_FILE: u64 = 256 * 1024 * 1024;
/// The most events of one opened history, over all runs; the latest runs come first.
const MAX_EVENTS: u64 = 500_000;
/// Events that are read at once.
const READ_AT_ONCE: usize = 10_000;
/// With more events than this, the latest run is shown before the others are read.
const MANY_EVENTS: u64 = 20_000;

/// News about histories, for the projection.
pub(super) enum HistoryEvent {
    /// A search found something.
    Found(FoundHistories),
    /// A history is being read.
    Opening(Opening),
    /// A history was read, in part or as a whole.
    Opened(OpenedHistory),
    /// A history was read to its end, or cannot be read.
    Ended(OpeningNumber),
    /// An opened history was closed.
    Dismissed(InstanceId),
    /// An instance was deleted from the store.
    Purged(InstanceId),
}

impl HistoryEvent {
    /// Shows it.
    pub(super) fn apply(self, projector: &mut Projector) {
        match self {
            Self::Found(found) => projector.found_histories(found),
            Self::Opening(opening) => projector.opening_history(opening),
            Self::Opened(opened) => projector.open_history(opened),
            Self::Ended(number) => projector.opening_ended(number),
            Self::Dismissed(id) => projector.dismiss_history(&id),
            Self::Purged(id) => {
                projector.dismiss_history(&id);
                projector.purged(&id);
            }
        }
    }
}

/// Executes commands about histories until the application ends.
pub(super) async fn run(app: Arc<App>, mut commands: mpsc::UnboundedReceiver<HistoryCommand>) {
    let mut finder = Finder::default();
    let mut number = OpeningNumber::default();
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                None => return,
                Some(HistoryCommand::Find(typed)) => finder.find(&app, &typed),
                Some(HistoryCommand::More) => finder.more(&app),
                Some(HistoryCommand::Dismiss(id)) => emit(&app, HistoryEvent::Dismissed(id)),
                // The application has kept it.
                Some(HistoryCommand::Show(_) | HistoryCommand::Compare(_)) => {}
                Some(HistoryCommand::Open(id)) => {
                    number.0 += 1;
                    let name = Arc::from(BackendName::shown(&id));
                    Reader::start(&app, number, name, move |reader| reader.opened(&id));
                }
                Some(HistoryCommand::OpenFile(path)) => {
                    number.0 += 1;
                    let name = file_name(&path);
                    Reader::start(&app, number, name, move |reader| reader.file(&path));
                }
            },
            found = finder.finished() => finder.found(&app, found),
        }
    }
}

pub(super) fn emit(app: &App, event: HistoryEvent) {
    app.emit(AppEvent::Histories(Box::new(event)));
}

/// Reads one history.
struct Reader {
    app: Arc<App>,
    number: OpeningNumber,
    name: Arc<str>,
    read: u64,
    events: u64,
}

impl Reader {
    /// Reads on a thread that may block. An error becomes a notice.
    fn start(
        app: &Arc<App>,
        number: OpeningNumber,
        name: Arc<str>,
        read: impl FnOnce(&mut Self) -> Result<(), String> + Send + 'static,
    ) {
        let mut reader = Self {
            app: Arc::clone(app),
            number,
            name: Arc::clone(&name),
            read: 0,
            events: 0,
        };
        let app = Arc::clone(app);
        reader.progress();
        let reading = spawn_blocking(move || read(&mut reader));
        tokio::spawn(async move {
            let done = reading.await;
            // A panic in a reader ends only this history.
            let done = done.unwrap_or_else(|_| Err("its content cannot be shown".to_owned()));
            if let Err(error) = done {
                let notice = format!("{name} cannot be opened: {error}");
                app.emit(AppEvent::Notice(notice));
            }
            emit(&app, HistoryEvent::Ended(number));
        });
    }

    fn progress(&self) {
        let opening = Opening {
            number: self.number,
            name: Arc::clone(&self.name),
            read: self.read,
            events: self.events,
        };
        emit(&self.app, HistoryEvent::Opening(opening));
    }

    /// Folds runs, oldest first, and shows them.
    fn show(
        &self,
        id: &InstanceId,
        runs: &[Committed],
        source: HistorySource,
    ) -> Result<(), String> {
        let transport = self.app.snapshot().transport;
        let opened = OpenedHistory::fold(self.number, id, runs, source, transport);
        let opened = opened.ok_or("its history has no events")?;
        if opened.source == HistorySource::Store {
            reruns::find_links(&self.app, vec![id.clone()]);
        }
        emit(&self.app, HistoryEvent::Opened(opened));
        Ok(())
    }

    /// Reads an instance of the store, or of another engine.
    fn opened(&mut self, id: &InstanceId) -> Result<(), String> {
        let Some((name, _)) = BackendName::split(id) else {
            return self.stored(id);
        };
        let history = backend_histories::read(&self.app, id)?.history;
        self.imported(id, history, HistorySource::Backend(name))
    }

    /// Reads all runs of an instance of the store, the latest first.
    fn stored(&mut self, id: &InstanceId) -> Result<(), String> {
        let archive = self.app.conductor.engine().archive().clone();
        let summaries = archive.run_summaries(id).map_err(|e| e.to_string())?;
        let lengths = summaries
            .iter()
            .map(|run| run.head.map_or(0, |head| head.events));
        self.events = lengths.sum::<u64>().min(MAX_EVENTS);
        let all = summaries.len();
        let mut runs = Vec::new();
        for summary in summaries.into_iter().rev() {
            let length = summary.head.map_or(0, |head| head.events);
            if !runs.is_empty() && self.read + length > MAX_EVENTS {
                break;
            }
            runs.insert(0, self.run(&archive, summary)?);
            if runs.len() == 1 && all > 1 && self.events > MANY_EVENTS {
                self.show(id, &runs, HistorySource::Store)?;
            }
        }
        self.show(id, &runs, HistorySource::Store)?;
        if runs.len() < all {
            let notice = format!("{id} shows its last {} of {all} runs.", runs.len());
            self.app.emit(AppEvent::Notice(notice));
        }
        Ok(())
    }

    fn run(&mut self, archive: &Archive, summary: InstanceSummary) -> Result<Committed, String> {
        let mut events = Vec::new();
        loop {
            let from = EventId(events.len() as u64);
            let page = archive.history_of_run(&summary.id, summary.run, from, READ_AT_ONCE);
            let page = page.map_err(|error| error.to_string())?;
            let is_last = page.len() < READ_AT_ONCE;
            self.read += page.len() as u64;
            events.extend(page);
            self.progress();
            if is_last {
                return Ok(Committed::stored(summary, events));
            }
        }
    }

    /// Reads an exported history.
    fn file(&mut self, path: &Path) -> Result<(), String> {
        let bytes = read_file(path)?;
        let file = HistoryFile {
            bytes: &bytes,
            name: &path.file_stem().unwrap_or_default().to_string_lossy(),
            private: Private::Hidden,
        };
        let history = file.read().map_err(|error| error.to_string())?.history;
        drop(bytes);
        let id = self.free_id(&history.instance);
        let source = HistorySource::File(Arc::clone(&self.name));
        self.imported(&id, history, source)
    }

    /// Shows a history that is not in the store.
    fn imported(
        &mut self,
        id: &InstanceId,
        history: History,
        source: HistorySource,
    ) -> Result<(), String> {
        self.events = history.events.len() as u64;
        self.read = self.events;
        self.progress();
        let (workflow, run) = match history.events.first().map(|first| &first.kind) {
            Some(EventKind::ExecutionStarted { name, run, .. }) => (name.clone(), *run),
            _ => (history.instance.to_string(), 1),
        };
        let commit = Committed {
            instance: InstanceSummary {
                run: run.max(1),
                ..InstanceSummary::new(id.clone(), workflow)
            },
            events: history.events,
            annotations: Vec::new(),
            log: Vec::new(),
        };
        self.show(id, &[commit], source)
    }

    /// An id that no instance of the store has: no command for the lane of a file may reach one. The same
    /// file gets the same id again.
    fn free_id(&self, instance: &InstanceId) -> InstanceId {
        let archive = self.app.conductor.engine().archive();
        let mut tries = 0u32;
        loop {
            let mut text = match tries {
                0 => format!("file: {instance}, {}", self.name),
                n => format!("file {n}: {instance}, {}", self.name),
            };
            text.truncate(text.floor_char_boundary(InstanceId::MAX_BYTES));
            let id = InstanceId::new(&text).unwrap_or_else(|_| instance.clone());
            tries += 1;
            if archive.summary(&id).is_err() {
                return id;
            }
        }
    }
}

/// The whole content of a regular file that is not too long.
fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    // A pipe or a device could be read for ever.
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(MAX_FILE + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    match bytes.len() as u64 > MAX_FILE {
        true => Err(format!(
            "it is longer than {} MB, the longest history that is read",
            MAX_FILE / 1024 / 1024
        )),
        false => Ok(bytes),
    }
}

/// The name of a file on one line.
fn file_name(path: &Path) -> Arc<str> {
    let name = path.file_name().unwrap_or(path.as_os_str());
    let name = name.to_string_lossy();
    let printable = name.chars().filter(|c| !c.is_control()).take(60);
    printable.collect::<String>().into()
}
