//! `--supervised`: the program is started again when it crashes, and its music continues.
#![cfg(target_os = "linux")]

use std::{
    collections::HashMap,
    process::Child,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Room, Sent, eventually, score};

/// A supervisor with the program that it started.
struct Supervised {
    room: Room,
    supervisor: Child,
}

impl Supervised {
    fn start(repeat: u32) -> Self {
        let room = Room::new();
        let tick = format!(
            "  - tick: {{ call: play, with: {{ instrument: a, pattern: \"c4*4\", repeat: {repeat} }} }}\n"
        );
        room.write("ticks.yaml", &score("ticks", 240, &tick));
        let supervisor = room.start("play ticks.yaml --supervised --store s.redb --trace t.jsonl");
        let supervised = Self { room, supervisor };
        supervised.plays(1);
        supervised
    }

    /// The process of the program, once there is one other than `before`.
    fn program(&self, before: Option<u32>) -> u32 {
        eventually("the program is started", || {
            self.child().is_some_and(|found| Some(found) != before)
        });
        self.child().unwrap()
    }

    fn child(&self) -> Option<u32> {
        let id = self.supervisor.id();
        let children = format!("/proc/{id}/task/{id}/children");
        let children = std::fs::read_to_string(children).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }

    fn notes(&self, start: u32) -> usize {
        let name = match start {
            1 => "t.jsonl".to_owned(),
            start => format!("t-{start}.jsonl"),
        };
        match self.room.path(&name).exists() {
            true => self
                .room
                .trace(&name)
                .iter()
                .filter(|s| Sent::is_on(s))
                .count(),
            false => 0,
        }
    }

    /// Waits until this start of the program has played a note.
    fn plays(&self, start: u32) {
        eventually("it plays", || self.notes(start) > 0);
    }

    fn signal(process: u32, signal: Signal) {
        let process = Pid::from_raw(process.try_into().unwrap()).unwrap();
        kill_process(process, signal).unwrap();
    }

    fn end(&mut self) -> Option<i32> {
        self.supervisor.wait().unwrap().code()
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        // It passes the signal on; what has ended needs none.
        if matches!(self.supervisor.try_wait(), Ok(None)) {
            Self::signal(self.supervisor.id(), Signal::TERM);
        }
        let _ = self.supervisor.wait();
    }
}

#[test]
fn a_killed_program_starts_again_and_every_note_is_played_once() {
    const REPEAT: u32 = 16;
    let mut show = Supervised::start(REPEAT);
    let mut silences = Vec::new();
    for start in 2..=6 {
        // Some notes between the crashes, so that there is something to continue.
        eventually("it plays on", || show.notes(start - 1) > 3);
        let program = show.program(None);
        let killed = Instant::now();
        Supervised::signal(program, Signal::KILL);
        show.plays(start);
        silences.push(killed.elapsed());
    }
    assert_eq!(
        show.end(),
        Some(0),
        "the piece ends as if nothing had happened"
    );
    silences.sort_unstable();
    println!("from crash to note: {silences:?}, median {:?}", silences[2]);
    let list = show.room.succeed("list --store s.redb -o json");
    let all: Vec<serde_json::Value> = serde_json::from_str(&list).unwrap();
    assert_eq!(all.len(), 1, "no crash starts the score once more: {list}");
    let history = show.room.history("s.redb", "ticks-1");
    let mut played: HashMap<String, usize> = HashMap::new();
    let mut notes = HashMap::new();
    for event in &history {
        if event["type"] == "TaskScheduled" && event["name"] == "play" {
            notes.insert(event["eventId"].as_u64(), event["input"]["at"].to_string());
        }
        if event["type"] == "TaskCompleted"
            && let Some(at) = notes.get(&event["scheduled"].as_u64())
        {
            *played
                .entry(format!("{at} {}", event["scheduled"]))
                .or_default() += 1;
        }
    }
    let failed = |event: &&serde_json::Value| event["type"] == "TaskFailed";
    for failure in history.iter().filter(failed) {
        assert!(
            failure["failure"].get("injected").is_none(),
            "it was a real crash: {failure}"
        );
    }
    assert_eq!(played.len(), 4 * REPEAT as usize);
    assert!(played.values().all(|count| *count == 1), "{played:?}");
}

#[test]
fn a_signal_to_the_supervisor_ends_both_and_nothing_is_started_again() {
    let mut show = Supervised::start(200);
    let program = show.program(None);
    Supervised::signal(show.supervisor.id(), Signal::TERM);
    assert_eq!(show.end(), Some(143));
    assert!(!std::path::Path::new(&format!("/proc/{program}")).exists());
    assert_eq!(show.notes(2), 0);
}

#[test]
fn a_program_that_crashes_again_and_again_is_given_up() {
    let mut show = Supervised::start(200);
    let mut killed = Vec::new();
    eventually("it is given up", || {
        let found = show.child().filter(|found| killed.last() != Some(found));
        if let Some(program) = found {
            Supervised::signal(program, Signal::KILL);
            killed.push(program);
        }
        matches!(show.supervisor.try_wait(), Ok(Some(_)))
    });
    assert!(killed.len() >= 6, "after {} crashes", killed.len());
    assert_eq!(show.end(), Some(128 + 9));
}

#[test]
fn an_error_is_not_a_crash_and_what_cannot_be_continued_is_not_supervised() {
    let room = Room::new();
    let missing = room.run("play missing.yaml --supervised --store s.redb");
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert_eq!(
        missing.err.matches("missing.yaml").count(),
        1,
        "{missing:?}"
    );
    room.write(
        "a.yaml",
        &score("a", 240, "  - rest: { call: rest, with: { beats: 1 } }\n"),
    );
    for lost in ["--store :memory:", "--store s.redb --clock virtual"] {
        let refused = room.run(&format!("play a.yaml --supervised {lost}"));
        assert_eq!(refused.code, Some(2), "{refused:?}");
    }
}

#[test]
fn the_crash_command_kills_a_supervised_program_and_no_other() {
    let show = Supervised::start(400);
    let program = show.program(None);
    show.room.succeed("fault crash --store s.redb");
    assert_ne!(show.program(Some(program)), program);
    show.plays(2);
    let history = show.room.history("s.redb", "ticks-1");
    let mut interrupted = history.iter().filter(|event| event["type"] == "TaskFailed");
    assert_eq!(interrupted.next().unwrap()["failure"]["injected"], true);

    let room = Room::new();
    let hum = "  - hum: { call: play, with: { instrument: a, pattern: \"c3*4\", repeat: 500 } }\n";
    room.write("hum.yaml", &score("hum", 240, hum));
    let mut alone = room.start("play hum.yaml --store s.redb --trace t.jsonl");
    eventually("it plays", || room.path("s.redb.sock").exists());
    let refused = room.run("fault crash --store s.redb");
    assert!(refused.err.contains("not supervised"), "{refused:?}");
    std::thread::sleep(Duration::from_millis(50));
    assert!(alone.try_wait().unwrap().is_none());
    alone.kill().unwrap();
    alone.wait().unwrap();
}
