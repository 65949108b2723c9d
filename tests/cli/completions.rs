//! Shell completions, man pages and the log.

use crate::harness::{Room, score};

#[test]
fn every_shell_completes_every_command() {
    let room = Room::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = room.succeed(&format!("completions {shell}"));
        for word in ["play", "terminate", "render", "--resume"] {
            let word = word.trim_start_matches("--");
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(room.run("completions dos").code, Some(2));
}

#[test]
fn there_is_a_man_page_for_every_command() {
    let room = Room::new();
    assert!(room.succeed("man").contains(".TH fermata 1"));
    room.succeed("man -o pages");
    for page in [
        "fermata.1",
        "fermata-play.1",
        "fermata-render.1",
        "fermata-purge.1",
    ] {
        assert!(room.path("pages").join(page).exists(), "{page}");
    }
}

#[test]
fn the_log_appends_to_its_file_and_never_ends_the_program() {
    let room = Room::new();
    let note = "  - note: { call: play, with: { instrument: a, pattern: c4 } }\n";
    room.write("one.yaml", &score("one", 400, note));
    room.write("log.txt", "before\n");
    room.succeed("play one.yaml --clock virtual --store a.redb --log log.txt");
    let log = String::from_utf8(room.read("log.txt")).unwrap();
    assert!(log.starts_with("before\n"), "{log}");
    let mut play = room.command("play one.yaml --clock virtual --store c.redb --log log.txt");
    play.env("RUST_LOG", "fermata=debug");
    assert_eq!(crate::harness::Outcome::of(play).code, Some(0));
    let log = String::from_utf8(room.read("log.txt")).unwrap();
    assert!(log.contains("committed"), "{log}");
    let refused = room.run("list --store a.redb --log no/where");
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("no/where cannot be written"),
        "{refused:?}"
    );
    let mut wrong = room.command("list --store a.redb");
    wrong.env("RUST_LOG", "fermata=loud");
    let wrong = crate::harness::Outcome::of(wrong);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    if std::path::Path::new("/dev/full").exists() {
        room.succeed("play one.yaml --clock virtual --store b.redb --log /dev/full");
    }
}
