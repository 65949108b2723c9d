//! Live editing: watches score files and applies saved changes.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, PoisonError},
};

use super::{
    application::{App, AppEvent},
    file_watch::{FileWatch, Next},
    library::Saved,
    score_texts,
};
use crate::{
    score::{Document, ScoreErrors},
    view::Edit,
};

/// The largest text that is shown with an error, in bytes.
const MAX_SHOWN_BYTES: u64 = 1 << 20;

/// Applies saved changes until the program ends.
pub(super) fn follow(app: &Arc<App>) {
    let (checked, watched) = (Arc::clone(app), Arc::clone(app));
    let paths = move || {
        let library = watched
            .library
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        library.paths()
    };
    FileWatch::shared().follow(paths, move || check(&checked));
}

/// Looks at the files soon, even where the system does not report changes.
pub(super) fn look() {
    FileWatch::shared().wake();
}

fn check(app: &App) -> Next {
    let (saved, next, cards) = {
        let mut library = app.library.lock().unwrap_or_else(PoisonError::into_inner);
        let (saved, next) = library.refresh();
        (saved, next, library.cards())
    };
    if saved.is_empty() {
        return next;
    }
    app.emit(AppEvent::Scores(cards));
    score_texts::file_changed(app, saved.iter().map(|saved| saved.path.as_path()));
    for saved in saved {
        if let Ok(document) = &saved.now {
            app.conductor.revise(document);
        }
        app.emit(AppEvent::Saved(Box::new(saved)));
    }
    // A score may name patches that are not watched yet.
    Next::Soon
}

/// The state of score files, by namespace and name of the score.
#[derive(Default)]
pub(super) struct Edits(HashMap<(String, String), FileState>);

enum FileState {
    /// Its text.
    Valid(Arc<str>),
    Invalid(Edit),
}

impl Edits {
    /// Records a saved file; returns a message to the performer.
    pub fn saved(&mut self, saved: &Saved) -> String {
        let file = saved.path.file_name().unwrap_or(saved.path.as_os_str());
        let file = file.to_string_lossy();
        match &saved.now {
            Ok(document) => {
                let state = FileState::Valid(Arc::clone(&document.source));
                self.0.insert(name(document), state);
                match document.loops {
                    true => format!("{file} saved: plays from the next repetition"),
                    false => format!("{file} saved: plays from the next start"),
                }
            }
            Err(errors) => {
                if let Some(before) = &saved.before {
                    let edit = invalid(&saved.path, errors);
                    self.0.insert(name(before), FileState::Invalid(edit));
                }
                let first = errors.errors().first();
                match first {
                    Some(first) => format!("{file}, line {}: {}", first.place.line, first.problem),
                    None => errors.to_string(),
                }
            }
        }
    }

    /// The change of a score's file since the score was started.
    pub fn of(&self, document: &Document) -> Option<Edit> {
        match self.0.get(&name(document))? {
            FileState::Valid(source) if *source == document.source => None,
            FileState::Valid(_) => Some(Edit::Saved),
            FileState::Invalid(edit) => Some(edit.clone()),
        }
    }
}

fn invalid(path: &Path, errors: &ScoreErrors) -> Edit {
    let short = path
        .metadata()
        .is_ok_and(|file| file.len() <= MAX_SHOWN_BYTES);
    let source = match short {
        // If it cannot be read, the message says so.
        true => std::fs::read_to_string(path).unwrap_or_default(),
        false => String::new(),
    };
    let all = errors.errors();
    let (line, mut message) = match all.first() {
        Some(first) => (first.place.line, first.problem.to_string()),
        None => (1, errors.to_string()),
    };
    if all.len() > 1 {
        message += &format!(" (and {} more)", all.len() - 1);
    }
    Edit::Invalid {
        source: source.into(),
        line,
        message: message.into(),
    }
}

fn name(document: &Document) -> (String, String) {
    (document.namespace.clone(), document.name.clone())
}
