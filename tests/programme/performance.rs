//! A piece that is performed on the virtual clock by the built program.

use std::{fs, path::PathBuf, process::Command};

use serde_json::Value;

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
    /// Performs a piece to its end. The services that some pieces call run in the same process.
    pub fn of(piece: &str, sound: Sound) -> Self {
        let performance = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut program = program();
        program.args(["play", "--clock", "virtual", "--services", "--store"]);
        program.arg(performance.file("store.redb"));
        program.arg("--record").arg(performance.file("notes.mid"));
        if sound == Sound::Rendered {
            program.arg("--render").arg(performance.wav());
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
