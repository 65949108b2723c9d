//! Plays scores with secrets, and looks for them in everything that Fermata writes.

use std::{fs, path::Path, process::Command};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fermata::{
    conductor::ScoreRun,
    engine::{Committed, History, InstanceSummary},
    view::{
        EventCount, HistorySource, LaneModel, OpenedHistory, OpeningNumber, RunData, TransportView,
    },
};
use serde_json::{Value, json};

use crate::harness::{Outcome, Room, json_lines};

/// A score and the secrets with which it is played.
pub struct Play {
    pub room: Room,
    secrets: Vec<(String, String)>,
    /// Everything that was printed.
    printed: Vec<u8>,
}

impl Play {
    /// The score `tasks` with `use` and these tasks.
    pub fn of(tasks: Value, used: Value) -> Self {
        let document = json!({
            "document": { "dsl": "1.0.3", "namespace": "test", "name": "tasks", "version": "1.0.0" },
            "use": used,
            "do": tasks,
        });
        crate::schema::takes(&document);
        let room = Room::new();
        room.write("tasks.json", &document.to_string());
        Self {
            room,
            secrets: Vec::new(),
            printed: Vec::new(),
        }
    }

    /// With a secret in an environment variable.
    pub fn with(mut self, variable: &str, value: &str) -> Self {
        self.secrets
            .push((format!("FERMATA_SECRET_{variable}"), value.to_owned()));
        self
    }

    pub fn command(&self, args: &str) -> Command {
        let mut command = self.room.command(args);
        command
            .envs(self.secrets.iter().cloned())
            .env("RUST_LOG", "trace");
        command
    }

    pub fn run(&mut self, args: &str) -> Outcome {
        let outcome = Outcome::of(self.command(args));
        self.printed.extend(outcome.out.as_bytes());
        self.printed.extend(outcome.err.as_bytes());
        outcome
    }

    /// Plays it to its end, as JSON.
    pub fn end(&mut self) -> Value {
        let outcome = self.run(
            "play tasks.json --clock virtual --store s.redb --tasks t.jsonl --record rec/ --log log.txt -o json",
        );
        let mut ends = json_lines(&outcome.out);
        assert_eq!(ends.len(), 1, "{outcome:#?}");
        ends.remove(0)
    }

    /// The output of one that completes.
    pub fn output(&mut self) -> Value {
        let end = self.end();
        assert_eq!(end["status"], "Completed", "{end:#}");
        end["output"].clone()
    }

    /// The error of one that fails: the end of its type, its status, and its detail.
    pub fn error(&mut self) -> (String, Value, String) {
        let end = self.end();
        assert_eq!(end["status"], "Failed", "{end:#}");
        let details = &end["failure"]["details"];
        let kind = details["type"].as_str().unwrap().rsplit('/').next();
        let detail = details["detail"].as_str().unwrap().to_owned();
        (kind.unwrap().to_owned(), details["status"].clone(), detail)
    }

    /// Nothing that is written, printed or shown has one of these texts, in any of the usual forms.
    #[track_caller]
    pub fn hides(mut self, secrets: &[&str]) {
        for args in [
            "history tasks-1 --store s.redb",
            "history tasks-1 --store s.redb -o json",
            "list --store s.redb",
            "search --store s.redb",
            "check tasks.json",
        ] {
            self.run(args);
        }
        let exported = self.run("export tasks-1 --store s.redb");
        assert_eq!(exported.code, Some(0), "{exported:#?}");
        let mut all = vec![
            ("what was printed".to_owned(), self.printed.clone()),
            ("the window".to_owned(), shown(&exported.out).into_bytes()),
        ];
        files(self.room.path("").as_path(), &mut all);
        assert!(all.iter().any(|(name, _)| name.ends_with("s.redb")));
        assert!(all.iter().any(|(name, _)| name.ends_with("log.txt")));
        for secret in secrets {
            assert!(secret.len() > 5, "too short to be looked for");
            let base64 = STANDARD.encode(secret);
            let uri: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
            for form in [secret, base64.trim_end_matches('='), uri.as_str()] {
                for (name, bytes) in &all {
                    let found = bytes
                        .windows(form.len())
                        .any(|part| part == form.as_bytes());
                    assert!(!found, "{form} is in {name}");
                }
            }
        }
    }
}

/// The lane of a history and the data of its run at every moment, as the window has them.
fn shown(exported: &str) -> String {
    let history = History::from_json(exported).unwrap();
    let commit = Committed {
        instance: InstanceSummary::new(history.instance.clone(), "tasks".to_owned()),
        events: history.events.clone(),
        annotations: Vec::new(),
        log: Vec::new(),
    };
    let source = HistorySource::File("e.json".into());
    let opened = OpenedHistory::fold(
        OpeningNumber(1),
        &history.instance,
        &[commit],
        source,
        TransportView::default(),
    );
    let lane = LaneModel::clone(&opened.unwrap().lane);
    let run = ScoreRun::of(&history.instance, &history.events);
    let mut text = format!("{lane:?} {:?}", history.events);
    for count in 1..=history.events.len() {
        let count = EventCount(count);
        let state = lane.after(count, None);
        let data = RunData::of(&lane, &state, count, Some(&run));
        for value in data.values {
            text += &format!("{} {}", value.name, value.value.to_json());
        }
    }
    text
}

fn files(folder: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, all),
            false => all.push((path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
}
