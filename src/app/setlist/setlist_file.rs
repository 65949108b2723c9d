//! The file of the set list, which is followed: a change is applied while the show goes on.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::mpsc;

use crate::{
    app::{
        application::{App, AppEvent},
        file_watch::{FileWatch, Next},
        library::{Stamp, stamp},
    },
    conductor::setlist::{PieceScore, Setlist},
    score::ScoreErrors,
    view::wrong_keys,
};

/// The tour that the program has with it.
const BUNDLED_TOUR: &str = include_str!("../../../scores/tour.yaml");

/// The set list that was given on the command line.
pub struct SetlistFile {
    /// Empty for the one that the program has with it.
    path: PathBuf,
    /// Its stamp when it was read.
    stamp: Option<Stamp>,
    read: Result<Setlist, ScoreErrors>,
}

impl SetlistFile {
    /// Reads a set list. Its errors are a [`problem`](Self::problem); it is read again when it is saved.
    pub fn read(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            stamp: stamp(path),
            read: Setlist::load(path, wrong_keys),
        }
    }

    /// The tour of the bundled scores.
    pub fn bundled_tour() -> Self {
        Self {
            path: PathBuf::new(),
            stamp: None,
            read: Setlist::parse(BUNDLED_TOUR, Path::new("tour.yaml"), wrong_keys),
        }
    }

    fn is_bundled(&self) -> bool {
        self.path.as_os_str().is_empty()
    }

    /// What is wrong with it.
    pub fn problem(&self) -> Option<&ScoreErrors> {
        self.read.as_ref().err()
    }

    /// The files of its scores.
    pub fn scores(&self) -> Vec<PathBuf> {
        self.read.as_ref().map_or_else(|_| Vec::new(), scores)
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What was read.
    pub(super) fn into_list(self) -> Result<Setlist, ScoreErrors> {
        self.read
    }
}

/// The files of the scores of a set list.
pub(super) fn scores(list: &Setlist) -> Vec<PathBuf> {
    let files = list.pieces.iter().filter_map(|piece| match &piece.score {
        PieceScore::File(path) => Some(path.clone()),
        PieceScore::Bundled(_) => None,
    });
    files.collect()
}

/// What was read of a file.
struct Seen {
    read: Option<Stamp>,
    last: Option<Stamp>,
}

/// Reads the file again each time it was saved. Its new scores are added to the library.
pub(super) fn follow(
    app: &Arc<App>,
    file: &SetlistFile,
) -> mpsc::UnboundedReceiver<Result<Setlist, ScoreErrors>> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let (app, path, watched) = (Arc::clone(app), file.path.clone(), file.path.clone());
    let (read, last) = (file.stamp, file.stamp);
    let seen = Mutex::new(Seen { read, last });
    if file.is_bundled() {
        return receiver;
    }
    let check = move || {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = stamp(&path);
        // An editor may write it in several steps.
        let is_settled = now == seen.last;
        seen.last = now;
        if !is_settled {
            return Next::Soon;
        }
        if now.is_none() || now == seen.read {
            return Next::Change;
        }
        seen.read = now;
        let list = Setlist::load(&path, wrong_keys);
        if let Ok(list) = &list {
            add_scores(&app, &scores(list));
        }
        // The program ends.
        let _ = sender.send(list);
        Next::Soon
    };
    FileWatch::shared().follow(move || vec![watched.clone()], check);
    receiver
}

fn add_scores(app: &App, files: &[PathBuf]) {
    let cards = {
        let mut library = app.library.lock().unwrap_or_else(PoisonError::into_inner);
        library.add_pieces(files);
        library.cards()
    };
    app.emit(AppEvent::Scores(cards));
}
