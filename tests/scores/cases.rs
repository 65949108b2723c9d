//! A fixed number of mutated cases of each kind.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use fermata::score::source::Node;
use serde_json::Value;

use crate::{
    dice::Dice,
    exercise,
    ledger::{Taken, measured},
    mutate, seed, tokens,
};

/// The scores that are mutated.
const SCORES: [&str; 7] = [
    include_str!("../../scores/studies/arpeggio.yaml"),
    include_str!("../../scores/studies/four-voices.yaml"),
    include_str!("../../scores/studies/rounds.yaml"),
    include_str!("../../scores/studies/answer.yaml"),
    include_str!("../../scores/studies/missed-strokes.yaml"),
    include_str!("../../scores/studies/loose-cable.yaml"),
    include_str!("all-words.yaml"),
];
const LIST: &str = r#"{"Title": "x", "Bpm": 120, "Repeats": 2, "Notes": [
    {"NoteName": "C4", "NoteLength": "1/8.", "Interval": "1/4"},
    {"NoteName": "F#2", "NoteLength": "1", "Interval": "3/16"}]}"#;

/// The peak memory that a case may use.
const MAX_MEMORY: i64 = 256 << 20;
/// The most work of a case, in allocated bytes.
const MAX_WORK: u64 = 8 << 30;

/// Runs numbered cases. A failure names the number and shows the case.
fn run<T: std::fmt::Debug>(
    kind: &str,
    usual: u32,
    make: impl Fn(&mut Dice) -> T,
    exercise: impl Fn(&T),
) {
    let only = std::env::var("FERMATA_CASE").ok();
    let only: Option<u64> = only.and_then(|text| text.parse().ok());
    let mut hardest = Taken { most: 0, asked: 0 };
    let under_way = Arc::new(AtomicU64::new(0));
    watch(kind.to_owned(), &under_way);
    for number in 0..u64::from(seed::count(usual)) {
        under_way.store(number, Relaxed);
        if only.is_some_and(|only| only != number) {
            continue;
        }
        let case = make(&mut Dice::new(seed::seed_of(number)));
        let attempt = || measured(|| exercise(&case));
        let shown = || format!("{case:?}").chars().take(3000).collect::<String>();
        match catch_unwind(AssertUnwindSafe(attempt)) {
            Err(_) => panic!(
                "{kind} {number} (FERMATA_CASE={number} FERMATA_TEST_SEED={}) panicked: {}",
                seed::seed(),
                shown()
            ),
            Ok(((), taken)) => {
                let within = taken.most <= MAX_MEMORY && taken.asked <= MAX_WORK;
                assert!(within, "{kind} {number} took {taken:?}: {}", shown());
                hardest.most = hardest.most.max(taken.most);
                hardest.asked = hardest.asked.max(taken.asked);
            }
        }
    }
    println!("{kind}: at most {hardest:?}");
}

/// Reports a case that does not end; the bound of work only catches those that do.
fn watch(kind: String, under_way: &Arc<AtomicU64>) {
    let under_way = Arc::downgrade(under_way);
    thread::spawn(move || {
        let mut before = (u64::MAX, 0);
        while let Some(number) = under_way.upgrade().map(|number| number.load(Relaxed)) {
            before = if before.0 == number {
                (number, before.1 + 1)
            } else {
                (number, 0)
            };
            if before.1 > 150 {
                eprintln!("{kind} {number} (FERMATA_CASE={number}) does not come to its end");
                std::process::abort();
            }
            thread::sleep(Duration::from_secs(1));
        }
    });
}

#[test]
fn mutated_scores_are_read_or_refused() {
    let values: Vec<Value> = SCORES
        .iter()
        .chain([&LIST])
        .map(|text| Node::parse(text).expect("a score").to_json())
        .collect();
    let make = |dice: &mut Dice| match dice.below(3) {
        0 => mutate::text(dice.pick(&SCORES), dice),
        _ => {
            let index = dice.below(values.len());
            mutate::structure(&values[index], dice)
        }
    };
    run("score", 1500, make, |text| exercise::document(text));
}

#[test]
fn random_patterns_are_parsed_or_refused() {
    run("pattern", 5000, tokens::pattern, |text| {
        exercise::pattern(text)
    });
}

#[test]
fn random_expressions_are_compiled_or_refused() {
    run("expression", 1000, tokens::expression, |text| {
        exercise::expression(text)
    });
}

#[test]
fn mutated_midi_files_are_imported_or_refused() {
    let make = |dice: &mut Dice| mutate::bytes(include_bytes!("small.mid"), dice);
    run("MIDI file", 2000, make, |bytes| exercise::import(bytes));
}

#[test]
fn mutated_histories_are_replayed_or_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let fermata = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fermata"));
        let output = command.args(args).current_dir(folder.path()).output();
        String::from_utf8(output.expect("it runs").stdout).expect("text")
    };
    std::fs::write(folder.path().join("s.yaml"), include_str!("short.yaml")).expect("written");
    fermata(&["play", "s.yaml", "--clock", "virtual", "--store", "s.redb"]);
    let history: Value =
        serde_json::from_str(&fermata(&["export", "short-1", "--store", "s.redb"])).expect("JSON");
    let text = history.to_string();
    exercise::history(&text);
    let make = |dice: &mut Dice| match dice.below(3) {
        0 => mutate::text(&text, dice),
        _ => mutate::structure(&history, dice),
    };
    run("history", 500, make, |text| exercise::history(text));
}
