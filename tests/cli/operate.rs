//! Operator commands on a store that no program has open.
#![cfg(unix)]

use serde_json::Value;

use crate::harness::{Room, eventually, is_filled, score};

/// A room with a store: `ask` waits for an event, `one` has ended.
fn room() -> Room {
    let room = Room::new();
    let note = "  - note: { call: play, with: { instrument: a, pattern: \"c4 e4\" } }\n";
    room.write("one.yaml", &score("one", 400, note));
    let ask = "  - ask: { listen: { to: { one: { with: { type: answer } } } } }\n";
    room.write("ask.yaml", &score("ask", 400, &format!("{ask}{note}")));
    room.succeed("play one.yaml --clock virtual --store s.redb --id one");
    let mut run = room.start("play ask.yaml --store s.redb --id ask --tasks tasks.jsonl");
    eventually("it waits", || is_filled(&room.path("tasks.jsonl")));
    run.kill().unwrap();
    run.wait().unwrap();
    room
}

fn status(room: &Room, id: &str) -> String {
    let found = room.succeed(&format!(
        "search --id-prefix {id} --latest --store s.redb -o json"
    ));
    let found: Vec<Value> = serde_json::from_str(&found).unwrap();
    let found = found.iter().find(|instance| instance["id"] == id);
    found.map_or_else(String::new, |found| {
        found["status"].as_str().unwrap().to_owned()
    })
}

#[test]
fn an_instance_is_paused_resumed_and_terminated_without_playing() {
    let room = room();
    let run = |args: &str| room.succeed(&format!("{args} --store s.redb"));
    assert_eq!(run("pause ask"), "ask: paused\n");
    assert_eq!(status(&room, "ask"), "Suspended");
    assert_eq!(run("resume ask --reason interval"), "ask: resumed\n");
    assert_eq!(status(&room, "ask"), "Running");
    assert!(run("history ask").contains("reason=interval"));
    assert_eq!(run("terminate ask"), "ask: terminated\n");
    assert_eq!(status(&room, "ask"), "Terminated");
    let again = room.run("terminate ask --store s.redb");
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("already ended"), "{again:?}");
}

#[test]
fn an_event_raised_while_nothing_runs_arrives_on_resume() {
    let room = room();
    let run = |args: &str| room.succeed(&format!("{args} --store s.redb"));
    assert_eq!(
        run("raise ask answer --data {\"a\":1}"),
        "ask: raised answer\n"
    );
    let out = run("play --resume --clock virtual");
    assert!(out.starts_with("ask: Completed"), "{out}");
}

#[test]
fn a_canceled_instance_ends() {
    let room = room();
    room.succeed("cancel ask --store s.redb");
    assert_eq!(status(&room, "ask"), "Canceled");
}

#[test]
fn a_closed_instance_is_forked_restarted_and_purged() {
    let room = room();
    let run = |args: &str| room.succeed(&format!("{args} --store s.redb"));
    let out = run("rerun one --from 4 --id fork");
    assert!(out.starts_with("one: created fork"), "{out}");
    assert!(run("list").contains("fork of one from event 4"));
    let out = run("restart one");
    assert!(out.starts_with("one: created one"), "{out}");
    let out = run("play --resume=fork --resume=one --clock virtual");
    assert_eq!(out.matches("Completed").count(), 2, "{out}");

    // The first run is still there.
    let first = run("history one --run 1 -o json");
    let second = run("history one --run 2 -o json");
    assert_ne!(first, second);
    let missing = room.run("history one --run 3 --store s.redb");
    assert!(
        missing.err.contains("has no run 3: it has 1, 2"),
        "{missing:?}"
    );

    let open = room.run("purge ask nobody --store s.redb");
    assert_eq!(open.code, Some(1));
    assert!(open.err.contains("still open"), "{open:?}");
    assert!(open.err.contains("no instance \"nobody\""), "{open:?}");
    assert_eq!(run("purge one"), "one: purged, 2 runs\n");
    assert_eq!(status(&room, "one"), "");
    assert_eq!(
        run("purge --closed-before 2099-01-01T00:00:00Z"),
        "purged 1 runs\n"
    );
    assert_eq!(run("list").lines().count(), 2, "only `ask` is left");
    assert!(run("compact").contains("s.redb: "));
    assert_eq!(run("verify ask"), "ask: no damage\n");
    room.succeed("verify --store s.redb");
}

#[test]
fn instances_are_selected_by_workflow_status_and_age() {
    let room = room();
    let run = |args: &str| room.succeed(&format!("{args} --store s.redb"));
    assert_eq!(run("pause --workflow ask"), "ask: paused\n");
    assert_eq!(status(&room, "ask"), "Suspended");
    assert_eq!(run("resume --status suspended"), "ask: resumed\n");
    assert_eq!(
        run("terminate --since 1h --id-prefix as"),
        "ask: terminated\n"
    );
    assert_eq!(run("terminate --since 1h"), "", "nothing is open any more");
    let out = run("restart --status terminated");
    assert!(out.starts_with("ask: created ask"), "{out}");
    assert_eq!(run("purge --workflow one"), "purged 1 runs\n");
    assert_eq!(status(&room, "one"), "");

    let neither = room.run("pause --store s.redb");
    assert_eq!(neither.code, Some(2), "{neither:?}");
    let both = room.run("pause ask --workflow ask --store s.redb");
    assert_eq!(both.code, Some(2), "{both:?}");
}

#[test]
fn instances_are_found_by_their_properties() {
    let room = room();
    let found = |args: &str| {
        let out = room.succeed(&format!("search {args} --store s.redb -o json"));
        let found: Vec<Value> = serde_json::from_str(&out).unwrap();
        let ids = found
            .iter()
            .map(|found| found["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(found(""), ["ask", "one"]);
    assert_eq!(found("--limit 1"), ["ask"]);
    assert_eq!(found("--status running"), ["ask"]);
    assert_eq!(found("--status Running --status completed"), ["ask", "one"]);
    assert_eq!(found("--workflow one"), ["one"]);
    assert_eq!(found("--id-prefix o"), ["one"]);
    assert_eq!(found("--since 1h --workflow ask"), ["ask"]);
    assert_eq!(found("--tag a=b"), [""; 0]);
    let wrong = room.run("search --status fine --store s.redb");
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("ContinuedAsNew"), "{wrong:?}");
}
