//! What keeps a record of the performance: every sink that is told everything, off the player's
//! thread.

use super::{MusicError, Names, Nanos, Sent, Sink, SinkError, Transport};

/// The sinks that hear all ports: recorder, trace, audio file. And the names that they write.
#[derive(Default)]
pub struct Journal {
    names: Names,
    sinks: Vec<Entry>,
}

struct Entry {
    sink: Box<dyn Sink>,
    /// The first error; a sink is not called again after it.
    error: Option<MusicError>,
}

impl Journal {
    /// One that keeps nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The names that the player will use with this journal.
    pub fn names(&self) -> Names {
        self.names.clone()
    }

    /// Another sink that hears everything.
    pub fn add(&mut self, sink: Box<dyn Sink>) {
        self.sinks.push(Entry { sink, error: None });
    }

    pub(super) fn send(&mut self, message: &Sent) {
        for entry in &mut self.sinks {
            if entry.error.is_some() {
                continue;
            }
            if let Err(SinkError::Failed(error)) = entry.sink.send(message) {
                entry.error = Some(error);
            }
        }
    }

    pub(super) fn transport(&mut self, transport: &Transport, now: Nanos) {
        for entry in &mut self.sinks {
            entry.sink.transport(transport, now);
        }
    }

    /// Finishes every sink; gives the first error that any of them met.
    pub(super) fn finish(self) -> Result<(), MusicError> {
        let mut first = None;
        for mut entry in self.sinks {
            let finished = match entry.sink.finish() {
                Err(SinkError::Failed(error)) => Some(error),
                _ => None,
            };
            first = first.or(entry.error).or(finished);
        }
        first.map_or(Ok(()), Err)
    }
}
