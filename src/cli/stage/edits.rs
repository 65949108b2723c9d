//! Live editing: files of scores are watched, and what was saved is taken up.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::{
    host::{App, Told},
    library::Saved,
};
use crate::{
    score::{Document, ScoreErrors},
    view::Edit,
};

/// How often the files are looked at. A change is taken up when the file rests for that long.
const EVERY: Duration = Duration::from_millis(250);
/// Longer texts are not shown.
const SHOWN: u64 = 1 << 20;

/// Watches until the program ends.
pub(super) async fn watch(app: Arc<App>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let files = Arc::clone(&app);
        let look = tokio::task::spawn_blocking(move || {
            let mut library = files.library.lock().unwrap_or_else(PoisonError::into_inner);
            (library.look_again(), library.cards())
        });
        // It fails where the program ends meanwhile.
        let Ok((saved, cards)) = look.await else {
            return;
        };
        if saved.is_empty() {
            continue;
        }
        app.tell(Told::Scores(cards));
        for saved in saved {
            if let Ok(document) = &saved.now {
                app.conductor.revise(document);
            }
            app.tell(Told::Saved(Box::new(saved)));
        }
    }
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
