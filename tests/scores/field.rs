//! Scores as people write them: each file in `field` says what happens to the score beside it.
//!
//! | member | meaning |
//! |---|---|
//! | `check` | what `fermata check` does: `accepted`, `refused`, or `tells` an error or a warning |
//! | `message`, `line` | a pattern of the message (with `!` before it: no such message), and its line |
//! | `input`, `args`, `seconds` | how it is played in virtual time, and how long that may take |
//! | `expect`, or `any` in it | status, output, number of results, or members of the error |

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use fancy_regex::Regex;
use serde_json::{Value, json};

fn fermata(arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().unwrap();
    Command::new(env!("CARGO_BIN_EXE_fermata"))
        .args(arguments)
        .env("XDG_DATA_HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .output()
        .unwrap()
}

/// Why the check of a score is not as wanted.
fn check(score: &Path, case: &Value, kind: &str) -> Result<(), String> {
    let output = fermata(&["check", "-o", "json", score.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    let found: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let has_errors = found.iter().any(|one| one["severity"] == "error");
    let wanted = match kind {
        "accepted" => !has_errors,
        "refused" => has_errors,
        _ => !found.is_empty(),
    };
    if !wanted || output.status.success() == has_errors {
        return Err(format!("{kind} is not what check says: {text}"));
    }
    let Some(pattern) = case["message"].as_str() else {
        return Ok(());
    };
    let (pattern, is_wanted) = match pattern.strip_prefix('!') {
        Some(pattern) => (pattern, false),
        None => (pattern, true),
    };
    let pattern = Regex::new(pattern).unwrap();
    let fits = |one: &&Value| {
        let line = case.get("line").is_none_or(|line| *line == one["line"]);
        line && (pattern.as_str() == ":"
            || pattern.is_match(one["message"].as_str().unwrap()).unwrap())
    };
    match found.iter().find(fits).is_some() == is_wanted {
        true => Ok(()),
        false => Err(format!("no such message: {text}")),
    }
}

/// Why the results of a score are not as wanted.
fn play(score: &Path, case: &Value) -> Result<(), String> {
    let input = case.get("input").cloned().unwrap_or(json!({})).to_string();
    let mut arguments = vec![
        "play",
        score.to_str().unwrap(),
        "--store",
        ":memory:",
        "--clock",
        "virtual",
        "-o",
        "json",
        "--input",
        &input,
    ];
    let more = case["args"].as_array().cloned().unwrap_or_default();
    arguments.extend(more.iter().map(|argument| argument.as_str().unwrap()));
    let output = fermata(&arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let expect = &case["expect"];
    let alternatives = expect["any"]
        .as_array()
        .cloned()
        .unwrap_or(vec![expect.clone()]);
    let fits = |expect: &Value| {
        if expect["ends"] == true {
            let message = Regex::new(expect["message"].as_str().unwrap()).unwrap();
            return message.is_match(&errors).unwrap() && output.status.code() == Some(3);
        }
        let Some(last) = rows.last() else {
            return false;
        };
        let details = &last["failure"]["details"];
        let members = expect["error"].as_object().cloned().unwrap_or_default();
        let names = expect["has"].as_array().cloned().unwrap_or_default();
        last["status"] == expect["status"]
            && expect.get("rows").is_none_or(|count| *count == rows.len())
            && expect
                .get("output")
                .is_none_or(|output| *output == last["output"])
            && names
                .iter()
                .all(|name| last["output"].get(name.as_str().unwrap()).is_some())
            && members.iter().all(|(name, value)| details[name] == *value)
    };
    match alternatives.iter().any(fits) {
        true => Ok(()),
        false => Err(format!("{text}{errors}")),
    }
}

#[test]
fn scores_of_the_field_do_what_their_authors_mean() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scores/field"));
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    assert!(files.len() >= 30, "the cases are there");
    let mut wrong = Vec::new();
    for file in files {
        let case: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let score = file.with_extension("yaml");
        let done = match case["check"].as_str() {
            Some(kind) => check(&score, &case, kind),
            None => play(&score, &case),
        };
        if let Err(why) = done {
            wrong.push(format!("{}: {why}", score.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
