//! `fermata export` and `fermata replay`: histories compared with scores.

use serde_json::{Value, json};

use crate::harness::{Room, score};

const STEPS: &str = r#"  - first: { call: play, with: { instrument: a, pattern: "c4" } }
  - second: { set: { n: 1 } }
  - third: { wait: { milliseconds: 20 } }
  - fourth: { call: play, with: { instrument: b, pattern: "e4" } }
"#;

/// A room with a performance of [`STEPS`] and its exported history.
fn performed() -> (Room, usize) {
    let room = Room::new();
    room.write("steps.yaml", &score("steps", 400, STEPS));
    room.succeed("play steps.yaml --clock virtual --store s.redb");
    let exported = room.succeed("export steps-1 --store s.redb");
    room.write("history.json", &exported);
    let events = room.history("s.redb", "steps-1").len();
    (room, events)
}

#[test]
fn an_exported_history_is_complete() {
    let (room, _) = performed();
    let exported: Value = serde_json::from_slice(&room.read("history.json")).unwrap();
    assert_eq!(exported["instance"], "steps-1");
    let events = exported["events"].as_array().unwrap();
    assert_eq!(*events, room.history("s.redb", "steps-1"));
    assert_eq!(events[0]["type"], "ExecutionStarted");
}

#[test]
fn a_history_matches_its_own_score() {
    let (room, events) = performed();
    let agree = format!("{events} events match\n");
    assert_eq!(room.succeed("replay history.json"), agree);
    assert_eq!(room.succeed("replay history.json steps.yaml"), agree);
}

#[test]
fn the_first_difference_between_score_and_history_is_reported() {
    let (room, _) = performed();
    let history = room.history("s.redb", "steps-1");
    let is_wait = |event: &&Value| event["type"] == "TimerCreated";
    let wait = history.iter().find(is_wait).unwrap()["eventId"].clone();
    let changed = STEPS.replace(
        "third: { wait: { milliseconds: 20 } }",
        "third: { call: play, with: { instrument: b, pattern: \"g4\" } }",
    );
    room.write("changed.yaml", &score("steps", 400, &changed));
    let outcome = room.run("replay history.json changed.yaml");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert_eq!(outcome.out, "");
    let place = format!("instance \"steps-1\" does not match its history at event {wait}:");
    assert!(outcome.err.contains(&place), "{outcome:#?}");
    assert!(
        outcome
            .err
            .contains("the code now requests the activity \"play\""),
        "{outcome:#?}"
    );
}

#[test]
fn a_file_that_is_not_a_history_is_refused_with_a_reason() {
    let (room, _) = performed();
    room.write("list.json", "[1, 2]");
    room.write("broken.json", "{\"format\": ");
    room.write(
        "other.json",
        r#"{ "format": "fermata-history/1", "instance": "i", "events": [{ "eventId": 0, "timestamp": "2000-01-01T00:00:00Z", "type": "ExecutionStarted", "name": "w", "input": 7, "version": null, "run": 1, "seed": 1, "parent": null, "fork": null, "tags": {} }] }"#,
    );
    for (file, reason) in [
        ("absent.json", "absent.json cannot be read"),
        ("list.json", "list.json: this is not an exported history"),
        (
            "broken.json",
            "broken.json: this is not an exported history",
        ),
        ("steps.yaml", "steps.yaml: this is not an exported history"),
        ("other.json", "\"i\" was not started with a score"),
    ] {
        let outcome = room.run(&format!("replay {file}"));
        assert_eq!(outcome.code, Some(1), "{file}: {outcome:#?}");
        assert_eq!(outcome.out, "", "{file}");
        assert!(outcome.err.contains(reason), "{file}: {outcome:#?}");
    }
    let unknown = room.run("export nobody --store s.redb");
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("there is no instance"), "{unknown:#?}");
}

#[test]
fn a_messagepack_history_is_replayed_like_json() {
    let (room, events) = performed();
    let mut export = room.command("export steps-1 --store s.redb --format msgpack");
    let exported = export.output().unwrap();
    assert!(exported.status.success());
    assert!(exported.stdout.len() < room.read("history.json").len());
    // What it is called says nothing.
    std::fs::write(room.path("history.json"), &exported.stdout).unwrap();
    let agree = format!("{events} events match\n");
    assert_eq!(room.succeed("replay history.json"), agree);
    assert_eq!(room.succeed("replay history.json steps.yaml"), agree);
    let half = &exported.stdout[..exported.stdout.len() / 2];
    std::fs::write(room.path("half.bin"), half).unwrap();
    let outcome = room.run("replay half.bin");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(
        outcome.err.contains("the data ends too early"),
        "{outcome:#?}"
    );
}

#[test]
fn a_changed_history_does_not_match() {
    let room = Room::new();
    let sum = "  - n: { set: { total: 3 } }\n";
    room.write("sum.yaml", &score("sum", 400, sum));
    room.succeed("play sum.yaml --clock virtual --store s.redb");
    let exported = room.succeed("export sum-1 --store s.redb");
    let history: Value = serde_json::from_str(&exported).unwrap();
    let refused = |change: &dyn Fn(&mut Vec<Value>), why: &str| {
        let mut changed = history.clone();
        change(changed["events"].as_array_mut().unwrap());
        room.write("changed.json", &changed.to_string());
        let outcome = room.run("replay changed.json");
        assert_eq!(outcome.code, Some(1), "{outcome:#?}");
        assert_eq!(outcome.out, "");
        assert!(outcome.err.contains(why), "{outcome:#?}");
    };
    refused(
        &|events| events.last_mut().unwrap()["output"] = json!({ "total": 4000 }),
        "the history has completion with {\"total\":4000}",
    );
    refused(
        &|events| {
            let mut more = events.last().unwrap().clone();
            more["eventId"] = json!(events.len());
            events.push(more);
        },
        "which is not possible at this point: the history ended with event",
    );
    refused(
        &|events| events.last_mut().unwrap()["mood"] = json!("good"),
        "its field \"mood\" is unknown",
    );
}
