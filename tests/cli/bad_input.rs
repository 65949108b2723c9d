//! Invalid input is refused with an error before anything is changed.

use std::{path::Path, process::Child};

use crate::harness::{Outcome, Room, eventually, is_filled, score};

const NOTE: &str = "  - note: { call: play, with: { instrument: a, pattern: c4 } }\n";

fn room() -> Room {
    let room = Room::new();
    room.write("good.yaml", &score("good", 400, NOTE));
    room
}

/// Refused with this code and a sentence with these words in it.
fn refused(outcome: &Outcome, code: i32, words: &str) {
    assert_eq!(outcome.code, Some(code), "{words}: {outcome:#?}");
    assert!(outcome.err.contains(words), "{words}: {outcome:#?}");
    assert!(!outcome.err.contains("panicked"), "{outcome:#?}");
    assert_eq!(outcome.out, "", "{words}");
    let sentences = outcome
        .err
        .lines()
        .filter(|line| line.contains("fermata: ") || line.contains("error: "));
    assert_eq!(sentences.count(), 1, "{words}: {outcome:#?}");
}

const OUTPUTS: &str = "--record x.mid --render x.wav --trace x.jsonl --tasks x.tasks";

/// `play` is refused, on either clock, and leaves the folder as it was.
fn play_refused(room: &Room, args: &str, code: i32, words: &str) {
    let before: Vec<_> = room
        .files()
        .iter()
        .map(|name| (name.clone(), content(&room.path(name))))
        .collect();
    for clock in ["real", "virtual"] {
        let store = if args.contains("--store") {
            ""
        } else {
            "--store new.redb"
        };
        refused(
            &room.run(&format!("play --clock {clock} {store} {args}")),
            code,
            words,
        );
        let after: Vec<_> = room
            .files()
            .iter()
            .map(|name| (name.clone(), content(&room.path(name))))
            .collect();
        let names = |files: &[(String, Option<Vec<u8>>)]| {
            files.iter().map(|file| file.0.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(&before), names(&after), "{args}");
        assert!(before == after, "{args}: a file has changed");
    }
}

fn content(path: &Path) -> Option<Vec<u8>> {
    path.is_file().then(|| std::fs::read(path).unwrap())
}

#[test]
fn invalid_scores_are_refused_with_a_position() {
    let room = room();
    let wrong = [
        (
            "yaml.yaml",
            "document: [\n".to_owned(),
            "yaml.yaml:2:1: invalid YAML or JSON",
        ),
        (
            "note.yaml",
            score("x", 120, &NOTE.replace("c4", "\"c4 hx4\"")),
            "`hx4`",
        ),
        (
            "call.yaml",
            score("x", 120, &NOTE.replace("play", "pay")),
            "no function named `pay`",
        ),
        (
            "who.yaml",
            score("x", 120, &NOTE.replace(": a", ": c")),
            "no instrument named `c`",
        ),
        ("empty.yaml", String::new(), "empty document"),
        (
            "list.json",
            r#"{"Bpm": 120, "Notes": [{"NoteName": "H9"}]}"#.to_owned(),
            "list.json:1:",
        ),
        (
            "jq.yaml",
            score("x", 120, "  - one: { set: { a: \"${ .b | }\" } }\n"),
            "invalid expression",
        ),
    ];
    for (file, text, words) in wrong {
        room.write(file, &text);
        play_refused(&room, &format!("{file} {OUTPUTS}"), 1, words);
        let checked = room.run(&format!("check {file}"));
        assert_eq!(checked.code, Some(1));
        assert!(
            checked.err.contains(words) && !checked.err.contains("panicked"),
            "{checked:?}"
        );
    }
    std::fs::write(room.path("bytes.yaml"), [0xff, 0xfe, 0, 1]).unwrap();
    play_refused(
        &room,
        &format!("bytes.yaml {OUTPUTS}"),
        1,
        "bytes.yaml cannot be read",
    );
    play_refused(
        &room,
        &format!("missing.yaml {OUTPUTS}"),
        1,
        "missing.yaml cannot be read",
    );
    play_refused(&room, &format!(". {OUTPUTS}"), 1, ". cannot be read");
    play_refused(
        &room,
        &format!("good.yaml missing.yaml {OUTPUTS}"),
        1,
        "missing.yaml cannot be read",
    );
}

#[test]
fn wrong_usage_is_refused_with_code_2() {
    let room = room();
    play_refused(&room, OUTPUTS, 2, "pass a score");
    play_refused(
        &room,
        &format!("good.yaml good.yaml --id x {OUTPUTS}"),
        2,
        "--id takes exactly one score",
    );
    play_refused(
        &room,
        &format!("good.yaml --input {{a {OUTPUTS}"),
        2,
        "--input is not JSON",
    );
    play_refused(
        &room,
        &format!("good.yaml --tempo 3 {OUTPUTS}"),
        2,
        "--tempo",
    );
    refused(&room.run("play good.yaml --clock slow"), 2, "slow");
    refused(&room.run("history"), 2, "<ID|HISTORY>");
    refused(&room.run("check"), 2, "<SCORE>");
}

#[test]
fn invalid_ids_are_refused() {
    let room = room();
    let long = "x".repeat(2000);
    play_refused(&room, &format!("good.yaml --id {long} {OUTPUTS}"), 1, "id");
    let mut command = room.command("play good.yaml --store new.redb --id");
    command.arg("a\nb");
    refused(&Outcome::of(command), 1, "id");
    assert!(!room.path("new.redb").exists());

    room.succeed("play good.yaml --clock virtual --store s.redb --id mine");
    let history = room.history("s.redb", "mine");
    for clock in ["real", "virtual"] {
        let again = room.run(&format!(
            "play good.yaml --clock {clock} --store s.redb --id mine {OUTPUTS}"
        ));
        refused(&again, 1, "instance \"mine\" already exists");
        assert_eq!(room.files(), ["good.yaml", "s.redb"]);
    }
    assert_eq!(room.history("s.redb", "mine"), history);
    refused(
        &room.run("history yours --store s.redb"),
        1,
        "there is no instance \"yours\"",
    );
}

#[test]
fn unwritable_files_are_reported_before_anything_is_created() {
    let room = room();
    for option in ["--record", "--render", "--trace", "--tasks"] {
        let others = OUTPUTS
            .split(" --")
            .map(|one| format!("--{}", one.trim_start_matches("--")));
        let others: Vec<String> = others.filter(|one| !one.starts_with(option)).collect();
        let args = format!("good.yaml {option} no/where {}", others.join(" "));
        play_refused(&room, &args, 1, "no/where cannot be written");
        // A recording can be a folder.
        if option != "--record" {
            let args = format!("good.yaml {option} . {}", others.join(" "));
            play_refused(&room, &args, 1, ". cannot be written");
            let args = format!("good.yaml {option} no/where --record folder/");
            play_refused(&room, &args, 1, "no/where cannot be written");
        }
    }
    play_refused(
        &room,
        "good.yaml --record good.yaml/folder/",
        1,
        "good.yaml/folder/ could not be written",
    );
    play_refused(
        &room,
        &format!("good.yaml --store no/where/s.redb {OUTPUTS}"),
        1,
        "cannot create or write a store at no/where/s.redb",
    );
    play_refused(
        &room,
        &format!("good.yaml --store . {OUTPUTS}"),
        1,
        "cannot create or write a store at . ",
    );
    play_refused(
        &room,
        &format!("good.yaml --port no-such-port {OUTPUTS}"),
        1,
        "MIDI ",
    );
}

#[test]
fn a_store_that_another_process_has_open_is_left_alone() {
    let room = room();
    let long = NOTE.replace("c4", "c4*4, repeat: 1000");
    room.write("long.yaml", &score("long", 400, &long));
    let other = Ended(room.start("play long.yaml --store s.redb --trace t.jsonl"));
    eventually("it plays", || is_filled(&room.path("t.jsonl")));
    for args in [
        format!("play good.yaml --store s.redb {OUTPUTS}"),
        format!("play good.yaml --store s.redb --clock virtual {OUTPUTS}"),
        "play --resume --store s.redb".to_owned(),
    ] {
        refused(&room.run(&args), 1, "s.redb is in use by another process");
    }
    let socket = |name: &String| name != "s.redb.sock";
    let files: Vec<_> = room.files().into_iter().filter(socket).collect();
    assert_eq!(files, ["good.yaml", "long.yaml", "s.redb", "t.jsonl"]);
    drop(other);
    // The other one was killed; what it had written is whole.
    assert!(room.succeed("list --store s.redb").contains("long-1"));
}

/// A process that ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn files_that_are_not_stores_are_not_changed() {
    let room = room();
    room.succeed("play good.yaml --clock virtual --store whole.redb");
    let whole = room.read("whole.redb");
    for keep in [
        1,
        9,
        320,
        4095,
        4096,
        whole.len() / 3,
        whole.len() / 2,
        whole.len() - 4096,
        whole.len() - 1,
    ] {
        std::fs::write(room.path("cut.redb"), &whole[..keep]).unwrap();
        is_no_store(
            &room,
            "cut.redb",
            "cut.redb is not a complete Fermata store",
        );
    }
    room.write("text.redb", "document: {}\n");
    is_no_store(
        &room,
        "text.redb",
        "text.redb is not a complete Fermata store",
    );
    std::fs::write(room.path("zeros.redb"), vec![0; 100_000]).unwrap();
    is_no_store(
        &room,
        "zeros.redb",
        "zeros.redb is not a complete Fermata store",
    );

    std::fs::write(room.path("newer.redb"), &whole).unwrap();
    {
        let database = redb::Database::open(room.path("newer.redb")).unwrap();
        let write = database.begin_write().unwrap();
        let meta = redb::TableDefinition::<&str, u32>::new("meta");
        write
            .open_table(meta)
            .unwrap()
            .insert("format", 99)
            .unwrap();
        write.commit().unwrap();
    }
    is_no_store(
        &room,
        "newer.redb",
        "newer.redb was written by a newer version of Fermata (format 99",
    );
}

fn is_no_store(room: &Room, name: &str, words: &str) {
    let before = room.read(name);
    for args in ["list", "history good-1"] {
        refused(&room.run(&format!("{args} --store {name}")), 1, words);
        assert!(
            room.read(name) == before,
            "{args} has changed {name} of {} bytes",
            before.len()
        );
    }
    play_refused(
        room,
        &format!("good.yaml --store {name} {OUTPUTS}"),
        1,
        words,
    );
    play_refused(
        room,
        &format!("--resume --store {name} {OUTPUTS}"),
        1,
        words,
    );
}

#[cfg(feature = "stage")]
#[test]
fn without_a_display_the_window_refuses_invalid_scores_and_damaged_stores_on_the_terminal() {
    let room = room();
    room.write("bad.yaml", "document: {}\n");
    room.write("damaged.redb", "this is no store");
    let before = room.files();
    for (args, words) in [
        ("bad.yaml good.yaml --store new.redb", "bad.yaml"),
        ("good.yaml missing.yaml --store new.redb", "missing.yaml"),
        (
            "good.yaml --store damaged.redb",
            "is not a complete Fermata store",
        ),
    ] {
        let mut command = room.command(args);
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        let outcome = Outcome::of(command);
        assert_eq!(outcome.code, Some(1), "{args}: {outcome:#?}");
        assert!(outcome.err.contains(words), "{args}: {outcome:#?}");
        assert_eq!(room.files(), before, "{args}");
    }
}
