//! A piece that is performed on the virtual clock by the built program.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{notes::Notes, score};

/// What a performance left.
pub struct Performance {
    folder: tempfile::TempDir,
}

/// What is wanted of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    Rendered,
    NotRendered,
}

impl Performance {
    /// Performs a piece to its end. One that calls services has services of its own.
    pub fn of(piece: &str, sound: Sound) -> Self {
        let performance = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let services = CALLS_SERVICES.contains(&piece).then(Services::start);
        let mut program = program();
        program.args(["play", "--clock", "virtual", "--store"]);
        program.arg(performance.file("store.redb"));
        program.arg("--record").arg(performance.file("notes.mid"));
        if sound == Sound::Rendered {
            program.arg("--render").arg(performance.wav());
        }
        if let Some(services) = &services {
            let input = json!({ "services": services.url });
            program.arg("--input").arg(input.to_string());
        }
        let output = program.arg(score(piece)).output().unwrap();
        assert!(output.status.success(), "{piece}: {output:?}");
        performance
    }

    /// What other programs have left in a folder.
    pub fn left_in(folder: tempfile::TempDir) -> Self {
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The sound, if it was rendered.
    pub fn wav(&self) -> PathBuf {
        self.file("sound.wav")
    }

    /// The notes, as another program reads the recording.
    pub fn notes(&self) -> Notes {
        Notes::read(&fs::read(self.file("notes.mid")).unwrap())
    }

    /// The instances, in the order in which they started.
    pub fn instances(&self) -> Vec<String> {
        let mut instances = self.json(&["list", "-o", "json"]);
        let list = instances.as_array_mut().unwrap();
        list.sort_by_key(|one| one["startedAt"].as_str().unwrap().to_owned());
        let ids = list.iter().map(|one| one["id"].as_str().unwrap());
        ids.map(str::to_owned).collect()
    }

    /// The events of an instance.
    pub fn history(&self, id: &str) -> Vec<Value> {
        let history = self.json(&["history", id, "-o", "json"]);
        history.as_array().unwrap().clone()
    }

    fn json(&self, words: &[&str]) -> Value {
        let mut program = program();
        program
            .args(words)
            .arg("--store")
            .arg(self.file("store.redb"));
        let output = program.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// The built program, without the settings of whoever runs the test.
pub fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_fermata"));
    program.env_remove("RUST_LOG");
    program
}

/// The pieces that call services.
const CALLS_SERVICES: [&str; 3] = ["two-cities", "order", "fleet"];

/// `fermata services` on a port of its own.
struct Services {
    process: Child,
    url: String,
}

impl Services {
    fn start() -> Self {
        let mut program = program();
        program.args(["services", "--quiet", "--port", "0"]);
        let mut process = program.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let output = process.stdout.take().expect("it is piped");
        BufReader::new(output).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("services at ");
        let url = url.unwrap_or_else(|| panic!("{line}")).to_owned();
        Self { process, url }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
