//! `fermata check`: validates scores, set lists and listening scores without playing them.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{
    CliError, scores,
    secrets::{SecretsArgs, warn_of_missing},
    terminal::{message, print, print_json, raw_message},
};
use crate::{
    app::read_own_patches,
    conductor::setlist::{PieceScore, Setlist, is_setlist, is_setlist_file},
    music::Bank,
    score::{self, Document, ScoreError, ScoreErrors, listening::ListeningScore},
    view::{escape::escape, wrong_keys},
};

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Scores: YAML, JSON or MIDI files, set lists with all their scores, and listening scores; `-` reads
    /// one from standard input
    #[arg(required = true, value_name = "SCORE")]
    scores: Vec<PathBuf>,
    /// Fail on warnings, too
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,
    #[command(flatten)]
    secrets: SecretsArgs,
    /// How the results are printed
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
}

/// What is as bad as an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Warnings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// Text for people
    #[default]
    Text,
    /// One JSON object for each error and warning
    Json,
}

pub(super) fn run(args: &CheckArgs) -> Result<ExitCode, CliError> {
    let bank = Bank::new();
    read_own_patches(&bank, |error| message(&error));
    let secrets = args.secrets.open()?;
    let mut code = ExitCode::SUCCESS;
    for (path, mut score) in read(&args.scores, &bank)? {
        if let Ok(Checked::Score(document)) = &mut score {
            warn_of_missing(document, &path.display().to_string(), &secrets);
        }
        let is_fine = match &score {
            Ok(Checked::Setlist(_) | Checked::Listening(_)) => true,
            Ok(Checked::Score(document)) => {
                document.warnings.is_empty() || args.deny != Some(Deny::Warnings)
            }
            Err(_) => false,
        };
        if !is_fine {
            code = ExitCode::FAILURE;
        }
        match args.output {
            Format::Text => print_text(&path, &score)?,
            Format::Json => print_lines(&path, &score)?,
        }
    }
    Ok(code)
}

/// A file without errors.
enum Checked {
    Score(Box<Document>),
    Setlist(Setlist),
    Listening(ListeningScore),
}

type CheckedFile = (PathBuf, Result<Checked, ScoreErrors>);

fn read(paths: &[PathBuf], bank: &Bank) -> Result<Vec<CheckedFile>, CliError> {
    let is_input = |path: &PathBuf| path == Path::new("-");
    let files = paths.iter().filter(|path| !is_input(path)).cloned();
    let (lists, mut files): (Vec<_>, Vec<_>) = files.partition(|path| is_setlist_file(path));
    let (listening, rest): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|path| ListeningScore::is_file(path));
    files = rest;
    let mut checked = Vec::new();
    for path in listening {
        let read = ListeningScore::load(&path, bank);
        checked.push((path, read.map(Checked::Listening)));
    }
    for path in lists {
        let list = Setlist::load(&path, wrong_keys);
        add_scores(&list, &mut files);
        checked.push((path, list.map(Checked::Setlist)));
    }
    let mut input = None;
    if paths.iter().any(is_input) {
        let mut text = String::new();
        let path = PathBuf::from("-");
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|source| CliError::Unreadable {
                path: path.clone(),
                source,
            })?;
        if is_setlist(&text) {
            let list = Setlist::parse(&text, &path, wrong_keys);
            add_scores(&list, &mut files);
            input = Some((path, list.map(Checked::Setlist)));
        } else if ListeningScore::is_one(&text) {
            let read = ListeningScore::parse(&text, "-");
            input = Some((path, read.map(Checked::Listening)));
        } else {
            let score = score::parse(&text, "-");
            input = Some((path, score.map(|score| Checked::Score(Box::new(score)))));
        }
    }
    let read = scores::read(&files, bank).into_iter();
    let read = read.map(|score| score.map(|score| Checked::Score(Box::new(score))));
    checked.extend(files.into_iter().zip(read));
    checked.extend(input);
    Ok(checked)
}

/// Adds the scores of a set list to the files that are checked. Bundled scores have no errors.
fn add_scores(list: &Result<Setlist, ScoreErrors>, files: &mut Vec<PathBuf>) {
    for piece in list.iter().flat_map(|list| &list.pieces) {
        match &piece.score {
            PieceScore::File(path) if !files.contains(path) => files.push(path.clone()),
            PieceScore::File(_) | PieceScore::Bundled(_) => {}
        }
    }
}

fn print_text(path: &Path, score: &Result<Checked, ScoreErrors>) -> Result<(), CliError> {
    match score {
        Ok(Checked::Setlist(list)) => {
            let pieces = list.pieces.len();
            let word = if pieces == 1 { "piece" } else { "pieces" };
            let file = path.display();
            print(&format!("{file}: ok ({}, {pieces} {word})", list.title))
        }
        Ok(Checked::Listening(read)) => {
            let rules = read.rules.len();
            let word = if rules == 1 { "rule" } else { "rules" };
            let file = path.display();
            print(&format!("{file}: ok (a listening score, {rules} {word})"))
        }
        Ok(Checked::Score(document)) => {
            for warning in &document.warnings {
                raw_message(&format!("{}\n", escape(&warning.to_warning())));
            }
            print(&format!("{}: ok ({})", path.display(), document.title))
        }
        Err(errors) => {
            raw_message(&format!("{}\n", escape(&errors.to_string())));
            Ok(())
        }
    }
}

/// A line of JSON for each error and warning, and none for a score without.
fn print_lines(path: &Path, score: &Result<Checked, ScoreErrors>) -> Result<(), CliError> {
    let line = |severity: &str, error: &ScoreError| {
        json!({
            "file": path.display().to_string(),
            "line": error.place.line,
            "column": error.place.column,
            "severity": severity,
            "message": error.problem.to_string(),
        })
    };
    let lines: Vec<Value> = match score {
        Ok(Checked::Setlist(_) | Checked::Listening(_)) => Vec::new(),
        Ok(Checked::Score(document)) => document
            .warnings
            .iter()
            .map(|warning| line("warning", warning))
            .collect(),
        Err(ScoreErrors::Wrong(errors)) => {
            errors.iter().map(|error| line("error", error)).collect()
        }
        Err(unreadable) => vec![json!({
            "file": path.display().to_string(),
            "severity": "error",
            "message": unreadable.to_string(),
        })],
    };
    lines
        .iter()
        .try_for_each(|line| print_json(&line.to_string()))
}
