//! Opens files that the window names, and writes the histories that it exports, on threads that may block.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use tokio::{sync::mpsc, task::spawn_blocking};

use super::{
    application::{App, AppEvent},
    file_watch::FileWatch,
    home_folder, library,
};
use crate::{
    backend::HistoryFile,
    engine::{EventId, History, InstanceId},
    score::{self, ScoreErrors},
    view::{FileCommand, HistoryCommand, ScoreId},
};

/// Bytes that are read to judge what a file is.
const JUDGED_BYTES: u64 = 1024;
/// The longest name of an exported file without its ending, in characters.
const MAX_NAME: usize = 80;

/// Executes commands about files until the application ends.
pub(super) async fn run(app: Arc<App>, mut commands: mpsc::UnboundedReceiver<FileCommand>) {
    while let Some(command) = commands.recv().await {
        let app = Arc::clone(&app);
        // The commands do not wait for each other: a slow disk holds up only its own files.
        spawn_blocking(move || {
            let notice = match command {
                FileCommand::Open(path) => open(&app, &path),
                FileCommand::Export { instance, run } => Some(export(&app, &instance, run)),
            };
            if let Some(notice) = notice {
                app.emit(AppEvent::Notice(notice));
            }
        });
    }
}

/// Whether a file is an exported history, judged by its content.
pub fn is_history(path: &Path) -> bool {
    let mut start = Vec::new();
    // What cannot be read is reported as a score.
    let read = path.is_file().then(|| File::open(path));
    let read = read.and_then(Result::ok);
    let read = read.map(|file| file.take(JUDGED_BYTES).read_to_end(&mut start));
    matches!(read, Some(Ok(_))) && HistoryFile::is_one(&start)
}

/// Opens a file; returns what to tell the performer.
fn open(app: &App, typed: &Path) -> Option<String> {
    let path = home_folder::expanded(typed);
    let name = path.file_name().unwrap_or(path.as_os_str());
    let name = name.to_string_lossy().into_owned();
    let refused = match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => "no such file".to_owned(),
        Err(error) => error.to_string(),
        Ok(file) if file.is_dir() => "it is a folder".to_owned(),
        // A pipe or a device could be read for ever.
        Ok(file) if !file.is_file() => "it is not a file".to_owned(),
        Ok(_) if is_history(&path) => {
            app.send(HistoryCommand::OpenFile(path));
            return None;
        }
        Ok(_) => match add_score(app, &path) {
            Ok(Added { title, .. }) => {
                return Some(format!(
                    "“{title}” was opened: press S to find it among the scores"
                ));
            }
            Err(why) => why,
        },
    };
    Some(format!("{name} cannot be opened: {refused}"))
}

/// Adds a score or a MIDI file to the library and watches it from now on.
///
/// # Errors
///
/// Why the score cannot be started, in one line.
pub(super) fn add_score(app: &App, path: &Path) -> Result<Added, String> {
    let library = || app.library.lock().unwrap_or_else(PoisonError::into_inner);
    let bank = library().bank();
    // The first line; the lines below show the text with a mark under the place.
    let in_a_line = |errors: ScoreErrors| {
        let errors = errors.to_string();
        errors.lines().next().unwrap_or_default().to_owned()
    };
    let document = score::load(path, &bank).map_err(in_a_line)?;
    let title = document.title.clone();
    let (added, cards) = {
        let mut library = library();
        (library.open(path, document), library.cards())
    };
    app.conductor.revise(&added.map_err(in_a_line)?);
    app.emit(AppEvent::Scores(cards));
    FileWatch::shared().wake();
    Ok(Added {
        id: library::id_of(path),
        title,
    })
}

/// A score that was added to the library.
pub(super) struct Added {
    pub id: ScoreId,
    pub title: String,
}

/// Writes the history of a run to a new file; returns what to tell the performer.
fn export(app: &App, instance: &InstanceId, run: u32) -> String {
    let archive = app.conductor.engine().archive();
    let history = archive.history_of_run(instance, run, EventId(0), usize::MAX);
    let written = history
        .map_err(|error| error.to_string())
        .and_then(|events| {
            let instance = instance.clone();
            let history = History { instance, events };
            let folder = app.export_folder();
            write_new(&folder, &file_name(&history.instance, run), &history)
                .map_err(|error| format!("{}: {error}", folder.display()))
        });
    match written {
        Ok(path) => format!("Exported to {}", path.display()),
        Err(error) => format!("{instance} cannot be exported: {error}"),
    }
}

/// The name of the file of a run, without its ending.
fn file_name(instance: &InstanceId, run: u32) -> String {
    let plain = |c: char| match c.is_ascii_alphanumeric() || "-_.".contains(c) {
        true => c,
        false => '-',
    };
    let name: String = instance
        .as_str()
        .chars()
        .map(plain)
        .take(MAX_NAME)
        .collect();
    // A name that begins with a dot would be hidden.
    let name = name.trim_start_matches('.').to_owned();
    match run {
        1 => name,
        run => format!("{name}-run-{run}"),
    }
}

/// Writes a history to a file that did not exist; the name is numbered if it is taken.
fn write_new(folder: &Path, name: &str, history: &History) -> std::io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let text = format!("{:#}\n", history.to_json());
    let mut number = 1u32;
    loop {
        let path = folder.join(match number {
            1 => format!("{name}.json"),
            number => format!("{name}-{number}.json"),
        });
        match File::create_new(&path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())?;
                file.sync_data()?;
                return Ok(path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}
