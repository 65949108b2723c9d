//! Ctrl+C: every note is released, and nothing is lost.

use std::{process::Command, thread, time::Duration};

use crate::harness::{Room, eventually, hanging, score};

#[test]
fn ctrl_c_releases_every_note_and_the_piece_can_be_resumed() {
    // Long enough, however busy the machine is.
    const BARS: usize = 100;
    let room = Room::new();
    let hum = format!(
        "  - hum: {{ call: play, with: {{ instrument: a, pattern: \"[c3,e3] d4*3\", repeat: {BARS} }} }}\n"
    );
    room.write("long.yaml", &score("long", 400, &hum));
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

    let out = room.succeed("play --resume --clock virtual --store s.redb --trace u.jsonl");
    assert!(out.starts_with("long-1: Completed"), "{out}");
    let heard = trace
        .iter()
        .chain(&room.trace("u.jsonl"))
        .filter(|sent| sent.is_on())
        .count();
    // Each bar has two keys and three; one note may have been heard and not yet been written down.
    assert!((5 * BARS..=5 * BARS + 2).contains(&heard), "{heard}");
}

/// A piece that leaves a device bent, with pedals down, sends open and a wide bend range.
const WILD: &str = "  - wild:
      call: control
      with:
        instrument: a
        changes:
          - { cc: 101, value: 0 }
          - { cc: 100, value: 0 }
          - { cc: 6, value: 12 }
          - { cc: sustain, value: 127 }
          - { cc: sostenuto, value: 127 }
          - { cc: reverb, value: 99 }
          - { bend: 0.5 }
  - hum: { call: play, with: { instrument: a, pattern: \"[c3,e3] d4*3\", repeat: REPEAT } }
";

/// The last values that a trace leaves behind on the first channel.
fn left_behind(room: &Room, trace: &str) -> Vec<(&'static str, u8)> {
    let mut left = [
        ("range", 2),
        ("sustain", 0),
        ("sostenuto", 0),
        ("reverb", 40),
        ("bend", 64),
    ];
    for sent in room.trace(trace) {
        let place = match sent.bytes[..] {
            [0xB0, 6, value] => (0, value),
            [0xB0, 64, value] => (1, value),
            [0xB0, 66, value] => (2, value),
            [0xB0, 91, value] => (3, value),
            [0xE0, _, value] => (4, value),
            _ => continue,
        };
        left[place.0].1 = place.1;
    }
    left.to_vec()
}

#[test]
fn a_device_is_left_as_it_was_whatever_ends_the_music() {
    let room = Room::new();
    let clean = [
        ("range", 2),
        ("sustain", 0),
        ("sostenuto", 0),
        ("reverb", 40),
        ("bend", 64),
    ];
    room.write(
        "short.yaml",
        &score("short", 400, &WILD.replace("REPEAT", "1")),
    );
    room.succeed("play short.yaml --clock virtual --store :memory: --trace end.jsonl");
    assert_eq!(left_behind(&room, "end.jsonl"), clean, "at the end");
    room.write(
        "long.yaml",
        &score("long", 400, &WILD.replace("REPEAT", "50")),
    );
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let file = format!("{signal}.jsonl");
        let run = room.start(&format!(
            "play long.yaml --store {signal}.redb --trace {file}"
        ));
        eventually("it plays", || {
            room.path(&file).exists() && room.trace(&file).iter().any(|sent| sent.is_on())
        });
        let command = format!("kill -{signal} {}", run.id());
        assert!(
            Command::new("sh")
                .args(["-c", &command])
                .status()
                .unwrap()
                .success()
        );
        let ended = run.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(code), "{signal}");
        assert!(hanging(&room.trace(&file)).is_empty(), "{signal}");
        assert_eq!(left_behind(&room, &file), clean, "{signal}");
    }
}
