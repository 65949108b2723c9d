//! `fermata doctor`: on a machine without sound, ports and display, it reports that and fails.
#![cfg(target_os = "linux")]

use std::process::Command;

use serde_json::Value;

use crate::harness::{Outcome, Room};

/// A machine on which nothing can be heard or seen.
fn nowhere(room: &Room, args: &str) -> Outcome {
    let mut command: Command = room.command(args);
    command
        .env("ALSA_CONFIG_PATH", "/dev/null")
        .env("JACK_DEFAULT_SERVER", "fermata-nobody")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    Outcome::of(command)
}

#[test]
fn every_check_has_a_rating_a_figure_and_unless_good_a_remedy() {
    let room = Room::new();
    let outcome = nowhere(&room, "doctor --json --store not/yet/there.redb");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    let report: Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(report["fit"], false);
    let checks = report["checks"].as_array().unwrap();
    let verdict = |name: &str| {
        let check = checks.iter().find(|check| check["name"] == name);
        let check = check.unwrap_or_else(|| panic!("{name} is missing: {report:#}"));
        assert!(check["figure"].as_str().unwrap().len() > 3, "{check}");
        let verdict = check["verdict"].as_str().unwrap();
        assert_eq!(check["remedy"].is_null(), verdict == "good", "{check}");
        assert!(check["data"].is_object(), "{check}");
        verdict
    };
    for name in [
        "priority",
        "player",
        "commits",
        "steps",
        "free disk",
        "store",
    ] {
        assert!(["good", "usable", "bad"].contains(&verdict(name)));
    }
    assert_eq!(verdict("MIDI ports"), "usable");
    assert_eq!(verdict("audio device"), "bad");
    if cfg!(feature = "stage") {
        assert_eq!(verdict("graphics"), "bad");
        assert_eq!(verdict("fonts"), "good");
    }
    let player = checks.iter().find(|check| check["name"] == "player");
    assert!(player.unwrap()["data"]["p99_us"].is_u64());
    assert_eq!(room.files(), [""; 0], "nothing stays");
}

#[test]
fn the_text_has_a_line_per_check_and_a_summary() {
    let room = Room::new();
    let outcome = nowhere(&room, "doctor --store :memory:");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    let last = outcome.out.lines().last().unwrap();
    assert!(
        last.starts_with("Not ready for the stage: audio device"),
        "{last}"
    );
    assert!(
        outcome
            .out
            .contains("\nbad     audio device  No audio device was found")
    );
    assert_eq!(outcome.err, "");
}

#[test]
fn a_store_that_cannot_be_read_is_named() {
    let room = Room::new();
    room.write("broken.redb", "not a store");
    let outcome = nowhere(&room, "doctor --store broken.redb");
    let line = outcome.out.lines().find(|line| line.contains("  store  "));
    let is_bad = line.is_some_and(|line| line.starts_with("bad"));
    assert!(is_bad, "{outcome:#?}");
}

#[test]
#[cfg(feature = "stage")]
fn a_failure_of_the_window_in_the_last_week_is_named() {
    let room = Room::new();
    let report = "evening.redb.crash-2026-11-27T10-00-00Z.txt";
    room.write(report, "message: too wide\n");
    let named = |store: &str| nowhere(&room, &format!("doctor --store {store}")).out;
    assert!(named("evening.redb").contains(report));
    assert!(!named("other.redb").contains("had an error"));
}
