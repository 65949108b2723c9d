//! How long it is silent when the program crashes: from the kill to the next note on a JACK server.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use super::{PATIENCE, device, on_a_server};
use crate::{
    common::jack_server::Process,
    rack::{bars, score},
    receiver::Receiver,
};

/// How often it crashes. The supervisor gives up after five crashes within ten seconds.
const CRASHES: usize = 10;
/// How long it plays between two crashes.
const BETWEEN: Duration = Duration::from_millis(2_500);
/// How long half of the silences may be.
const SILENCE: Duration = Duration::from_secs(2);

#[test]
fn after_a_crash_music_is_back_on_a_jack_server_within_two_seconds() {
    on_a_server("jack::crash::in_the_child", 4 * PATIENCE);
}

/// A supervised program that plays; ended with the test.
struct Show {
    supervisor: Process,
}

impl Show {
    fn start(folder: &Path) -> Self {
        // It plays for much longer than the test takes, with a bar in 1.2 s.
        let score = score("Volca", &bars(400)).replace("tempo: 120", "tempo: 200");
        std::fs::write(folder.join("piece.yaml"), score).unwrap();
        let supervisor = Command::new(env!("CARGO_BIN_EXE_fermata"))
            .args(["play", "piece.yaml", "--supervised", "--store", "s.redb"])
            .current_dir(folder)
            .stdout(Stdio::null())
            .spawn();
        Self {
            supervisor: Process(supervisor.unwrap()),
        }
    }

    fn supervisor(&self) -> &Child {
        &self.supervisor.0
    }

    /// Kills the program that the supervisor has started.
    fn crash(&self) {
        let id = self.supervisor().id();
        let children = format!("/proc/{id}/task/{id}/children");
        let child = std::fs::read_to_string(children).unwrap();
        let kill = format!("kill -KILL {}", child.trim());
        let killed = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(killed.success(), "{kill}");
    }
}

fn next_note(ear: &Receiver, heard: usize) {
    let begun = Instant::now();
    while ear.strikes().len() <= heard {
        assert!(begun.elapsed() < PATIENCE, "no note comes");
        sleep(Duration::from_millis(2));
    }
}

#[test]
#[ignore = "a part of the test above"]
fn in_the_child() {
    let (_device, ear) = device("Volca");
    let folder = tempfile::tempdir().unwrap();
    let show = Show::start(folder.path());
    next_note(&ear, 0);
    let mut silences = Vec::new();
    for _ in 0..CRASHES {
        sleep(BETWEEN);
        show.crash();
        let killed = Instant::now();
        // What is still under way belongs to the time before.
        sleep(Duration::from_millis(20));
        next_note(&ear, ear.strikes().len());
        silences.push(killed.elapsed());
    }
    silences.sort_unstable();
    let median = silences[CRASHES / 2];
    println!("from the crash to the next note: {silences:?}, median {median:?}");
    assert!(median < SILENCE, "{silences:?}");
}
