//! Scores given on the command line.

use std::path::{Path, PathBuf};

use crate::{
    music::Bank,
    score::{self, Document, Repertoire, ScoreErrors, TaskKind},
};

/// Reads scores. A score that another one runs is looked up among them, then in their folders.
/// Sounds next to them are added to the bank.
pub(super) fn read(paths: &[PathBuf], bank: &Bank) -> Vec<Result<Document, ScoreErrors>> {
    let mut read: Vec<_> = paths.iter().map(|path| score::load(path, bank)).collect();
    if !read.iter().flatten().any(runs_others) {
        return read;
    }
    let mut repertoire = Repertoire::of(read.iter().flatten());
    let mut folders: Vec<&Path> = paths.iter().filter_map(|path| path.parent()).collect();
    folders.sort();
    folders.dedup();
    for folder in folders {
        // The parent of a bare file name is empty: the folder that we are in.
        let here = folder.as_os_str().is_empty();
        repertoire = repertoire.with_folder(if here { Path::new(".") } else { folder }, bank);
    }
    for (path, score) in paths.iter().zip(&mut read) {
        if let Ok(document) = score
            && let Err(errors) = repertoire.supply(document, &path.display().to_string())
        {
            *score = Err(errors);
        }
    }
    read
}

fn runs_others(document: &Document) -> bool {
    let mut runs = false;
    document.each_task(&mut |task| runs |= matches!(task.kind, TaskKind::Run(_)));
    runs
}
