//! `--log FILE` and `RUST_LOG`: the log, for diagnosis.
//!
//! A thread writes the lines from a queue. A slow or full disk drops lines but never blocks the threads
//! that log, and errors of the log never end the program.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::mpsc::{self, SyncSender},
    thread,
    time::Duration,
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::SubscriberInitExt};

use super::CliError;

/// The variable that selects what is logged, such as `fermata=debug`.
const VARIABLE: &str = "RUST_LOG";

/// What `--log` logs without that variable.
const DEFAULT_FILTER: &str = "fermata=info";

/// The most lines that wait to be written. Further ones are dropped.
const MAX_WAITING: usize = 8192;

/// How long the end of the program waits for the last lines.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// The log of the program. Dropping it writes the lines that are waiting.
pub(super) struct Log(Option<Queue>);

/// The queue of lines.
#[derive(Clone)]
struct Queue(SyncSender<Entry>);

enum Entry {
    Line(Vec<u8>),
    /// Answered once everything before it is written.
    Flush(SyncSender<()>),
}

impl Log {
    /// Logs to a file, or without one to standard error if `RUST_LOG` is set; else nothing is logged.
    /// An existing file is appended to.
    pub fn open(path: Option<&Path>) -> Result<Self, CliError> {
        let filter = std::env::var(VARIABLE)
            .ok()
            .filter(|filter| !filter.is_empty());
        let (output, filter): (Box<dyn Write + Send>, _) = match (path, filter) {
            (None, None) => return Ok(Self(None)),
            (None, Some(filter)) => (Box::new(io::stderr()), filter),
            (Some(path), filter) => {
                let file = File::options().append(true).create(true).open(path);
                let file = file.map_err(|source| CliError::unwritable(path, source))?;
                let filter = filter.unwrap_or_else(|| DEFAULT_FILTER.into());
                (Box::new(file), filter)
            }
        };
        let filter = EnvFilter::try_new(&filter)
            .map_err(|error| CliError::Usage(format!("{VARIABLE}={filter}: {error}")))?;
        let queue = Queue::start(output).map_err(CliError::threads)?;
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            // These would be printed, and printing panics where nobody reads.
            .log_internal_errors(false)
            .with_writer(queue.clone())
            .finish();
        // There is one log in a process, and this is the only place that opens it.
        let _ = subscriber.try_init();
        Ok(Self(Some(queue)))
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let Some(Queue(entries)) = &self.0 else {
            return;
        };
        let (written, is_written) = mpsc::sync_channel(1);
        if entries.try_send(Entry::Flush(written)).is_ok() {
            // Lines that a stuck disk does not take are lost.
            let _ = is_written.recv_timeout(FLUSH_TIMEOUT);
        }
    }
}

impl Queue {
    fn start(mut output: Box<dyn Write + Send>) -> io::Result<Self> {
        let (entries, queue) = mpsc::sync_channel(MAX_WAITING);
        thread::Builder::new()
            .name("fermata-log".into())
            .spawn(move || {
                for entry in queue {
                    match entry {
                        // A full disk may have room for the next line.
                        Entry::Line(line) => drop(output.write_all(&line)),
                        // The end of the program may have stopped waiting.
                        Entry::Flush(written) => drop(written.send(())),
                    }
                }
            })?;
        Ok(Self(entries))
    }
}

impl<'a> MakeWriter<'a> for Queue {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            queue: self,
            text: Vec::new(),
        }
    }
}

/// One line, queued as a whole when it is dropped.
struct Line<'a> {
    queue: &'a Queue,
    text: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        // A full queue drops the line.
        let _ = self
            .queue
            .0
            .try_send(Entry::Line(std::mem::take(&mut self.text)));
    }
}
