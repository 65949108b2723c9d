//! The rig: which file is read, and messages about it.

use std::io::{BufRead, BufReader};

use crate::harness::{Room, eventually, is_filled};

const RIG: &str =
    "[[port]]\nname = \"Nord\"\nclock = true\n\n[[port]]\nname = \"synth\"\noffset = \"3 ms\"\n";

#[test]
fn the_list_of_ports_shows_what_the_rig_matches() {
    let room = Room::new();
    assert!(!room.succeed("ports").contains("Rig"), "there is none");
    room.write("mine.toml", RIG);
    let out = room.succeed("ports --rig mine.toml");
    let (_, rig) = out.split_once("Rig\n").unwrap();
    assert_eq!(rig, "  \"Nord\": not connected\n  \"synth\": synth\n");
    std::fs::create_dir_all(room.path("config/fermata")).unwrap();
    room.write("config/fermata/rig.toml", RIG);
    assert!(room.succeed("ports").contains("\"Nord\": not connected"));
}

#[test]
fn an_invalid_or_missing_rig_is_reported_before_anything_starts() {
    let room = Room::new();
    room.succeed("new song");
    room.write("wrong.toml", "[[port]]\nname = \"a\"\noffset = \"soon\"\n");
    for (rig, words) in [
        ("wrong.toml", "wrong.toml:3:10: \"soon\" is not an offset"),
        ("nothing.toml", "nothing.toml cannot be read"),
    ] {
        let outcome = room.run(&format!("play song.yaml --store s.redb --rig {rig}"));
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.err.contains(words), "{outcome:?}");
    }
    assert!(!room.path("s.redb").exists());
}

#[test]
fn a_saved_rig_applies_while_the_music_plays() {
    let room = Room::new();
    room.succeed("new song");
    room.write("rig.toml", RIG);
    let mut player = room.start("play song.yaml --store :memory: --rig rig.toml --trace t.jsonl");
    let mut lines = BufReader::new(player.stderr.take().unwrap()).lines();
    let mut said = |words: &str| lines.any(|line| line.unwrap().contains(words));
    eventually("it plays", || is_filled(&room.path("t.jsonl")));
    room.write("rig.toml", "[[port]]\nname = 1\n");
    assert!(said("rig.toml:2:8"), "it says what is wrong");
    room.write("rig.toml", &RIG.replace("3 ms", "4 ms"));
    assert!(said("rig.toml was reloaded"));
    player.kill().unwrap();
    player.wait().unwrap();
}
