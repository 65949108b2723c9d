//! The library: scores given on the command line, scores in the user's folder, and bundled scores.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::file_watch::Next;
use crate::{
    conductor::setlist::is_setlist_file,
    music::Bank,
    score::{self, Document, Repertoire, ScoreErrors},
    view::{ScoreCard, ScoreId},
};

/// The scores that can be started.
pub struct Library {
    cards: Vec<ScoreCard>,
    documents: HashMap<ScoreId, Document>,
    given: Vec<ScoreId>,
    /// Why some of the given scores cannot be started.
    problems: Vec<ScoreErrors>,
    files: Vec<File>,
    /// What bundled scores run. No card shows them.
    companions: Vec<Document>,
    /// The sounds that the files can name.
    bank: Bank,
}

/// A file that is watched.
struct File {
    path: PathBuf,
    /// Its stamp when it was last read.
    read: Option<Stamp>,
    /// Its stamp when it was last checked.
    seen: Option<Stamp>,
}

/// Modification time and length of a file.
pub(super) type Stamp = (SystemTime, u64);

/// A saved file.
pub(super) struct Saved {
    pub path: PathBuf,
    /// The previous valid score of the file.
    pub before: Option<Document>,
    /// The score in it now, or its errors.
    pub now: Result<Document, ScoreErrors>,
}

impl Library {
    /// Reads these files, the user's own scores and the bundled ones. Sounds next to them are added to
    /// the bank. The errors of a score show on its card; those of `files` are [`problems`](Self::problems)
    /// as well.
    pub fn with(files: &[PathBuf], bank: &Bank) -> Self {
        let mut library = Self {
            cards: Vec::new(),
            documents: HashMap::new(),
            given: Vec::new(),
            problems: Vec::new(),
            files: Vec::new(),
            companions: score::COMPANIONS
                .iter()
                .filter_map(|(name, source)| score::parse(source, name).ok())
                .collect(),
            bank: bank.clone(),
        };
        for path in files {
            let stamp = stamp(path);
            let read = score::load(path, bank);
            match &read {
                Ok(_) => library.given.push(id_of(path)),
                Err(errors) => library.problems.push(errors.clone()),
            }
            library.add_file(path, stamp, read);
        }
        for path in own_scores()
            .into_iter()
            .filter(|path| !is_setlist_file(path))
        {
            let stamp = stamp(&path);
            library.add_file(&path, stamp, score::load(&path, bank));
        }
        for (name, source) in score::BUNDLED {
            library.add(ScoreId(name.into()), score::parse(source, name));
        }
        library.supply();
        library
    }

    /// Adds the scores of a set list, unless they are there already. They do not count as given.
    pub fn add_pieces(&mut self, files: &[PathBuf]) {
        for path in files {
            if !self.cards.iter().any(|card| card.id == id_of(path)) {
                let stamp = stamp(path);
                let read = score::load(path, &self.bank);
                self.add_file(path, stamp, read);
            }
        }
        self.supply();
    }

    /// Links each score to the scores that it runs.
    fn supply(&mut self) {
        let repertoire = self.repertoire();
        for card in &mut self.cards {
            let Some(document) = self.documents.get_mut(&card.id) else {
                continue;
            };
            if let Err(errors) = repertoire.supply(document, &card.id.0) {
                card.problem = Some(errors.to_string());
                self.documents.remove(&card.id);
                if self.given.contains(&card.id) {
                    self.given.retain(|id| *id != card.id);
                    self.problems.push(errors);
                }
            }
        }
    }

    /// Why some of the given scores cannot be started.
    pub fn problems(&self) -> &[ScoreErrors] {
        &self.problems
    }

    /// The valid scores given on the command line, in order.
    pub(super) fn given(&self) -> Vec<ScoreId> {
        self.given.clone()
    }

    /// The cards of all scores.
    pub(super) fn cards(&self) -> Vec<ScoreCard> {
        self.cards.clone()
    }

    /// A score that can be started.
    pub(super) fn document(&self, id: &ScoreId) -> Option<&Document> {
        self.documents.get(id)
    }

    /// The sounds that its files can name.
    pub(super) fn bank(&self) -> Bank {
        self.bank.clone()
    }

    /// Adds a score that was opened, behind those that were given. Returns it with the scores that it runs.
    ///
    /// # Errors
    ///
    /// Those of the scores that it runs.
    pub(super) fn open(
        &mut self,
        path: &Path,
        mut document: Document,
    ) -> Result<Document, ScoreErrors> {
        let id = id_of(path);
        let repertoire = self.repertoire();
        if repertoire.supply(&mut document, &id.0).is_err() {
            let folder = path.parent().unwrap_or(Path::new(""));
            let with_folder = repertoire.with_folder(folder, &self.bank);
            with_folder.supply(&mut document, &id.0)?;
        }
        let stamp = stamp(path);
        if self.files.iter().all(|file| file.path != path) {
            self.files.push(File {
                path: path.to_owned(),
                read: stamp,
                seen: stamp,
            });
        }
        let card = card(&id, &Ok(document.clone()));
        match self.cards.iter_mut().find(|known| known.id == id) {
            Some(known) => *known = card,
            None => {
                let is_given = |card: &ScoreCard| self.given.contains(&card.id);
                let place = self
                    .cards
                    .iter()
                    .rposition(is_given)
                    .map_or(0, |last| last + 1);
                self.cards.insert(place, card);
                self.given.push(id.clone());
            }
        }
        self.documents.insert(id, document.clone());
        Ok(document)
    }

    /// The scores that were read from files.
    pub(super) fn file_documents(&self) -> impl Iterator<Item = &Document> {
        let ids = self.files.iter().map(|file| id_of(&file.path));
        ids.filter_map(|id| self.documents.get(&id))
    }

    /// The file that a score was read from, if it was.
    pub(super) fn file_of(&self, namespace: &str, name: &str) -> Option<&Path> {
        let is_it = |file: &&File| {
            let document = self.documents.get(&id_of(&file.path));
            document.is_some_and(|d| d.namespace == namespace && d.name == name)
        };
        let file = self.files.iter().find(is_it)?;
        Some(&file.path)
    }

    /// The scores that others can run.
    pub(super) fn repertoire(&self) -> Repertoire {
        let in_order = self.cards.iter();
        let listed = in_order.filter_map(|card| self.documents.get(&card.id));
        Repertoire::of(listed.chain(&self.companions))
    }

    /// The files and the folder that are watched.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let files = self.files.iter().map(|file| file.path.clone());
        files.chain(own_folder()).collect()
    }

    /// Reads files that were saved since the last call, and new files in the user's folder. A file is read
    /// once it no longer changes: an editor may write it in several steps.
    pub(super) fn refresh(&mut self) -> (Vec<Saved>, Next) {
        for path in own_scores() {
            if self.files.iter().all(|file| file.path != path) && !is_setlist_file(&path) {
                let (read, seen) = (None, None);
                self.files.push(File { path, read, seen });
            }
        }
        let (mut saved, mut next) = (Vec::new(), Next::Change);
        for file in &mut self.files {
            let stamp = stamp(&file.path);
            let is_settled = stamp == file.seen;
            file.seen = stamp;
            if !is_settled {
                next = Next::Soon;
            } else if stamp.is_some() && stamp != file.read {
                file.read = stamp;
                saved.push(file.path.clone());
            }
        }
        let saved = saved.into_iter().map(|path| self.reload(path));
        (saved.collect(), next)
    }

    fn reload(&mut self, path: PathBuf) -> Saved {
        let id = id_of(&path);
        let now = score::load(&path, &self.bank);
        let card = card(&id, &now);
        match self.cards.iter_mut().find(|known| known.id == id) {
            Some(known) => *known = card,
            None => self.cards.push(card),
        }
        let before = match &now {
            Ok(document) => self.documents.insert(id, document.clone()),
            // Instances of the previous version continue with it.
            Err(_) => self.documents.get(&id).cloned(),
        };
        Saved { path, before, now }
    }

    fn add_file(&mut self, path: &Path, stamp: Option<Stamp>, read: Result<Document, ScoreErrors>) {
        let path = path.to_owned();
        let id = id_of(&path);
        let (read_at, seen) = (stamp, stamp);
        if self.files.iter().all(|file| file.path != path) {
            self.files.push(File {
                path,
                read: read_at,
                seen,
            });
        }
        self.add(id, read);
    }

    fn add(&mut self, id: ScoreId, read: Result<Document, ScoreErrors>) {
        if self.cards.iter().any(|card| card.id == id) {
            return;
        }
        self.cards.push(card(&id, &read));
        if let Ok(document) = read {
            self.documents.insert(id, document);
        }
    }
}

/// The id of the score in a file.
pub(super) fn id_of(path: &Path) -> ScoreId {
    ScoreId(path.display().to_string().into())
}

pub(super) fn stamp(path: &Path) -> Option<Stamp> {
    let file = path.metadata().ok()?;
    Some((file.modified().ok()?, file.len()))
}

/// The card of a score.
fn card(id: &ScoreId, read: &Result<Document, ScoreErrors>) -> ScoreCard {
    match read {
        Ok(document) => ScoreCard {
            id: id.clone(),
            title: document.title.clone(),
            summary: document.summary.clone(),
            input: document.schemas.input.clone(),
            problem: None,
        },
        Err(errors) => ScoreCard {
            id: id.clone(),
            title: id.0.to_string(),
            summary: String::new(),
            input: None,
            problem: Some(errors.to_string()),
        },
    }
}

/// The folder `scores` of the user's data directory.
pub(super) fn own_folder() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "fermata")?;
    Some(dirs.data_dir().join("scores"))
}

/// The files in that folder, by name.
fn own_scores() -> Vec<PathBuf> {
    // The folder is optional.
    let Some(Ok(entries)) = own_folder().map(std::fs::read_dir) else {
        return Vec::new();
    };
    let is_score = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        matches!(ending, Some("yaml" | "yml" | "json" | "mid" | "midi"))
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_score)
        .collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_score_among_those_given_shows_on_its_card_and_the_others_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (good, bad) = (path("good.yaml"), path("bad.yaml"));
        std::fs::write(&good, crate::app::test_app::LOOP).unwrap();
        std::fs::write(&bad, "document:\n").unwrap();
        let missing = path("missing.yaml");
        let files = [bad.clone(), good.clone(), missing.clone()];
        let library = Library::with(&files, &Bank::new());
        assert_eq!(library.given(), [id_of(&good)]);
        assert_eq!(library.problems().len(), 2);
        let cards = library.cards();
        let problem_of = |path: &Path| {
            let card = cards.iter().find(|card| card.id == id_of(path));
            card.unwrap().problem.clone()
        };
        assert!(problem_of(&bad).is_some_and(|problem| problem.contains("bad.yaml")));
        assert!(problem_of(&missing).is_some());
        assert_eq!(problem_of(&good), None);
    }
}
