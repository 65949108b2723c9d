//! Live editing: score files are watched, and saved changes are applied.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, PoisonError},
};

use super::{
    application::{App, AppEvent},
    file_watch::{FileWatch, Next},
    library::Saved,
};
use crate::{
    score::{Document, ScoreErrors},
    view::Edit,
};

/// Longer texts are not shown.
const SHOWN: u64 = 1 << 20;

/// Takes up what is saved, until the program ends.
pub(super) fn follow(app: &Arc<App>) {
    let (looks, names) = (Arc::clone(app), Arc::clone(app));
    let paths = move || {
        let library = names.library.lock().unwrap_or_else(PoisonError::into_inner);
        library.paths()
    };
    FileWatch::shared().follow(paths, move || look(&looks));
}

fn look(app: &App) -> Next {
    let (saved, next, cards) = {
        let mut library = app.library.lock().unwrap_or_else(PoisonError::into_inner);
        let (saved, next) = library.look_again();
        (saved, next, library.cards())
    };
    if saved.is_empty() {
        return next;
    }
    app.tell(AppEvent::Scores(cards));
    for saved in saved {
        if let Ok(document) = &saved.now {
            app.conductor.revise(document);
        }
        app.tell(AppEvent::Saved(Box::new(saved)));
    }
    // A score may name patches that nobody has watched yet.
    Next::Soon
}

/// How the files of scores are now, by namespace and name of the score.
#[derive(Default)]
pub(super) struct Edits(HashMap<(String, String), State>);

enum State {
    Fine(Arc<str>),
    Wrong(Edit),
}

impl Edits {
    /// A file was saved; returns what the performer is told.
    pub fn take(&mut self, saved: &Saved) -> String {
        let file = saved.path.file_name().unwrap_or(saved.path.as_os_str());
        let file = file.to_string_lossy();
        match &saved.now {
            Ok(document) => {
                let state = State::Fine(Arc::clone(&document.source));
                self.0.insert(name(document), state);
                match document.loops {
                    true => format!("{file} is saved and fine: its next round plays it"),
                    false => format!("{file} is saved and fine: the next start plays it"),
                }
            }
            Err(errors) => {
                if let Some(before) = &saved.before {
                    let wrong = wrong(&saved.path, errors);
                    self.0.insert(name(before), State::Wrong(wrong));
                }
                let first = errors.errors().first();
                match first {
                    Some(first) => format!("{file}, line {}: {}", first.place.line, first.problem),
                    None => errors.to_string(),
                }
            }
        }
    }

    /// How the file of a score that is being performed differs from it.
    pub fn of(&self, document: &Document) -> Option<Edit> {
        match self.0.get(&name(document))? {
            State::Fine(source) if *source == document.source => None,
            State::Fine(_) => Some(Edit::Saved),
            State::Wrong(edit) => Some(edit.clone()),
        }
    }
}

fn wrong(path: &Path, errors: &ScoreErrors) -> Edit {
    let short = path.metadata().is_ok_and(|file| file.len() <= SHOWN);
    let source = match short {
        // What cannot be read is told by the message.
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
    Edit::Wrong {
        source: source.into(),
        line,
        message: message.into(),
    }
}

fn name(document: &Document) -> (String, String) {
    (document.namespace.clone(), document.name.clone())
}
