//! `fermata play --resume=ID` and `--except ID`.
#![cfg(unix)]

use crate::harness::{Room, eventually, score};

/// A room with a store in which `a` and `b` are open.
fn room() -> Room {
    let room = Room::new();
    let tasks =
        "  - hum: { call: play, with: { instrument: a, pattern: \"c3*4\", repeat: 100 } }\n";
    for name in ["a", "b"] {
        room.write(&format!("{name}.yaml"), &score(name, 400, tasks));
    }
    let mut run = room.start("play a.yaml b.yaml --store s.redb --trace t.jsonl");
    eventually("both play", || {
        let played = |id| {
            let trace = room.trace("t.jsonl");
            trace
                .iter()
                .any(|sent| sent.is_on() && sent.instance.as_deref() == Some(id))
        };
        room.path("t.jsonl").exists() && played("a-1") && played("b-2")
    });
    run.kill().unwrap();
    run.wait().unwrap();
    room
}

fn status(room: &Room, id: &str) -> String {
    let list = room.succeed("list --store s.redb -o json");
    let list: Vec<serde_json::Value> = serde_json::from_str(&list).unwrap();
    let found = list.iter().find(|instance| instance["id"] == id).unwrap();
    found["status"].as_str().unwrap().to_owned()
}

#[test]
fn only_the_named_instance_continues() {
    let room = room();
    let events = room.history("s.redb", "b-2").len();
    let out = room.succeed("play --resume=a-1 --clock virtual --store s.redb");
    assert!(out.starts_with("a-1: Completed"), "{out}");
    assert_eq!(out.lines().count(), 1, "{out}");
    assert_eq!(status(&room, "b-2"), "Running");
    assert_eq!(room.history("s.redb", "b-2").len(), events);
    let out = room.succeed("play --resume --clock virtual --store s.redb");
    assert!(out.starts_with("b-2: Completed"), "{out}");
}

#[test]
fn all_but_the_named_instance_continue() {
    let room = room();
    let out = room.succeed("play --resume --except a-1 --clock virtual --store s.redb");
    assert!(out.starts_with("b-2: Completed"), "{out}");
    assert_eq!(status(&room, "a-1"), "Running");
    for (args, words) in [
        ("--resume=nobody", "there is no instance \"nobody\""),
        ("--resume=b-2", "has already ended"),
        (
            "--resume=a-1 --except b-2",
            "--except goes with --resume for all",
        ),
    ] {
        let refused = room.run(&format!("play {args} --clock virtual --store s.redb"));
        assert!(refused.err.contains(words), "{args}: {refused:?}");
    }
}
