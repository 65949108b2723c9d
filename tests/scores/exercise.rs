//! Everything that processes untrusted input before it is performed.

use fermata::{
    conductor,
    engine::History,
    music::Key,
    score::{
        Document, Expression, Music, PhraseContext, Task, TaskKind, Variables, import, parse,
        pattern::{Pattern, Seed},
    },
};
use serde_json::{Value, json};

/// Parses a score; shows its errors, or evaluates its phrases.
pub fn document(text: &str) {
    match parse(text, "case.yaml") {
        Err(errors) => shown(&errors.to_string()),
        Ok(document) => document
            .tasks
            .iter()
            .for_each(|task| phrases(&document, task)),
    }
}

fn phrases(document: &Document, task: &Task) {
    match &task.kind {
        TaskKind::Play(play) => {
            for cycle in [0, 1, u64::MAX / 3] {
                let input = json!({ "a": [1, "c4", null] });
                let context = PhraseContext {
                    meters: document.meters,
                    at: fermata::music::Beat::ZERO,
                    tempo: document.tempo,
                    cycle,
                    seed: Seed::new(cycle),
                };
                let variables = Variables::new();
                let phrase = play
                    .instrument
                    .get(&input, &variables)
                    .and_then(|player| play.phrase(&context, &player, &input, &variables));
                if let (Ok(phrase), Music::Pattern(_)) = (phrase, &play.music) {
                    assert!(phrase.chords.len() <= 4096, "more chords than steps");
                }
            }
        }
        TaskKind::Do(tasks) => tasks.iter().for_each(|task| phrases(document, task)),
        TaskKind::Fork(fork) => fork
            .branches
            .iter()
            .for_each(|task| phrases(document, task)),
        _ => {}
    }
}

/// Checks that an error message is short, and does not quote half of the input.
fn shown(error: &str) {
    let begin: String = error.chars().take(400).collect();
    let size = error.len();
    assert!(
        (1..100_000).contains(&size),
        "{size} bytes of error: {begin}"
    );
}

/// Parses a pattern and queries some cycles.
pub fn pattern(text: &str) {
    let key = |word: &str| fermata::score::pitch::drum(word);
    match Pattern::<Key>::parse(text, key) {
        Err(error) => {
            shown(&error.to_string());
            assert!(error.at <= text.len(), "byte {} of {text:?}", error.at);
        }
        Ok(pattern) => {
            for cycle in [0, 1, 7, u64::MAX / 3] {
                pattern.cycle(cycle, Seed::new(7));
            }
        }
    }
}

/// Compiles an expression and evaluates it.
pub fn expression(text: &str) {
    match Expression::compile(text, &["x".to_owned()]) {
        Err(error) => shown(&error.to_string()),
        Ok(expression) => {
            let variables = Variables::new().with("x", json!([1, { "a": "b" }]));
            for input in [
                Value::Null,
                json!({ "a": [1, 2, { "b": "text" }] }),
                json!([0.5, "x"]),
            ] {
                if let Err(error) = expression.evaluate(&input, &variables) {
                    shown(&error.to_string());
                }
            }
        }
    }
}

/// Imports a file; the result must be a valid score.
pub fn import(bytes: &[u8]) {
    match import::import(bytes, "case.mid") {
        Err(error) => shown(&error.to_string()),
        Ok(imported) => {
            if let Err(errors) = parse(&imported.score, "case.yaml") {
                panic!("{errors}\n{}", imported.score);
            }
        }
    }
}

/// Reads a history and replays it.
pub fn history(text: &str) {
    match History::from_json(text) {
        Err(error) => shown(&error.to_string()),
        Ok(history) => {
            if let Err(error) = conductor::replay(history, None) {
                shown(&error.to_string());
            }
        }
    }
}
