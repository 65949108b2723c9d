//! The store's disk is full.
#![cfg(unix)]

use std::process::Command;

use crate::harness::{Outcome, Room, score};

#[test]
fn in_virtual_time_a_full_disk_is_an_error_and_the_piece_can_be_resumed() {
    let room = Room::new();
    // Its name is in each of its events.
    let name = "x".repeat(100_000);
    let task = format!(
        "  - ? {name}\n    : {{ call: play, with: {{ instrument: a, pattern: \"c4*8\", repeat: 12 }} }}\n"
    );
    room.write("long.yaml", &score("long", 400, &task));
    // In blocks of 512 bytes. The system refuses to write rather than ending the program.
    let limited = "trap '' XFSZ; ulimit -f 3000; exec \"$0\" \"$@\"";
    let program = room.command("play long.yaml --clock virtual --store s.redb");
    let mut command = Command::new("sh");
    command
        .args(["-c", limited])
        .arg(program.get_program())
        .args(program.get_args());
    if let Some(folder) = program.get_current_dir() {
        command.current_dir(folder);
    }
    let full = Outcome::of(command);
    assert_eq!(full.code, Some(1), "{full:#?}");
    assert!(full.err.contains("the store could not commit"), "{full:#?}");
    let out = room.succeed("play --resume --clock virtual --store s.redb");
    assert!(out.starts_with("long-1: Completed"), "{out}");
}

/// A device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn incomplete_output_is_an_error() {
    let room = Room::new();
    room.write(
        "piece.yaml",
        &score("piece", 400, "  - n: { set: { total: 3 } }\n"),
    );
    room.succeed("play piece.yaml --clock virtual --store s.redb");
    for args in [
        "export piece-1 --store s.redb",
        "export piece-1 --store s.redb --format msgpack",
        "history piece-1 --store s.redb",
        "list --store s.redb -o json",
        "schema",
    ] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let mut command = room.command(args);
        let done = command.stdout(full).output().unwrap();
        assert_eq!(done.status.code(), Some(1), "{args}");
        let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(
            stderr.contains("the output is incomplete"),
            "{args}: {stderr}"
        );
    }
}
