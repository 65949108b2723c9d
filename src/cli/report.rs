//! What `fermata play` tells while it plays and at the end.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufWriter, ErrorKind, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;

use super::CliError;
use crate::{
    conductor::Conductor,
    engine::{Committed, InstanceId, InstanceSummary},
    score::{TaskBook, TaskProgress},
};

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

/// Writes what the tasks of the scores do, a line of JSON each.
pub(super) struct TaskLog {
    path: PathBuf,
    file: BufWriter<File>,
    books: HashMap<InstanceId, TaskBook>,
}

impl TaskLog {
    pub fn create(path: &Path) -> Result<Self, CliError> {
        let file = File::create(path).map_err(|source| CliError::Unwritable {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            books: HashMap::new(),
        })
    }

    pub fn write(&mut self, committed: &Committed) -> Result<(), CliError> {
        let notes = committed.annotations.iter();
        let told: Vec<TaskProgress> = notes.filter_map(|note| note.decode().ok()).collect();
        let instance = &committed.instance;
        let book = self.books.entry(instance.id.clone()).or_default();
        for progress in book.follow(instance.status, told) {
            let line = json!({
                "instance": committed.instance.id,
                "task": progress.task,
                "name": progress.name,
                "event": progress.event,
            });
            self.failed(|file| writeln!(file, "{line}"))?;
        }
        self.failed(BufWriter::flush)
    }

    fn failed(
        &mut self,
        write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
    ) -> Result<(), CliError> {
        write(&mut self.file).map_err(|source| CliError::Unwritable {
            path: self.path.clone(),
            source,
        })
    }
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
