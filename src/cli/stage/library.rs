//! The scores that the stage offers: those given on the command line, those in the user's score
//! folder, and those that Fermata brings along.

use std::{collections::HashMap, path::PathBuf};

use crate::{
    score::{Document, ScoreErrors},
    view::{ScoreCard, ScoreId},
};

/// The scores that Fermata brings along, by file name.
const BUNDLED: [(&str, &str); 5] = [
    ("arpeggio", include_str!("../../../scores/arpeggio.yaml")),
    (
        "four-voices",
        include_str!("../../../scores/four-voices.yaml"),
    ),
    ("ostinato", include_str!("../../../scores/ostinato.yaml")),
    (
        "call-and-response",
        include_str!("../../../scores/call-and-response.yaml"),
    ),
    (
        "stubborn-drummer",
        include_str!("../../../scores/stubborn-drummer.yaml"),
    ),
];

/// The scores that can be started.
pub(super) struct Library {
    cards: Vec<ScoreCard>,
    documents: HashMap<ScoreId, Document>,
    given: Vec<ScoreId>,
}

impl Library {
    /// A library with these files, which must be fine, in front.
    pub fn with(files: &[PathBuf]) -> Result<Self, ScoreErrors> {
        let mut library = Self {
            cards: Vec::new(),
            documents: HashMap::new(),
            given: Vec::new(),
        };
        for path in files {
            let document = Document::read(path)?;
            let id = ScoreId(path.display().to_string().into());
            library.given.push(id.clone());
            library.add(id, Ok(document));
        }
        for path in own_scores() {
            let id = ScoreId(path.display().to_string().into());
            library.add(id, Document::read(&path));
        }
        for (name, source) in BUNDLED {
            library.add(ScoreId(name.into()), Document::parse(source, name));
        }
        Ok(library)
    }

    /// The scores that were given on the command line.
    pub fn given(&self) -> Vec<ScoreId> {
        self.given.clone()
    }

    /// What the stage shows of every score.
    pub fn cards(&self) -> Vec<ScoreCard> {
        self.cards.clone()
    }

    /// A score that can be started.
    pub fn document(&self, id: &ScoreId) -> Option<&Document> {
        self.documents.get(id)
    }

    fn add(&mut self, id: ScoreId, read: Result<Document, ScoreErrors>) {
        if self.cards.iter().any(|card| card.id == id) {
            return;
        }
        let card = match &read {
            Ok(document) => ScoreCard {
                id: id.clone(),
                title: document.title.clone(),
                summary: document.summary.clone(),
                problem: None,
            },
            Err(errors) => ScoreCard {
                id: id.clone(),
                title: id.0.to_string(),
                summary: String::new(),
                problem: Some(errors.to_string()),
            },
        };
        self.cards.push(card);
        if let Ok(document) = read {
            self.documents.insert(id, document);
        }
    }
}

/// The files in the folder `scores` of the user's data directory, by name.
fn own_scores() -> Vec<PathBuf> {
    let folder = directories::ProjectDirs::from("", "", "fermata")
        .map(|dirs| dirs.data_dir().join("scores"));
    // Most people have no such folder.
    let Some(Ok(entries)) = folder.map(std::fs::read_dir) else {
        return Vec::new();
    };
    let is_score = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        matches!(ending, Some("yaml" | "yml" | "json"))
    };
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(is_score)
        .collect();
    paths.sort();
    paths
}
