//! Output files: commands do not overwrite files or write through links without `--force`.
#![cfg(unix)]

use std::os::unix::fs::symlink;

use crate::harness::{Room, score};

fn room() -> Room {
    let room = Room::new();
    let note = "  - note: { call: play, with: { instrument: a, pattern: c4 } }\n";
    room.write("one.yaml", &score("one", 400, note));
    room.succeed("play one.yaml --clock virtual --store s.redb --record one.mid");
    room.write("mine", "mine");
    symlink(room.path("mine"), room.path("link")).unwrap();
    symlink(room.path("nowhere"), room.path("dangling")).unwrap();
    room
}

#[test]
fn files_and_targets_of_links_are_not_overwritten_without_force() {
    let room = room();
    let play = "play one.yaml --clock virtual --store other.redb";
    for command in [
        "new song -o".to_owned(),
        "import one.mid -o".to_owned(),
        "export one-1 --store s.redb -o".to_owned(),
        format!("{play} --record"),
        format!("{play} --render"),
        format!("{play} --trace"),
        format!("{play} --tasks"),
    ] {
        for path in ["mine", "link", "dangling"] {
            let refused = room.run(&format!("{command} {path}"));
            assert_eq!(refused.code, Some(1), "{command} {path}: {refused:?}");
            let words = format!("{path} already exists");
            assert!(refused.err.contains(&words), "{command}: {refused:?}");
            assert!(refused.err.contains("--force"), "{refused:?}");
        }
        assert_eq!(room.read("mine"), b"mine", "{command}");
        assert!(!room.path("nowhere").exists(), "{command}");
    }
    assert!(!room.path("other.redb").exists());
}

#[test]
fn with_force_a_file_is_replaced() {
    let room = room();
    for command in [
        "new song -o",
        "import one.mid -o",
        "export one-1 --store s.redb -o",
    ] {
        room.write("mine", "mine");
        room.succeed(&format!("{command} mine --force"));
        assert_ne!(room.read("mine"), b"mine", "{command}");
    }
    room.succeed("play one.yaml --clock virtual --store a.redb --trace mine --force");
    assert!(room.json_lines("mine").len() > 1);
}

#[test]
fn an_exported_file_equals_the_printed_export() {
    let room = room();
    room.succeed("export one-1 --store s.redb -o h.json");
    let printed = room.succeed("export one-1 --store s.redb");
    assert_eq!(String::from_utf8(room.read("h.json")).unwrap(), printed);
    room.succeed("replay h.json");
    // Devices have nothing to lose.
    room.succeed("export one-1 --store s.redb -o /dev/null");
}
