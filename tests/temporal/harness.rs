//! A real Temporal server, and a worker of another language.
//!
//! Both come from a Python environment that the variable `FERMATA_TEMPORAL_VENV` names: see
//! docs/testing.md.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use fermata::{
    backend::{
        Backend, BackendAddress, BackendNews, HistoryFile, Imported, InstanceCommand, Moment,
        Private, Watched, attach,
    },
    engine::{Event, EventId, EventKind, InstanceId, InstanceSummary},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

use crate::common::free_port::free_port;

/// How long anything may take that happens at once on a machine that has time.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A program of the environment.
pub fn program(name: &str) -> PathBuf {
    let folder = std::env::var("FERMATA_TEMPORAL_VENV")
        .expect("FERMATA_TEMPORAL_VENV names the Python environment: see docs/testing.md");
    Path::new(&folder).join("bin").join(name)
}

/// Whether the server pauses workflows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pausing {
    Enabled,
    Disabled,
}

/// A server on a port of its own.
pub struct Server {
    pub port: u16,
    folder: TempDir,
    pausing: Pausing,
    child: Option<Child>,
}

impl Server {
    /// Starts a server and waits until it answers.
    pub async fn start(pausing: Pausing) -> Self {
        let mut server = Self {
            port: free_port(),
            folder: TempDir::new().unwrap(),
            pausing,
            child: None,
        };
        server.run();
        server.attach().await;
        server
    }

    /// Runs the server, on the database that it had.
    pub fn run(&mut self) {
        let database = self.folder.path().join("temporal.db");
        let mut command = Command::new(program("temporal"));
        command.args(["server", "start-dev", "--headless", "--ip", "127.0.0.1"]);
        command.args(["--log-level", "never", "--port", &self.port.to_string()]);
        command.arg("--db-filename").arg(database);
        if self.pausing == Pausing::Enabled {
            let setting = "frontend.WorkflowPauseEnabled=true";
            command.args(["--dynamic-config-value", setting]);
        }
        let quiet = command.stdout(Stdio::null()).stderr(Stdio::null());
        self.child = Some(quiet.spawn().expect("the server starts"));
    }

    /// Kills the server.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// `HOST:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The server as a backend, as soon as it answers.
    pub async fn attach(&self) -> Arc<dyn Backend> {
        self.attach_at(self.port).await
    }

    /// The same by another port.
    pub async fn attach_at(&self, port: u16) -> Arc<dyn Backend> {
        let text = format!("temporal://127.0.0.1:{port}/default");
        let address = BackendAddress::with_environment(&text, |_| None).unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            match attach(&address).await {
                Ok(backend) => return backend,
                Err(error) => assert!(Instant::now() < end, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What Temporal's own program says.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let output = Command::new(program("temporal"))
            .args(arguments)
            .args(["--address", &self.address()])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{arguments:?}: {text}");
        text
    }

    /// The exported history of a run; empty: of the latest.
    pub fn exported(&self, workflow: &str, run: &str) -> Exported {
        let mut arguments = vec!["workflow", "show", "-o", "json", "--workflow-id", workflow];
        if !run.is_empty() {
            arguments.extend(["--run-id", run]);
        }
        Exported(self.cli(&arguments))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A history as Temporal's own program exports it.
pub struct Exported(String);

impl Exported {
    /// As a file of it is read.
    pub fn read(&self) -> Imported {
        let file = HistoryFile {
            bytes: self.0.as_bytes(),
            name: "exported",
            private: Private::Hidden,
        };
        file.read().unwrap()
    }

    /// The types of its events.
    pub fn types(&self) -> Vec<String> {
        let json: Value = serde_json::from_str(&self.0).unwrap();
        let events = json["events"].as_array().unwrap();
        let types = events.iter().map(|event| event["eventType"].as_str());
        types.map(|name| name.unwrap().to_owned()).collect()
    }

    /// The attributes of its last event of a type.
    pub fn last(&self, event_type: &str) -> Value {
        let json: Value = serde_json::from_str(&self.0).unwrap();
        let events = json["events"].as_array().unwrap();
        let mut found = events.iter().rev();
        let found = found.find(|event| event["eventType"] == event_type);
        let found = found.unwrap_or_else(|| panic!("no {event_type} in {json:#}"));
        let fields = found.as_object().unwrap();
        let attributes = fields.iter().find(|(name, _)| name.ends_with("Attributes"));
        attributes.unwrap().1.clone()
    }
}

/// A worker of another language.
pub struct Worker {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    /// Starts a worker and waits until it takes up workflows.
    pub fn start(server: &Server) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/temporal/worker.py");
        let mut child = Command::new(program("python"))
            .arg(script)
            .arg(server.address())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the worker starts");
        let requests = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready");
        Self {
            child,
            requests,
            answers,
        }
    }

    /// Asks the worker for something.
    pub fn ask(&mut self, request: Value) -> Result<Value, String> {
        writeln!(self.requests, "{request}").unwrap();
        // What the worker's library logs stands between the answers.
        let mut answer = loop {
            let mut line = String::new();
            assert_ne!(
                self.answers.read_line(&mut line).unwrap(),
                0,
                "the worker has ended"
            );
            if let Ok(answer) = serde_json::from_str::<Value>(&line) {
                break answer;
            }
        };
        match answer["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(answer["answer"].take()),
        }
    }

    /// Starts a workflow.
    pub fn begin(&mut self, workflow: &str, id: &str, arguments: Value) {
        let request = json!({ "start": workflow, "id": id, "args": arguments });
        self.ask(request).unwrap();
    }

    /// Waits until a workflow has ended.
    pub fn result(&mut self, id: &str) -> Value {
        self.ask(json!({ "result": id })).unwrap()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The id of an instance of the namespace.
pub fn id(workflow: &str) -> InstanceId {
    InstanceId::new(format!("temporal:default/{workflow}")).unwrap()
}

/// Raises an event.
pub fn raise(name: &str, data: Value) -> InstanceCommand {
    InstanceCommand::Raise {
        name: name.into(),
        data,
    }
}

/// A lane as its news tell it.
#[derive(Debug, Default, Clone)]
pub struct Shown {
    pub events: Vec<Event>,
    pub moments: Vec<Moment>,
    pub summary: Option<InstanceSummary>,
    /// Its earlier runs.
    pub runs: Vec<Vec<Event>>,
}

impl Shown {
    /// Takes news of the lane. The ids of events have no gaps, and their times never go back.
    pub fn take(&mut self, summary: &InstanceSummary, events: &[Event], moment: Moment) {
        for event in events {
            if event.id == EventId(0) && !self.events.is_empty() {
                self.runs.push(std::mem::take(&mut self.events));
                let before = self.summary.as_ref().unwrap().run;
                assert!(summary.run > before, "run {} after {before}", summary.run);
            }
            let expected = EventId(self.events.len() as u64);
            assert_eq!(event.id, expected, "{:?}", event.kind);
            let last = self.events.last();
            assert!(last.is_none_or(|last| last.at <= event.at), "{event:?}");
            self.events.push(event.clone());
            self.moments.push(moment);
        }
        self.summary = Some(summary.clone());
    }
}

/// How many events there are, without the starts of activities: a lane tells some of them before the history
/// does, and notes them when it does.
pub fn count_without_starts(events: &[Event]) -> usize {
    let is_start = |kind: &EventKind| match kind {
        EventKind::TaskStarted { .. } => true,
        EventKind::Noted { what, .. } => what == "ActivityTaskStarted",
        _ => false,
    };
    events.iter().filter(|event| !is_start(&event.kind)).count()
}

/// What a backend tells while it is followed.
pub struct Following {
    pub news: mpsc::Receiver<BackendNews>,
    pub watched: watch::Sender<Watched>,
    pub lanes: std::collections::HashMap<InstanceId, Shown>,
    pub links: Vec<fermata::backend::Link>,
    pub overview: Option<fermata::backend::BackendOverview>,
}

impl Following {
    /// Follows these workflows, and others as far as there are lanes.
    pub fn start(backend: &Arc<dyn Backend>, chosen: &[&str]) -> Self {
        let watched = Watched {
            chosen: chosen.iter().map(|workflow| id(workflow)).collect(),
            matching: String::new(),
        };
        let (watched, receiver) = watch::channel(watched);
        Self {
            news: backend.follow(receiver),
            watched,
            lanes: Default::default(),
            links: Vec::new(),
            overview: None,
        }
    }

    /// Takes the next news.
    pub async fn next(&mut self) {
        let news = tokio::time::timeout(PATIENCE, self.news.recv()).await;
        match news.expect("there is news").expect("it goes on") {
            BackendNews::Committed { commit, moment } => {
                let lane = self.lanes.entry(commit.instance.id.clone()).or_default();
                lane.take(&commit.instance, &commit.events, moment);
            }
            BackendNews::Unwatched(id) => {
                self.lanes.remove(&id);
            }
            BackendNews::Overview(overview) => self.overview = Some(overview),
            BackendNews::Link(link) => self.links.push(link),
        }
    }

    /// Takes news until something holds.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(self) {
            let is_late = Instant::now() > end;
            assert!(
                !is_late,
                "{what}: {} lanes, {:?}, {:#?}",
                self.lanes.len(),
                self.links,
                self.overview.as_ref().map(|overview| &overview.counts)
            );
            self.next().await;
        }
    }

    /// A lane.
    pub fn lane(&self, workflow: &str) -> Option<&Shown> {
        self.lanes.get(&id(workflow))
    }

    /// Whether a lane is there and something holds for it.
    pub fn has(&self, workflow: &str, holds: impl Fn(&Shown) -> bool) -> bool {
        self.lane(workflow).is_some_and(holds)
    }
}
