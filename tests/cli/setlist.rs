//! Set lists on the command line: checked with all their scores, described by a schema, never performed.

use serde_json::Value;

use crate::harness::{Room, score};

const NOTE: &str = "  - note: { call: play, with: { instrument: a, pattern: c4 } }\n";

fn room() -> Room {
    let room = Room::new();
    std::fs::create_dir(room.path("songs")).unwrap();
    room.write("songs/duet.yaml", &score("duet", 400, NOTE));
    room
}

#[test]
fn check_reads_a_set_list_and_all_its_scores() {
    let room = room();
    room.write(
        "show.yaml",
        "title: A show\npieces:\n  - score: ostinato\n  - score: songs/duet.yaml\n    start: at-end\n",
    );
    let out = room.succeed("check show.yaml");
    assert!(out.contains("show.yaml: ok (A show, 2 pieces)"), "{out}");
    assert!(out.contains("songs/duet.yaml: ok"), "{out}");
    room.write("songs/duet.yaml", "document: {}\n");
    let outcome = room.run("check show.yaml");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(outcome.err.contains("songs/duet.yaml:1:"), "{outcome:#?}");
}

#[test]
fn check_names_the_line_of_an_error_in_a_set_list() {
    let room = room();
    room.write(
        "show.yaml",
        "pieces:\n  - score: songs/duett.yaml\n  - scroe: ostinato\n",
    );
    let outcome = room.run("check show.yaml");
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    for words in [
        "show.yaml:2:12: file songs/duett.yaml was not found",
        "show.yaml:3:5: unknown key `scroe` in a piece; did you mean `score`?",
    ] {
        assert!(outcome.err.contains(words), "{words}: {outcome:#?}");
    }
    let lines = room.run("check show.yaml -o json").out;
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[1]["line"], 3);
}

#[test]
fn the_schema_of_set_lists_is_printed_for_editors() {
    let room = Room::new();
    let schema: Value = serde_json::from_str(&room.succeed("schema setlist")).unwrap();
    assert_eq!(schema["title"], "Fermata set list");
    let other: Value = serde_json::from_str(&room.succeed("schema")).unwrap();
    assert_eq!(other["title"], "Fermata score");
}

#[test]
fn only_the_window_opens_a_set_list() {
    let room = room();
    room.write("show.yaml", "pieces: [{ score: ostinato }]\n");
    let outcome = room.run("play show.yaml --store :memory:");
    assert_eq!(outcome.code, Some(2), "{outcome:#?}");
    assert!(
        outcome
            .err
            .contains("show.yaml is a set list: `fermata show.yaml` opens it"),
        "{outcome:#?}"
    );
}

#[test]
fn the_example_is_valid() {
    let room = Room::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scores/setlist.yaml");
    let out = room.succeed(&format!("check {path}"));
    assert!(
        out.contains("ok (An evening with Fermata, 11 pieces)"),
        "{out}"
    );
}

#[test]
fn the_tour_of_the_programme_is_valid_and_a_wrong_key_is_an_error_with_its_line() {
    let room = Room::new();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scores/tour.yaml");
    let out = room.succeed(&format!("check {path}"));
    assert!(out.contains("11 pieces)"), "{out}");
    room.write(
        "tour.yaml",
        "pieces:\n- score: prelude\n  tour:\n  - press: Shift+Spce\n",
    );
    for command in ["check tour.yaml", "tour tour.yaml"] {
        let outcome = room.run(command);
        assert_ne!(outcome.code, Some(0), "{outcome:#?}");
        for words in ["tour.yaml:4:12", "Shift+Spce", "Shift+Space"] {
            assert!(outcome.err.contains(words), "{words}: {outcome:#?}");
        }
    }
}
