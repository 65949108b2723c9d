//! Ctrl+C: every note is released, and nothing is lost.

use std::{process::Command, thread, time::Duration};

use crate::harness::{Room, eventually, hanging, score};

#[test]
fn ctrl_c_releases_every_note_and_the_piece_can_be_resumed() {
    let room = Room::new();
    let long = score(
        "long",
        400,
        "  - hum: { call: play, with: { instrument: a, pattern: \"[c3,e3] d4*3\", repeat: 10 } }\n",
    );
    room.write("long.yaml", &long);
    let run = room.start("play long.yaml --store s.redb --trace t.jsonl");
    eventually("it plays", || {
        room.path("t.jsonl").exists() && room.trace("t.jsonl").iter().any(|sent| sent.is_on())
    });
    thread::sleep(Duration::from_millis(250));
    // The shell's own `kill`: a minimal system has no other.
    let interrupted = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", run.id())])
        .status();
    assert!(interrupted.unwrap().success());
    let ended = run.wait_with_output().unwrap();
    assert_eq!(
        ended.status.code(),
        Some(130),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );

    let trace = room.trace("t.jsonl");
    assert!(trace.iter().any(|sent| sent.is_on()));
    assert!(hanging(&trace).is_empty(), "{:?}", hanging(&trace));
    let list = room.succeed("list --store s.redb -o json");
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list[0]["status"], "Running");

    let out = room.succeed("play --resume --store s.redb --trace u.jsonl");
    assert!(out.starts_with("long-1: Completed"), "{out}");
    let heard = trace
        .iter()
        .chain(&room.trace("u.jsonl"))
        .filter(|sent| sent.is_on())
        .count();
    // Each bar has two keys and three; one note may have been heard and not yet been written down.
    assert!((50..=52).contains(&heard), "{heard}");
}
