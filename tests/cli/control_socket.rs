//! Commands to a running program: two real processes on one store.
#![cfg(unix)]

use std::{
    io::{Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    process::Child,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::harness::{Room, eventually, hanging, score};

/// A program that plays `long`, and one that waits for an event, until the test ends.
struct Show {
    room: Room,
    program: Child,
}

impl Show {
    fn new() -> Self {
        let room = Room::new();
        let long =
            "  - hum: { call: play, with: { instrument: a, pattern: \"c3*4\", repeat: 500 } }\n";
        room.write("long.yaml", &score("long", 400, long));
        let ask = "  - ask: { listen: { to: { one: { with: { type: answer } } } } }\n";
        room.write("ask.yaml", &score("ask", 400, ask));
        let program = room.start("play long.yaml ask.yaml --store s.redb --trace t.jsonl");
        eventually("it plays", || {
            room.path("t.jsonl").exists() && room.trace("t.jsonl").iter().any(|sent| sent.is_on())
        });
        Self { room, program }
    }

    fn run(&self, args: &str) -> String {
        self.room.succeed(&format!("{args} --store s.redb"))
    }

    fn status(&self, id: &str) -> String {
        let found: Vec<Value> = serde_json::from_str(&self.run("list -o json")).unwrap();
        let found = found.iter().find(|found| found["id"] == id);
        found.map_or_else(String::new, |found| {
            found["status"].as_str().unwrap().to_owned()
        })
    }

    fn connect(&self) -> UnixStream {
        UnixStream::connect(self.room.path("s.redb.sock")).unwrap()
    }

    /// What the program answers to a line.
    fn answer(&self, line: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn notes(&self) -> usize {
        self.room
            .trace("t.jsonl")
            .iter()
            .filter(|sent| sent.is_on())
            .count()
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

#[test]
fn the_show_can_be_inspected_from_another_terminal() {
    let show = Show::new();
    assert!(show.run("list").contains("long-1"), "{}", show.run("list"));
    assert!(show.run("search --workflow ask").contains("ask-2"));
    let before = show.room.history("s.redb", "long-1").len();
    eventually("it continues", || {
        show.room.history("s.redb", "long-1").len() > before
    });
    let exported = show.run("export long-1");
    show.room.write("h.json", &exported);
    show.room.succeed("replay h.json");
    assert!(show.run("verify").contains("no damage"));
    let unknown = show.room.run("history nobody --store s.redb");
    assert!(
        unknown.err.contains("there is no instance \"nobody\""),
        "{unknown:?}"
    );
    let compact = show.room.run("compact --store s.redb");
    assert!(compact.err.contains("stop it first"), "{compact:?}");
}

#[test]
fn instances_are_controlled_while_the_others_keep_playing() {
    let mut show = Show::new();
    assert_eq!(show.run("pause long-1"), "long-1: paused\n");
    assert_eq!(show.status("long-1"), "Suspended");
    assert_eq!(show.status("ask-2"), "Running");
    eventually("it is silent", || {
        hanging(&show.room.trace("t.jsonl")).is_empty()
    });
    let before = show.notes();
    show.run("resume long-1");
    eventually("it plays on", || show.notes() > before + 4);
    show.run("raise ask-2 answer");
    eventually("it has its answer", || show.status("ask-2") == "Completed");
    let out = show.run("restart ask-2 --id again");
    assert_eq!(out, "ask-2: started again\n");
    show.run("cancel again");
    eventually("it ends", || show.status("again") == "Canceled");
    assert_eq!(show.run("purge ask-2"), "ask-2: purged, 1 runs\n");
    let out = show.run("terminate long-1");
    assert_eq!(out, "long-1: terminated\n");
    let ended = show.program.wait().unwrap();
    assert_eq!(ended.code(), Some(1), "one was terminated");
    assert!(hanging(&show.room.trace("t.jsonl")).is_empty());
    assert!(!show.room.path("s.redb.sock").exists());
}

#[test]
fn a_retry_by_hand_is_marked_in_the_history() {
    let room = Room::new();
    let tasks = "  - again:
      try:
        - fail: { raise: { error: { type: \"https://example.com/busy\", status: 503 } } }
      catch:
        retry: { delay: { hours: 1 }, limit: { attempt: { count: 3 } } }
";
    room.write("again.yaml", &score("again", 400, tasks));
    let program = room.start("play again.yaml --store s.redb");
    let show = Show { room, program };
    eventually("it waits to retry", || {
        let done = show.room.run("retry again-1 --store s.redb");
        done.out.contains("again-1: retried")
    });
    let history = show.run("history again-1");
    let fired = history.lines().find(|line| line.contains("TimerFired"));
    let fired = fired.unwrap_or(&history);
    assert!(fired.contains("(retried by hand "), "{history}");
    assert!(fired.ends_with(" early)"), "{history}");
    assert_eq!(history.matches("by hand").count(), 1, "{history}");
}

#[test]
fn only_its_owner_can_connect() {
    let show = Show::new();
    let socket = show.room.path("s.redb.sock");
    assert_eq!(
        socket.metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn stuck_or_malicious_clients_block_nothing() {
    let show = Show::new();
    // As many as are served at once, none of which says anything.
    let silent: Vec<_> = (0..8).map(|_| show.connect()).collect();
    let refused = show.answer("");
    assert!(refused.contains("already serving"), "{refused}");
    let before = show.notes();
    eventually("it plays on", || show.notes() > before + 8);
    drop(silent);
    eventually("there is room again", || {
        show.room.run("list --store s.redb").code == Some(0)
    });

    for (line, words) in [
        ("nonsense\n", "malformed"),
        ("{\"version\":7,\"request\":\"verify\"}\n", "version 7"),
        (
            "{\"version\":1,\"request\":{\"explode\":{}}}\n",
            "malformed",
        ),
        (
            "{\"version\":1,\"request\":{\"history\":{\"id\":\"\",\"run\":null}}}\n",
            "malformed",
        ),
    ] {
        let answer = show.answer(line);
        assert!(answer.contains(words), "{line}: {answer}");
    }
    // An endless request is given up, and so is one that never ends.
    let begun = Instant::now();
    let mut endless = show.connect();
    endless
        .set_write_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    while endless.write_all(&[b'x'; 1 << 16]).is_ok() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "it is still read"
        );
    }
    let mut slow = show.connect();
    slow.write_all(b"{").unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("could not be read"), "{answer}");
    // One that asks and does not read.
    let mut deaf = show.connect();
    deaf.write_all(b"{\"version\":1,\"request\":{\"history\":{\"id\":\"long-1\",\"run\":null}}}\n")
        .unwrap();
    let before = show.notes();
    eventually("it plays on", || show.notes() > before + 8);
    show.run("list");
}

#[test]
fn the_socket_of_a_killed_program_is_replaced() {
    let mut show = Show::new();
    show.program.kill().unwrap();
    show.program.wait().unwrap();
    assert!(show.room.path("s.redb.sock").exists());
    assert!(show.run("list").contains("long-1"), "the store is read");
    show.program = show
        .room
        .start("play --resume --store s.redb --trace u.jsonl");
    eventually("it listens", || {
        UnixStream::connect(show.room.path("s.redb.sock")).is_ok()
    });
    show.run("pause long-1");
    assert_eq!(show.status("long-1"), "Suspended");
}

#[test]
#[cfg(feature = "stage")]
fn the_window_on_a_store_that_is_played_without_one_says_what_to_do() {
    let show = Show::new();
    let mut command = show.room.command("--store s.redb");
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let outcome = crate::harness::Outcome::of(command);
    assert_eq!(outcome.code, Some(1), "{outcome:#?}");
    assert!(
        outcome
            .err
            .contains("`fermata play` uses the store and has no window"),
        "{outcome:#?}"
    );
    assert!(outcome.err.contains("stop it"), "{outcome:#?}");
}
