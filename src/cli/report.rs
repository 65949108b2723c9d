//! The messages, the progress line and the final report of `fermata play`.

use std::io::IsTerminal;

use serde_json::json;

use super::terminal::{message, raw_message};
use crate::{app::play::PlayReporter, conductor::Conductor, engine::InstanceSummary};

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

/// The result of an instance, as text.
pub(super) fn text_line(end: &InstanceSummary) -> String {
    let took = end.closed_at.unwrap_or_default().since(end.started_at);
    let mut line = format!(
        "{}: {} after {:.1} s",
        end.id,
        end.status,
        took.as_secs_f64()
    );
    if let Some(failure) = &end.failure {
        line += &format!(" ({})", failure.message);
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
