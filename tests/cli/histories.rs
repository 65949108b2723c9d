//! Exported histories of other engines: every event is shown, nothing private is, and they can be heard.

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::Value;

use crate::harness::{Outcome, Room};

/// The histories, with the words for their engines.
pub const FILES: [(&str, &str); 8] = [
    ("dapr-order-9", "Dapr"),
    ("durabletask-stopped-1", "Durable Task"),
    ("durabletask-tour-7", "Durable Task"),
    ("temporal-late-1", "Temporal"),
    ("temporal-pulse-1-paused", "Temporal"),
    ("temporal-rehearsal-1", "Temporal"),
    ("temporal-saga-1", "Temporal"),
    ("temporal-vamp-1-last-run", "Temporal"),
];

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/histories")
}

fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).unwrap()
}

/// A room with copies of the histories.
fn room() -> Room {
    let room = Room::new();
    for (name, _) in FILES {
        room.write(&format!("{name}.json"), &text(&format!("{name}.json")));
    }
    room
}

/// The events of a file, as its engine wrote them.
fn recorded(name: &str) -> Vec<Value> {
    let content: Value = serde_json::from_str(&text(&format!("{name}.json"))).unwrap();
    content["events"].as_array().unwrap().clone()
}

fn shown(room: &Room, arguments: &str) -> Vec<Value> {
    let out = room.succeed(&format!("history {arguments} -o json"));
    serde_json::from_str(&out).unwrap()
}

#[test]
fn the_json_of_a_history_has_every_event_of_its_file() {
    let room = room();
    for (name, _) in FILES {
        let events = shown(&room, &format!("{name}.json --private"));
        let origins: Vec<_> = events.iter().map(|event| &event["origin"]).collect();
        for recorded in recorded(name) {
            assert!(origins.contains(&&recorded), "{name}: {recorded:#}");
        }
        let ids = events
            .iter()
            .map(|event| event["eventId"].as_u64().unwrap());
        assert!(ids.eq(0..events.len() as u64), "{name}");
        let times: Vec<_> = events
            .iter()
            .map(|event| event["timestamp"].as_str())
            .collect();
        assert!(times.is_sorted(), "{name}");
    }
}

#[test]
fn the_table_of_a_history_has_every_event_of_its_file_by_its_number() {
    let room = room();
    for (name, engine) in FILES {
        let table = room.succeed(&format!("history {name}.json"));
        let lines: Vec<_> = table.lines().collect();
        let (last, rows) = lines.split_last().unwrap();
        assert!(rows[0].starts_with(&engine.to_uppercase()), "{}", rows[0]);
        let numbers: BTreeSet<usize> = rows[1..]
            .iter()
            .map(|row| row.split_whitespace().next().unwrap().parse().unwrap())
            .collect();
        let count = recorded(name).len();
        assert!(numbers.into_iter().eq(1..=count), "{name}: {table}");
        let shown = rows.len() - 1;
        assert_eq!(
            *last,
            format!("{count} events of {engine}, shown as {shown}")
        );
    }
}

#[test]
fn users_hosts_and_stack_traces_are_shown_only_on_request() {
    let room = room();
    for (name, private) in [
        ("temporal-rehearsal-1", "band@hall"),
        ("temporal-saga-1", "(left out)"),
        ("durabletask-tour-7", "(left out)"),
    ] {
        for output in ["", "-o json"] {
            let hidden = room.succeed(&format!("history {name}.json {output}"));
            assert!(!hidden.contains(private), "{name}");
        }
        let shown = room.succeed(&format!("history {name}.json --private -o json"));
        assert!(shown.contains(private), "{name}");
    }
}

#[test]
fn the_json_of_a_history_is_the_same_as_ever() {
    let room = room();
    for name in ["temporal-rehearsal-1", "durabletask-tour-7", "dapr-order-9"] {
        let now = room.succeed(&format!("history {name}.json -o json"));
        let golden = format!("golden/{name}.json");
        if std::env::var_os("FERMATA_WRITE_GOLDEN").is_some() {
            std::fs::write(folder().join(&golden), &now).unwrap();
        }
        assert!(
            now == text(&golden),
            "{name}: `FERMATA_WRITE_GOLDEN=1` writes it anew"
        );
    }
}

#[test]
fn every_history_can_be_heard() {
    let room = room();
    // The synth takes longer than a file of notes: one of each engine.
    let waves = ["dapr-order-9", "durabletask-tour-7", "temporal-saga-1"];
    let waves = waves.map(|name| (name, "wav"));
    for (name, ending) in FILES
        .map(|(name, _)| (name, "mid"))
        .into_iter()
        .chain(waves)
    {
        let out = room.succeed(&format!("render {name}.json -o {name}.{ending}"));
        let notes = out.split(" with ").nth(1).unwrap();
        let notes: usize = notes.split(' ').next().unwrap().parse().unwrap();
        assert!(notes > 0, "{name}: {out}");
        assert!(room.read(&format!("{name}.{ending}")).len() > 100, "{name}");
    }
}

#[test]
fn a_history_of_another_engine_is_not_replayed() {
    let room = room();
    for (name, engine) in FILES {
        let Outcome { code, err, .. } = room.run(&format!("replay {name}.json"));
        assert_ne!(code, Some(0));
        let sentence = format!(
            "{name}.json is a history of {engine}: only that engine has the code to check it against"
        );
        assert!(err.contains(&sentence), "{err}");
    }
}

#[test]
fn a_history_is_never_in_the_store() {
    let room = room();
    room.succeed("history temporal-saga-1.json");
    room.succeed("render temporal-saga-1.json -o saga.mid");
    assert!(
        !room.files().iter().any(|name| name == "data"),
        "{:?}",
        room.files()
    );
}

#[test]
fn a_damaged_file_is_named_with_the_place_and_what_was_expected() {
    let room = room();
    let whole = text("temporal-saga-1.json");
    let cut = &whole[..whole.len() / 2];
    let wrong = |from: &str, to: &str| whole.replacen(from, to, 1);
    for (content, expected) in [
        (cut.to_owned(), "line "),
        (String::new(), ""),
        ("{}".to_owned(), "expected an object with \"events\""),
        ("[]".to_owned(), "expected an object with \"events\""),
        (
            wrong("\"eventId\": \"5\"", "\"eventId\": \"five\""),
            "event 5 of this Temporal history",
        ),
        (wrong("\"20s\"", "20"), "startToCloseTimeout"),
        (
            wrong("2026-11-25T22", "yesterday"),
            "event 1 of this Temporal history cannot be read: eventTime: ",
        ),
        (
            wrong("EVENT_TYPE_WORKFLOW_EXECUTION_STARTED", "TimerFired"),
            "WorkflowExecutionStarted",
        ),
    ] {
        room.write("bad.json", &content);
        for command in [
            "history bad.json",
            "render bad.json -o bad.mid",
            "replay bad.json",
        ] {
            let Outcome { code, out, err } = room.run(command);
            assert!(code.is_some_and(|code| code != 0), "{command}: {out}{err}");
            assert!(
                err.contains("bad.json") && err.contains(expected),
                "{command}: {err}"
            );
            assert_eq!(err.trim().lines().count(), 1, "{command}: {err}");
        }
    }
}
