//! A `fermata worker`, and what it plays.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use serde_json::Value;
use tempfile::TempDir;

use super::harness::{PATIENCE, Server};

/// A note of a performance.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Note {
    /// Its beat, counted from the first note of the performance.
    pub beat: f64,
    /// Its channel, from 0.
    pub channel: u64,
    pub key: u64,
    pub velocity: u64,
}

/// A score of the tests.
pub fn score(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/temporal/scores");
    folder.join(format!("{name}.yaml"))
}

/// The program.
pub fn fermata() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fermata"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TEMPORAL_")) {
        command.env_remove(name);
    }
    command
}

/// `fermata ARGUMENTS --backend` with a server; what it prints.
#[track_caller]
pub fn ask(server: &Server, arguments: &[&str]) -> String {
    let address = format!("temporal://{}/default", server.address());
    let output = fermata()
        .args(arguments)
        .args(["--backend", &address])
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{arguments:?}: {out}{err}");
    out
}

/// Waits until something holds.
#[track_caller]
pub fn eventually(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "{what}: never");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// A program that plays, with a trace of what it plays.
pub struct Playing {
    folder: TempDir,
    child: Option<Child>,
}

impl Playing {
    fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    fn start_with(arguments: &[&str], variables: &[(&str, String)]) -> Self {
        let folder = TempDir::new().unwrap();
        let child = fermata()
            .args(arguments)
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .arg("--trace")
            .arg(folder.path().join("trace.jsonl"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            folder,
            child: Some(child),
        }
    }

    /// A worker of a server.
    pub fn worker(server: &Server) -> Self {
        let address = format!("temporal://{}/default", server.address());
        Self::start(&["worker", &address])
    }

    /// As [`worker`](Self::worker), that asks for the next phrase this many milliseconds before one ends.
    pub fn worker_with_horizon(server: &Server, milliseconds: u32) -> Self {
        let address = format!("temporal://{}/default", server.address());
        Self::start(&["worker", &address, "--horizon", &milliseconds.to_string()])
    }

    /// A worker of a server that is reached at a port over TLS.
    pub fn worker_over_tls(port: u16, variables: &[(&str, String)]) -> Self {
        let address = format!("temporals://127.0.0.1:{port}/default");
        Self::start_with(&["worker", &address], variables)
    }

    /// The own engine, with an instance `own` of a score.
    pub fn own_engine(name: &str, store: &Path) -> Self {
        let score = score(name);
        let (score, store) = (score.to_str().unwrap(), store.to_str().unwrap());
        Self::start(&["play", score, "--id", "own", "--store", store])
    }

    /// A score on the own engine, in simulated time.
    pub fn simulated(name: &str) -> Self {
        let score = score(name);
        let score = score.to_str().unwrap();
        Self::start(&["play", score, "--clock", "virtual", "--store", ":memory:"])
    }

    /// The notes that it has played, in order.
    pub fn notes(&self) -> Vec<Note> {
        self.select(|_| true)
    }

    /// Those of one instance.
    pub fn notes_of(&self, instance: &str) -> Vec<Note> {
        self.select(|line| line["instance"] == instance)
    }

    fn select(&self, select: impl Fn(&Value) -> bool) -> Vec<Note> {
        notes(&self.folder.path().join("trace.jsonl"), select)
    }

    /// Waits until it has played so many notes.
    #[track_caller]
    pub fn until(&self, count: usize) {
        eventually("its notes", || self.notes().len() >= count);
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub fn until_end(&mut self) {
        let mut child = self.child.take().unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// Kills it with signal 9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The notes of a trace, in order. The last line may be cut.
fn notes(trace: &Path, select: impl Fn(&Value) -> bool) -> Vec<Note> {
    let text = std::fs::read_to_string(trace).unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let notes = lines.filter(select).filter_map(|line| {
        let byte = |index: usize| line["bytes"][index].as_u64().unwrap_or_default();
        let is_on = byte(0) >> 4 == 9 && byte(2) > 0;
        is_on.then(|| Note {
            beat: line["beat"].as_f64().unwrap(),
            channel: byte(0) & 15,
            key: byte(1),
            velocity: byte(2),
        })
    });
    let mut notes: Vec<_> = notes.collect();
    notes.sort_by(|a, b| a.partial_cmp(b).unwrap());
    notes
}
