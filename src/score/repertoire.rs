//! Scores that can run each other with `run.workflow`.

use std::{cmp::Ordering, collections::HashSet, path::Path, sync::Arc};

use super::{
    document::Document,
    error::{Diagnostic, Problem, ScoreErrors, Suggestion},
    load::load,
    task::{RunWorkflow, TaskKind},
};
use crate::music::Bank;

/// The most files of a folder that are read.
const MAX_FILES: usize = 256;

/// Scores that can run each other.
#[derive(Debug, Default)]
pub struct Repertoire {
    documents: Vec<Document>,
}

impl Repertoire {
    /// These scores. Of two with the same name and version, the first one is used.
    pub fn of<'a>(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        Self {
            documents: documents.into_iter().cloned().collect(),
        }
    }

    /// Adds the valid scores in a folder, and their sounds to the bank.
    pub fn with_folder(mut self, folder: &Path, bank: &Bank) -> Self {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return self;
        };
        let is_score = |path: &std::path::PathBuf| {
            let ending = path.extension().and_then(|ending| ending.to_str());
            matches!(ending, Some("yaml" | "yml" | "json"))
        };
        let mut paths: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(is_score)
            .collect();
        paths.sort();
        let read = paths.iter().take(MAX_FILES);
        self.documents
            .extend(read.filter_map(|path| load(path, bank).ok()));
        self
    }

    /// Adds to a score the texts of all scores that it runs, directly or indirectly. `file` is its name
    /// in the errors about missing scores.
    pub fn supply(&self, document: &mut Document, file: &str) -> Result<(), ScoreErrors> {
        let mut companions: Vec<&Document> = Vec::new();
        let mut known: HashSet<*const Document> = HashSet::new();
        self.follow(document, file, &mut companions, &mut known)?;
        let mut next = 0;
        while let Some(companion) = companions.get(next).copied() {
            self.follow(companion, &companion.name, &mut companions, &mut known)?;
            next += 1;
        }
        let texts = companions.iter().map(|score| Arc::clone(&score.source));
        document.companions = texts.collect();
        Ok(())
    }

    fn follow<'a>(
        &'a self,
        document: &Document,
        file: &str,
        companions: &mut Vec<&'a Document>,
        known: &mut HashSet<*const Document>,
    ) -> Result<(), ScoreErrors> {
        let mut missing = Vec::new();
        document.each_task(&mut |task| {
            let TaskKind::Run(run) = &task.kind else {
                return;
            };
            match resolve(&self.documents, run) {
                Some(score) if known.insert(score) => companions.push(score),
                Some(_) => {}
                None => missing.push(Diagnostic::new(run.place, self.missing(run))),
            }
        });
        match missing.is_empty() {
            true => Ok(()),
            false => Err(ScoreErrors::new(missing, file, &document.source)),
        }
    }

    fn missing(&self, run: &RunWorkflow) -> Problem {
        let version = run.version.as_deref().unwrap_or("latest");
        let full =
            |namespace: &str, name: &str, version: &str| format!("{namespace}/{name} {version}");
        let known = self.documents.iter();
        let known: Vec<String> = known
            .map(|score| full(&score.namespace, &score.name, &score.version))
            .collect();
        let suggestion = match known.is_empty() || known.len() > 16 {
            true => Suggestion::None,
            false => Suggestion::Available(known),
        };
        Problem::UnknownName {
            kind: "score",
            name: full(&run.namespace, &run.name, version),
            scope: "among the given scores or in the same folder",
            suggestion,
        }
    }
}

/// The score that a `run.workflow` refers to; without a version, the newest.
pub(super) fn resolve<'a>(
    documents: impl IntoIterator<Item = &'a Document>,
    run: &RunWorkflow,
) -> Option<&'a Document> {
    let fits = |score: &&Document| {
        let version = run.version.as_ref();
        score.namespace == run.namespace
            && score.name == run.name
            && version.is_none_or(|version| *version == score.version)
    };
    let mut fitting = documents.into_iter().filter(fits);
    let first = fitting.next()?;
    Some(fitting.fold(first, |best, other| {
        match newer(&other.version, &best.version) {
            Ordering::Greater => other,
            _ => best,
        }
    }))
}

/// Compares two semantic versions.
fn newer(one: &str, other: &str) -> Ordering {
    let parts = |version: &str| {
        let version = version.split('+').next().unwrap_or_default();
        let (core, before) = version.split_once('-').unwrap_or((version, ""));
        let numbers: Vec<u64> = core.split('.').map(|n| n.parse().unwrap_or(0)).collect();
        (numbers, before.is_empty(), before.to_owned())
    };
    parts(one).cmp(&parts(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::parse;

    fn score(name: &str, version: &str, runs: &[&str]) -> Document {
        let tasks: Vec<_> = runs
            .iter()
            .map(|run| {
                let (name, version) = run.split_once(' ').unwrap_or((run, "latest"));
                let workflow =
                    serde_json::json!({ "namespace": "t", "name": name, "version": version });
                serde_json::json!({ *run: { "run": { "workflow": workflow } } })
            })
            .chain([serde_json::json!({ "last": { "set": { "from": name } } })])
            .collect();
        let head = serde_json::json!({ "dsl": "1.0.3", "namespace": "t", "name": name, "version": version });
        let text = serde_json::json!({ "document": head, "do": tasks }).to_string();
        parse(&text, name).unwrap()
    }

    fn companions(document: &Document) -> Vec<String> {
        let name = |text: &Arc<str>| {
            let score = parse(text, "x").unwrap();
            format!("{} {}", score.name, score.version)
        };
        document.companions.iter().map(name).collect()
    }

    #[test]
    fn a_score_gets_what_it_runs_and_what_that_runs() {
        let mut first = score("a", "1.0.0", &["b"]);
        let others = [
            score("b", "1.0.0", &["c 1.0.0", "a"]),
            score("b", "1.10.0-beta", &[]),
            score("b", "1.9.0", &["c 1.0.0", "a"]),
            score("c", "1.0.0", &["b"]),
            score("d", "1.0.0", &[]),
        ];
        let all = Repertoire::of(others.iter().chain([&first]));
        let newest = score("b", "1.10.0", &["c 1.0.0", "a"]);
        let more = Repertoire::of(others.iter().chain([&first, &newest]));
        all.supply(&mut first, "a").unwrap();
        assert_eq!(companions(&first), ["b 1.10.0-beta"]);
        more.supply(&mut first, "a").unwrap();
        assert_eq!(companions(&first), ["b 1.10.0", "c 1.0.0", "a 1.0.0"]);
    }

    #[test]
    fn a_missing_score_is_reported_with_its_position() {
        let mut first = score("a", "1.0.0", &["b 2.0.0"]);
        let other = score("b", "1.0.0", &[]);
        let error = Repertoire::of([&other]).supply(&mut first, "a.json");
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("a.json:1:"), "{error}");
        assert!(error.contains("no score named `t/b 2.0.0`"), "{error}");
        assert!(error.contains("available: t/b 1.0.0"), "{error}");
    }
}
