//! The progress line of `fermata play`, and its report at the end.

use std::{io::IsTerminal, time::Duration};

use serde_json::json;

use super::terminal::raw_message;
use crate::{conductor::Conductor, engine::InstanceSummary};

/// An instance at its end, as one line of JSON.
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

/// An instance at its end, for people.
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

/// The line on the terminal that shows position and counters. Without a terminal there is none.
pub(super) async fn progress_line(conductor: Conductor) {
    if !std::io::stderr().is_terminal() {
        return std::future::pending().await;
    }
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tick.tick().await;
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
}
