//! The program that serves, and programs of others.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::free_port::free_port;

/// `fermata serve` on a store and a port of its own.
pub struct Serve {
    pub address: String,
    /// Where its HTTP API is.
    pub http: Option<String>,
    folder: TempDir,
    token: Option<&'static str>,
    child: Option<Child>,
}

impl Serve {
    /// Starts it and waits until it serves.
    pub fn start() -> Self {
        let port = free_port();
        Self::start_at(
            format!("127.0.0.1:{port}"),
            None,
            TempDir::new().unwrap(),
            None,
        )
    }

    /// As [`start`](Self::start), with Dapr's HTTP API.
    pub fn start_with_http() -> Self {
        let folder = TempDir::new().unwrap();
        Self::start_at(free_address(), Some(free_address()), folder, None)
    }

    /// As [`start`](Self::start), on a Unix socket.
    pub fn start_on_socket() -> Self {
        let folder = TempDir::new().unwrap();
        let address = format!("unix:{}", folder.path().join("serve.sock").display());
        Self::start_at(address, None, folder, None)
    }

    /// As [`start`](Self::start), with a token that others must send.
    pub fn start_with_token(token: &'static str) -> Self {
        let port = free_port();
        let folder = TempDir::new().unwrap();
        Self::start_at(
            format!("127.0.0.1:{port}"),
            Some(free_address()),
            folder,
            Some(token),
        )
    }

    fn start_at(
        address: String,
        http: Option<String>,
        folder: TempDir,
        token: Option<&'static str>,
    ) -> Self {
        let mut serve = Self {
            address,
            http,
            folder,
            token,
            child: None,
        };
        serve.run();
        serve
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs it, on the store that it had.
    pub fn run(&mut self) {
        let mut command = fermata();
        command.args(["serve", "--durable-task", &self.address]);
        command
            .arg("--store")
            .arg(self.folder.path().join("serve.redb"));
        if let Some(http) = &self.http {
            command.args(["--dapr-http", http]);
        }
        if let Some(token) = self.token {
            command.env("DAPR_API_TOKEN", token);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut stdout = BufReader::new(stdout);
        for address in std::iter::once(&self.address).chain(&self.http) {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            assert!(line.contains(address), "{line:?}");
        }
        self.child = Some(child);
    }

    /// Kills it at once.
    pub fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The program.
pub fn fermata() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fermata"));
    command.env_remove("DAPR_API_TOKEN");
    command
}

fn free_address() -> String {
    format!("127.0.0.1:{}", free_port())
}

/// A program of others: a script and the environment that it runs in.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    /// The variable that names the environment.
    pub variable: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// Programs of Microsoft's library.
pub const DURABLE_TASK: Script = Script {
    variable: "FERMATA_DURABLETASK_VENV",
    name: "durable_task.py",
};

/// Programs of Dapr's library. It cannot be in the same environment as Microsoft's.
pub const DAPR: Script = Script {
    variable: "FERMATA_DAPR_VENV",
    name: "dapr_workflow.py",
};

/// The scenarios of the program for JavaScript with a package, which is in the folder that a variable names.
pub fn javascript(variable: &str, package: &str, address: &str) -> BTreeMap<String, Value> {
    let folder = std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names a folder: see docs/testing.md"));
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/serve/durable_task.js");
    let mut command = Command::new("node");
    command.arg(script).args([package, address]);
    command.env("NODE_PATH", Path::new(&folder).join("node_modules"));
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    by_name(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

/// The results of scenarios by their names.
pub fn by_name(lines: Vec<Value>) -> BTreeMap<String, Value> {
    let each = lines.into_iter().map(|line| {
        let name = line["scenario"].as_str().unwrap().to_owned();
        (name, line["result"].clone())
    });
    each.collect()
}

impl Script {
    pub fn command(&self, arguments: &[&str]) -> Command {
        let folder = std::env::var(self.variable).unwrap_or_else(|_| {
            panic!(
                "{} names a Python environment: see docs/testing.md",
                self.variable
            )
        });
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/serve");
        let mut command = Command::new(Path::new(&folder).join("bin/python"));
        command.arg(script.join(self.name)).args(arguments);
        command.env_remove("DAPR_API_TOKEN");
        command
    }

    /// Runs it to its end.
    pub fn output(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        output
    }

    /// What it prints.
    pub fn text(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The lines of JSON that it prints.
    pub fn lines(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.text(arguments);
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// How an instance ends.
    pub fn end(&self, address: &str, instance: &str) -> Value {
        self.lines(&["await", address, instance]).remove(0)
    }

    /// Starts a worker and waits until it works.
    pub fn worker(&self, address: &str) -> Worker {
        Worker::of(self.command(&["worker", address]))
    }
}

/// A worker that runs until it is killed or dropped.
pub struct Worker(Child);

impl Worker {
    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "works");
        Self(child)
    }

    /// Kills it at once.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
