//! Without `--store`, histories are in the user's data directory.

use crate::harness::{Room, score};

#[test]
fn the_default_store_is_used_without_any_argument() {
    let room = Room::new();
    room.write(
        "one.yaml",
        &score(
            "one",
            400,
            "  - note: { call: play, with: { instrument: a, pattern: c4 } }\n",
        ),
    );
    let none = room.run("list");
    assert_eq!(none.code, Some(1));
    assert!(none.err.contains("there is no store at"), "{none:?}");
    room.succeed("play one.yaml --clock virtual");
    assert!(room.path("data/fermata/fermata.redb").is_file());
    let table = room.succeed("list");
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 2, "{table}");
    assert!(rows[1].starts_with("one-1 "), "{table}");
    assert!(rows[1].contains("Completed"), "{table}");
    room.succeed("play one.yaml --clock virtual");
    assert_eq!(room.succeed("list").lines().count(), 3);
    assert_eq!(
        room.succeed("history one-1")
            .lines()
            .next()
            .unwrap()
            .split_whitespace()
            .next(),
        Some("#")
    );
}
