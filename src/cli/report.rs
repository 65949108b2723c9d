//! What `fermata play` tells while it plays and at the end.

use std::{
    io::{ErrorKind, IsTerminal, Write},
    time::Duration,
};

use serde_json::json;

use super::CliError;
use crate::{conductor::Conductor, engine::InstanceSummary};

/// Prints a line.
pub(super) fn print(line: &str) -> Result<(), CliError> {
    print_bytes(format!("{line}\n").as_bytes())
}

/// Prints data as it is. A reader that has gone away (`| head`) has what it wanted; a full disk is an
/// error.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        _ => Ok(()),
    }
}

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

/// The line on the terminal that shows where the music is; none if nobody looks.
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
        // A terminal that cannot be written to shows nothing.
        let _ = write!(
            std::io::stderr(),
            "\r\x1b[Kbar {bar}.{beat}   {} BPM   {} sounding   {} sent, {} late\r",
            transport.tempo(player.now()),
            meters.sounding,
            meters.sent,
            meters.late,
        );
    }
}

/// Removes the progress line.
pub(super) fn clear_progress_line() {
    if std::io::stderr().is_terminal() {
        // The same.
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}
