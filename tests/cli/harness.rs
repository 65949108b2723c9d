//! A working folder, the program run in it, and its results.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

/// A fresh folder that is both the working directory and the home of the program.
pub struct Room {
    folder: tempfile::TempDir,
}

/// How a run of the program ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Room {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        let path = self.path(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The names of the files in it.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    /// The program, with these arguments, separated by spaces.
    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fermata"));
        command
            .args(args.split_whitespace())
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, args: &str) -> Outcome {
        Outcome::of(self.command(args))
    }

    /// Runs the program to its end, which must be a good one.
    pub fn succeed(&self, args: &str) -> String {
        let outcome = self.run(args);
        assert_eq!(outcome.code, Some(0), "fermata {args}: {outcome:#?}");
        outcome.out
    }

    pub fn start(&self, args: &str) -> Child {
        self.command(args).spawn().unwrap()
    }

    /// Every line of a file of JSON lines; a last line that was cut off is left out.
    pub fn json_lines(&self, name: &str) -> Vec<Value> {
        let text = String::from_utf8(self.read(name)).unwrap();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        json_lines(whole)
    }

    pub fn trace(&self, name: &str) -> Vec<Sent> {
        self.json_lines(name).iter().map(Sent::of).collect()
    }

    /// The history of an instance, as the program prints it.
    pub fn history(&self, store: &str, id: &str) -> Vec<Value> {
        let out = self.succeed(&format!("history {id} --store {store} -o json"));
        serde_json::from_str(&out).unwrap()
    }
}

impl Outcome {
    pub fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub fn json_lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Waits until a condition is true, at most a minute: the machine may be busy.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{what}: not within a minute"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether the machine stopped for so long while an instance played that something was due meanwhile: it was
/// played bars later, on purpose.
pub fn was_late(history: &[Value]) -> bool {
    let at = |value: &Value| value["at"].as_str().map(str::to_owned);
    let asked = history.iter().filter_map(|event| {
        let id = event["eventId"].as_u64()?;
        Some((id, at(&event["input"])?))
    });
    let asked: HashMap<u64, String> = asked.collect();
    history.iter().any(|event| {
        let id = event["scheduled"].as_u64();
        let asked = id.and_then(|id| asked.get(&id));
        match (asked, at(&event["result"])) {
            (Some(asked), Some(played)) => *asked != played,
            _ => false,
        }
    })
}

/// Plays something in real time, and again if the machine was too busy for that, five times at most.
pub fn in_time<T>(mut play: impl FnMut() -> Option<T>) -> T {
    const TRIES: u32 = 5;
    let played = (0..TRIES).find_map(|_| play());
    played.unwrap_or_else(|| panic!("played bars later than asked for, {TRIES} times"))
}

/// Whether a file has anything in it.
pub fn is_filled(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.len() > 0)
}

/// A message of a trace.
#[derive(Debug, Clone)]
pub struct Sent {
    pub due: u64,
    pub sent: u64,
    pub beat: f64,
    pub bytes: Vec<u8>,
    pub instance: Option<String>,
}

impl Sent {
    fn of(line: &Value) -> Self {
        let bytes = line["bytes"].as_array().unwrap().iter();
        Self {
            due: line["due_ns"].as_u64().unwrap(),
            sent: line["sent_ns"].as_u64().unwrap(),
            beat: line["beat"].as_f64().unwrap(),
            bytes: bytes.map(|byte| byte.as_u64().unwrap() as u8).collect(),
            instance: line["instance"].as_str().map(str::to_owned),
        }
    }

    pub fn is_on(&self) -> bool {
        self.bytes[0] & 0xf0 == 0x90 && self.bytes[2] > 0
    }

    pub fn is_off(&self) -> bool {
        self.bytes[0] & 0xf0 == 0x80 || (self.bytes[0] & 0xf0 == 0x90 && self.bytes[2] == 0)
    }

    pub fn key(&self) -> u8 {
        self.bytes[1]
    }
}

/// Note-ons without their note-offs, and the other way round, by channel and key.
pub fn hanging(trace: &[Sent]) -> HashMap<(u8, u8), i32> {
    let mut notes = HashMap::new();
    for message in trace {
        let note = notes.entry((message.bytes[0] & 0x0f, message.bytes[1]));
        if message.is_on() {
            *note.or_default() += 1;
        } else if message.is_off() {
            *note.or_default() -= 1;
        }
    }
    notes.retain(|_, count| *count != 0);
    notes
}

/// A score for the instruments `a`, `b` and `drums`. The drummer misses two attempts in bar 2.
pub fn score(name: &str, tempo: u32, tasks: &str) -> String {
    format!(
        "document:
  dsl: 1.0.0
  namespace: test
  name: {name}
  version: 1.0.0
  metadata:
    fermata:
      tempo: {tempo}
      meter: 4/4
      instruments:
        a: {{ patch: bell }}
        b: {{ patch: pluck }}
        drums: {{ kit: studio, fault: {{ fail: 2, bar: 2 }} }}
do:
{tasks}"
    )
}
