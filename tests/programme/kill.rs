//! The Finale is killed again and again while it plays in real time, and goes on.

use std::{
    collections::BTreeMap,
    fs::File,
    path::Path,
    process::{Child, Stdio},
    thread::sleep,
    time::Duration,
};

use serde_json::Value;

use crate::{
    common::seed::{seed_of, split_mix},
    performance::{Performance, Sound, program},
    score,
};

const KILLS: u32 = 20;

/// Starts or continues the Finale.
fn play(folder: &Path, begins: bool) -> Child {
    let mut program = program();
    program.args(["play", "--store"]);
    program.arg(folder.join("store.redb"));
    match begins {
        true => program.arg(score("finale")),
        false => program.arg("--resume"),
    };
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .unwrap();
    program
        .stdout(Stdio::null())
        .stderr(Stdio::from(log))
        .spawn()
        .unwrap()
}

/// What each `play` of a history was asked to play, without beats, and how often.
fn plays(history: &[Value]) -> BTreeMap<String, u32> {
    let mut plays = BTreeMap::new();
    let scheduled = history
        .iter()
        .filter(|event| event["type"] == "TaskScheduled" && event["name"] == "play");
    for event in scheduled {
        let input = &event["input"];
        let note = format!(
            "{} {} {}",
            input["task"], input["instrument"], input["keys"]
        );
        *plays.entry(note).or_default() += 1;
    }
    plays
}

/// Every event has its number, and every note that was asked for was played once.
fn is_unbroken(history: &[Value]) {
    for (number, event) in history.iter().enumerate() {
        assert_eq!(event["eventId"], number, "{event}");
    }
    let of = |kind: &str| {
        let events = history.iter().filter(|event| event["type"] == kind);
        let mut numbers: Vec<u64> = events
            .filter_map(|event| event["taskScheduledId"].as_u64())
            .collect();
        numbers.sort_unstable();
        numbers
    };
    let completed = of("TaskCompleted");
    let mut once = completed.clone();
    once.dedup();
    assert_eq!(once, completed, "a task was completed twice");
}

#[test]
fn the_finale_is_killed_twenty_times_and_every_note_is_in_its_history_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut chance = seed_of(7);
    for kill in 0..KILLS {
        let mut playing = play(folder.path(), kill == 0);
        // The first second is for the program to start.
        sleep(Duration::from_millis(
            1_500 + split_mix(&mut chance) % 4_000,
        ));
        playing.kill().unwrap();
        playing.wait().unwrap();
    }
    let status = play(folder.path(), false).wait().unwrap();
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(status.success(), "{log}");
    let killed = Performance::left_in(folder);
    let untouched = Performance::of("finale", Sound::NotRendered);
    assert_eq!(killed.instances().len(), untouched.instances().len());
    for (one, other) in killed.instances().iter().zip(untouched.instances()) {
        let history = killed.history(one);
        is_unbroken(&history);
        assert_eq!(plays(&history), plays(&untouched.history(&other)), "{one}");
    }
}
