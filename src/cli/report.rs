//! The messages, the progress line and the final report of `fermata play`.

use std::{io::IsTerminal, path::PathBuf};

use serde_json::json;

use super::terminal::{message, raw_message};
use crate::{
    app::play::PlayReporter,
    conductor::Conductor,
    engine::{Failure, InstanceSummary},
    score::Document,
};

/// The result of an instance, as one line of JSON.
pub(super) fn json_line(end: &InstanceSummary) -> String {
    json!({
        "id": end.id,
        "workflow": end.workflow,
        "status": end.status,
        "output": end.output,
        "failure": end.failure,
    })
    .to_string()
}

/// The files of scores, to tell in which line something failed.
pub(super) struct Origins(Vec<(PathBuf, Document)>);

impl Origins {
    /// Scores in the order of their files.
    pub fn new(files: &[PathBuf], documents: &[Document]) -> Self {
        Self(
            files
                .iter()
                .cloned()
                .zip(documents.iter().cloned())
                .collect(),
        )
    }

    /// Where the task is that a failure names: `file:line: task`.
    fn place(&self, end: &InstanceSummary, failure: &Failure) -> Option<String> {
        let details: serde_json::Value = failure.details.as_ref()?.decode().ok()?;
        let pointer = details.get("instance")?.as_str()?;
        let mut scores = self.0.iter();
        let (file, document) = scores.find(|(_, document)| document.name == end.workflow)?;
        let mut place = None;
        document.each_task(&mut |task| {
            if task.pointer == pointer {
                let line = task.lines.start();
                place = Some(format!("{}:{line}: task `{}`", file.display(), task.name));
            }
        });
        place
    }
}

/// The result of an instance, as text.
pub(super) fn text_line(end: &InstanceSummary, origins: &Origins) -> String {
    let took = end.closed_at.unwrap_or_default().since(end.started_at);
    let mut line = format!(
        "{}: {} after {:.1} s",
        end.id,
        end.status,
        took.as_secs_f64()
    );
    if let Some(failure) = &end.failure {
        match origins.place(end, failure) {
            Some(place) => line += &format!(" ({place}: {})", failure.message),
            None => line += &format!(" ({})", failure.message),
        }
    }
    line
}

/// Reports on standard error. The progress line appears only on a terminal.
pub(super) struct Terminal;

impl PlayReporter for Terminal {
    fn message(&self, text: &str) {
        message(text);
    }

    fn progress(&self, conductor: &Conductor) {
        let player = conductor.player();
        let transport = player.transport();
        let (bar, beat) = transport.bar_and_beat(transport.position(player.now()));
        let meters = player.meters();
        raw_message(&format!(
            "\r\x1b[Kbar {bar}.{beat}   {} BPM   {} sounding   {} sent, {} late\r",
            transport.tempo(player.now()),
            meters.sounding,
            meters.sent,
            meters.late,
        ));
    }

    fn shows_progress(&self) -> bool {
        std::io::stderr().is_terminal()
    }
}
