//! Editing scores in the window: reads, checks and saves the text. What follows from a saved file is the same
//! as if another program had saved it: see [`live_edits`](super::live_edits).
//!
//! Texts are checked on a thread of their own, and not while more is typed: the window never waits.

mod save;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
    time::Duration,
};

use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{sleep, timeout},
};

use super::{application::App, library};
use crate::{
    music::MidiFile,
    score::{self, Document, ScoreError, ScoreErrors},
    stage::Wake,
    view::{
        CheckedText, EditNumber, EditedScore, SaveOutcome, SavedText, ScoreTextCommand, Severity,
        TakesEffect, TextOrigin, TextProblem, TextVersion,
    },
};

/// A text is checked once nothing was typed for so long.
const PAUSE: Duration = Duration::from_millis(150);
/// While typing goes on, it is checked this often.
const AT_LEAST: Duration = Duration::from_secs(1);
/// The longest text that can be edited, in bytes: the window lays out all of it.
const MAX_BYTES: usize = 512 << 10;

/// Executes commands of the editor until the application ends.
pub(super) async fn run(app: Arc<App>, mut commands: UnboundedReceiver<ScoreTextCommand>) {
    while let Some(command) = commands.recv().await {
        let mut next = vec![command];
        if let [ScoreTextCommand::Check { .. }] = next.as_slice() {
            wait_for_pause(&mut commands, &mut next).await;
        }
        for command in latest(next) {
            let app = Arc::clone(&app);
            let done = tokio::task::spawn_blocking(move || execute(&app, command)).await;
            if let Err(error) = done {
                tracing::warn!(%error, "a text was not checked");
            }
        }
    }
}

/// Waits until nothing more is typed, or something else is asked.
async fn wait_for_pause(
    commands: &mut UnboundedReceiver<ScoreTextCommand>,
    next: &mut Vec<ScoreTextCommand>,
) {
    let typing = async {
        while let Ok(Some(command)) = timeout(PAUSE, commands.recv()).await {
            let is_text = matches!(command, ScoreTextCommand::Check { .. });
            next.push(command);
            if !is_text {
                break;
            }
        }
    };
    tokio::select! {
        biased;
        () = typing => {}
        () = sleep(AT_LEAST) => {}
    }
}

/// The commands, without checks of texts that are not the latest one.
fn latest(commands: Vec<ScoreTextCommand>) -> Vec<ScoreTextCommand> {
    let is_check = |command: &ScoreTextCommand| matches!(command, ScoreTextCommand::Check { .. });
    let last = commands.iter().rposition(is_check);
    let commands = commands.into_iter().enumerate();
    let kept = commands.filter(|(place, command)| !is_check(command) || Some(*place) == last);
    kept.map(|(_, command)| command).collect()
}

fn execute(app: &App, command: ScoreTextCommand) {
    match command {
        ScoreTextCommand::Open { edit, source } => open(app, edit, &source),
        ScoreTextCommand::Check {
            edit,
            version,
            text,
        } => {
            let Some(edited) = edited(app, edit) else {
                return;
            };
            let checked = checked(app, Path::new(&*edited.path), version, &text);
            change(app, edit, |edited| {
                edited.checked = Some(checked.clone());
            });
        }
        ScoreTextCommand::Save {
            edit,
            version,
            text,
            over,
        } => save(app, edit, version, &text, over.as_deref()),
        ScoreTextCommand::Close => {
            app.edited_score.store(None);
        }
    }
}

/// The text that is edited, if it is still that of this edit.
fn edited(app: &App, edit: EditNumber) -> Option<Arc<EditedScore>> {
    let edited = app.edited_score.load_full();
    edited.filter(|edited| edited.edit == edit)
}

/// Changes what is known of the text, and shows it. Commands and the watcher of files may do so at once.
fn change(app: &App, edit: EditNumber, change: impl Fn(&mut EditedScore)) {
    app.edited_score.rcu(|edited| {
        let edited = edited.as_ref()?;
        let mut edited = EditedScore::clone(edited);
        if edited.edit == edit {
            change(&mut edited);
        }
        Some(Arc::new(edited))
    });
    app.wake(Wake::Repaint);
}

fn open(app: &App, edit: EditNumber, source: &Arc<str>) {
    let mut opened = opened(app, edit, source);
    if opened.refused.is_none() {
        let path = Path::new(&*opened.path);
        opened.checked = Some(checked(app, path, TextVersion(0), &opened.text));
    }
    app.edited_score.store(Some(Arc::new(opened)));
    app.wake(Wake::Repaint);
}

/// The text of the score's file, or else the one that the lane performs, for a new file.
fn opened(app: &App, edit: EditNumber, source: &Arc<str>) -> EditedScore {
    let document = score::parse_stored(source);
    let file = document.as_ref().ok().and_then(|document| {
        let library = app.library.lock().unwrap_or_else(PoisonError::into_inner);
        let file = library.file_of(&document.namespace, &document.name);
        file.map(Path::to_owned)
    });
    let file = file.filter(|path| !is_midi(path));
    let name = document.map_or_else(|_| "score".to_owned(), |document| document.name);
    let path = file.clone().or_else(|| save::free_path(&name));
    let mut edited = EditedScore {
        edit,
        path: path
            .map(|path| path.display().to_string())
            .unwrap_or_default()
            .into(),
        origin: match file {
            Some(_) => TextOrigin::File,
            None => TextOrigin::Copy,
        },
        text: Arc::clone(source),
        disk: None,
        checked: None,
        saved: None,
        refused: None,
    };
    if file.as_deref().is_some_and(|path| path.to_str().is_none()) {
        let why = "The name of its file is not UTF-8: rename it to edit it here.";
        edited.refused = Some(why.into());
        return edited;
    }
    match file.as_deref().map(save::read) {
        Some(Ok(text)) => {
            edited.text = text.into();
            edited.disk = Some(Arc::clone(&edited.text));
        }
        Some(Err(why)) => edited.refused = Some(why.into()),
        None if edited.path.is_empty() => {
            let why = "This score has no file, and no data folder was found to save a copy in.";
            edited.refused = Some(why.into());
        }
        None => {}
    }
    if edited.text.len() > MAX_BYTES && edited.refused.is_none() {
        let why = format!(
            "The score is longer than {} KiB: edit it in a text editor. The window takes what is saved.",
            MAX_BYTES >> 10
        );
        edited.refused = Some(why.into());
    }
    edited
}

/// Whether it is a MIDI file, which cannot be edited as text.
fn is_midi(path: &Path) -> bool {
    let start = save::first_bytes(path);
    start.is_ok_and(|start| MidiFile::is_one(&start))
}

/// Checks a text as `fermata check` would check its file.
fn checked(app: &App, path: &Path, version: TextVersion, text: &str) -> CheckedText {
    let name = path.file_name().unwrap_or(path.as_os_str());
    let document = score::load_text(text, path, app.conductor.bank());
    let document = document.and_then(|mut document| {
        let repertoire = {
            let library = app.library.lock().unwrap_or_else(PoisonError::into_inner);
            library.repertoire()
        };
        repertoire.supply(&mut document, &name.to_string_lossy())?;
        Ok(document)
    });
    let (problems, takes_effect) = match document {
        Ok(document) => {
            let warnings = document.warnings.iter();
            let warnings = warnings.map(|warning| problem(warning, Severity::Warning));
            (warnings.collect(), Some(effect(&document)))
        }
        Err(errors) => (problems(&errors), None),
    };
    CheckedText {
        version,
        problems,
        takes_effect,
    }
}

fn effect(document: &Document) -> TakesEffect {
    match document.loops {
        true => TakesEffect::NextLoop,
        false => TakesEffect::NextStart,
    }
}

fn problems(errors: &ScoreErrors) -> Vec<TextProblem> {
    match errors {
        ScoreErrors::Wrong(errors) => {
            let errors = errors.iter();
            errors
                .map(|error| problem(error, Severity::Error))
                .collect()
        }
        ScoreErrors::Unreadable { .. } => vec![TextProblem {
            line: 1,
            column: 1,
            message: errors.to_string().into(),
            severity: Severity::Error,
        }],
    }
}

fn problem(error: &ScoreError, severity: Severity) -> TextProblem {
    TextProblem {
        line: error.place.line,
        column: error.place.column,
        message: error.problem.to_string().into(),
        severity,
    }
}

fn save(app: &App, edit: EditNumber, version: TextVersion, text: &Arc<str>, over: Option<&str>) {
    let Some(edited) = edited(app, edit) else {
        return;
    };
    let path = PathBuf::from(&*edited.path);
    let checked = checked(app, &path, version, text);
    let written = save::write(&path, text, over);
    change(app, edit, |edited| {
        edited.checked = Some(checked.clone());
        let outcome = match &written {
            Ok(()) => {
                edited.disk = Some(Arc::clone(text));
                edited.origin = TextOrigin::File;
                SaveOutcome::Saved
            }
            Err(save::NotSaved::Changed(now)) => {
                edited.disk = now.as_deref().map(Arc::from);
                SaveOutcome::ChangedOnDisk
            }
            Err(save::NotSaved::Failed(error)) => {
                SaveOutcome::Failed(error.to_string().as_str().into())
            }
        };
        edited.saved = Some(SavedText { version, outcome });
    });
    if written.is_ok() {
        super::live_edits::look();
    }
}

/// Files were changed: the editor learns what its file has now.
pub(super) fn file_changed<'a>(app: &App, mut paths: impl Iterator<Item = &'a Path>) {
    let Some(edited) = app.edited_score.load_full() else {
        return;
    };
    let path = Path::new(&*edited.path);
    if !paths.any(|changed| changed == path) {
        return;
    }
    if let Ok(text) = save::read(path) {
        let text: Arc<str> = text.into();
        change(app, edited.edit, |edited| {
            edited.disk = Some(Arc::clone(&text));
        });
    }
}

/// The folder for scores that come from no file.
fn own_folder() -> Option<PathBuf> {
    library::own_folder()
}
