//! The store's file is deleted, or cannot be written.
#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt};

use crate::harness::{Room, eventually, hanging, score};

#[test]
fn playing_stops_with_an_error_when_the_store_is_deleted() {
    let room = Room::new();
    let long = "  - hum: { call: play, with: { instrument: a, pattern: \"c3 d4\", repeat: 20 } }\n";
    room.write("long.yaml", &score("long", 400, long));
    let run = room.start("play long.yaml --store s.redb --trace t.jsonl");
    eventually("it plays", || {
        room.path("t.jsonl").exists() && room.trace("t.jsonl").iter().any(|sent| sent.is_on())
    });
    fs::remove_file(room.path("s.redb")).unwrap();
    let ended = run.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("s.redb was deleted or moved"), "{stderr}");
    let trace = room.trace("t.jsonl");
    assert!(hanging(&trace).is_empty(), "{:?}", hanging(&trace));
    let heard = trace.iter().filter(|sent| sent.is_on()).count();
    assert!(heard < 20, "it went on for {heard} notes");
}

#[test]
fn only_the_owner_can_read_the_data_folder_and_stores() {
    let room = Room::new();
    let one = "  - n: { call: play, with: { instrument: a, pattern: c4 } }\n";
    room.write("one.yaml", &score("one", 400, one));
    room.succeed("play one.yaml --clock virtual");
    room.succeed("play one.yaml --clock virtual --store s.redb");
    let mode = |name| room.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("data/fermata"), 0o700);
    assert_eq!(mode("data/fermata/fermata.redb"), 0o600);
    assert_eq!(mode("s.redb"), 0o600);
}

#[test]
fn a_read_only_store_can_be_read() {
    let room = Room::new();
    let one = "  - n: { call: play, with: { instrument: a, pattern: c4 } }\n";
    room.write("one.yaml", &score("one", 400, one));
    room.succeed("play one.yaml --clock virtual --store s.redb");
    fs::set_permissions(room.path("s.redb"), fs::Permissions::from_mode(0o400)).unwrap();
    let before = room.read("s.redb");
    for args in ["list", "history one-1", "export one-1"] {
        room.succeed(&format!("{args} --store s.redb"));
    }
    // Root may write what nobody may.
    if fs::File::options()
        .write(true)
        .open(room.path("s.redb"))
        .is_err()
    {
        assert!(room.read("s.redb") == before);
    }
}
