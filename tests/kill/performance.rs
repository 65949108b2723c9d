//! The disk fails under the real program while it plays.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

use crate::power::{Fault, Machine};

const SCORE: &str = r#"
document:
  dsl: "1.0.0"
  namespace: tests
  name: band
  version: "1.0.0"
  metadata: { fermata: { tempo: 400, instruments: { a: { patch: pluck } } } }
do:
  - n: { call: play, with: { instrument: a, pattern: "c4*8", repeat: 8 } }
"#;

/// Where a performance leaves its files.
struct Stage<'a> {
    machine: &'a Machine,
    home: &'a Path,
    store: PathBuf,
    trace: PathBuf,
}

impl Stage<'_> {
    fn run(&self, args: &[&str], fault: Fault) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_fermata"));
        program
            .args(args)
            .arg("--store")
            .arg(&self.store)
            .env("HOME", self.home)
            .env("XDG_DATA_HOME", self.home.join("data"))
            .env("XDG_CONFIG_HOME", self.home.join("config"));
        self.machine.host(&mut program, fault);
        program.output().unwrap()
    }

    /// The last event whose note was sent. If no store was created there is no trace.
    fn acknowledged(&self) -> Option<u64> {
        let trace = fs::read_to_string(&self.trace).unwrap_or_default();
        let lines = trace.lines().map(serde_json::from_str::<Value>);
        lines
            .flatten()
            .filter_map(|line| line["event_id"].as_u64())
            .max()
    }
}

#[test]
fn if_the_disk_fails_everything_heard_is_in_the_history() {
    let Some(machine) = Machine::new() else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let score = home.path().join("band.yaml");
    fs::write(&score, SCORE).unwrap();
    let mut chance = 3;
    for (round, nth) in [3, 11, 15, 19, 24, 30].into_iter().enumerate() {
        let stage = Stage {
            machine: &machine,
            home: home.path(),
            store: machine.files().join(format!("s{round}.redb")),
            trace: home.path().join(format!("t{round}.jsonl")),
        };
        let trace = stage.trace.to_str().unwrap();
        let play = [
            "play",
            score.to_str().unwrap(),
            "--id",
            "x",
            "--trace",
            trace,
        ];
        let played = stage.run(&play, Fault::Sync(nth));
        let stderr = String::from_utf8_lossy(&played.stderr);
        assert_eq!(played.status.code(), Some(1), "sync {nth}: {stderr}");
        assert!(
            stderr.contains("failed (Input/output error"),
            "sync {nth}: {stderr}"
        );
        if round % 2 == 1 && stage.store.exists() {
            // With the power on the store is rebuilt, and then it goes.
            let listed = stage.run(&["list"], Fault::Nothing);
            assert!(listed.status.success(), "{listed:?}");
        }
        machine.cut_power(&stage.store, &mut chance);
        let history = stage.run(&["history", "x", "-o", "json"], Fault::Nothing);
        let events: Vec<Value> = match history.status.success() {
            true => serde_json::from_slice(&history.stdout).unwrap(),
            // The sync that failed was that of its first commit.
            false => Vec::new(),
        };
        let acknowledged = stage.acknowledged();
        assert!(
            acknowledged.is_none_or(|last| last < events.len() as u64),
            "sync {nth}: heard up to event {acknowledged:?}, kept {}: {history:?}",
            events.len()
        );
    }
}
