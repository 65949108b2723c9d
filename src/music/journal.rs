//! The journal: passes everything that the player sends to recordings and traces, on a thread of its
//! own.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, mpsc},
    thread::{self, Thread},
    time::Duration,
};

use tokio::sync::{oneshot, watch};

use super::{
    Beat, ChannelMemory, Message, MusicError, Names, Nanos, PartId, PortId, Sent, Sink, SinkError,
    Transport,
};

/// The interval at which sinks save. With the delay between playing and saving, a killed process loses
/// less than a second.
const SAVE: Duration = Duration::from_millis(500);
/// How long sound may last after the last message.
const TAIL: Duration = Duration::from_secs(8);

/// The sinks that receive the messages of all ports (recorder, trace, audio file), and the names that
/// they write.
pub struct Journal {
    names: Names,
    sinks: Vec<Entry>,
    handle: JournalHandle,
    requests: mpsc::Receiver<Request>,
    trouble: watch::Sender<Option<String>>,
    state: PlayState,
    /// The time of the last save.
    saved: Nanos,
    /// What was saved then: everything before this time.
    saved_until: Nanos,
}

/// Adds sinks to the journal and removes them while the player plays.
#[derive(Clone)]
pub struct JournalHandle {
    requests: mpsc::Sender<Request>,
    /// The thread of the journal.
    thread: Arc<OnceLock<Thread>>,
}

/// A take: sinks that were added together.
#[derive(Debug, Clone)]
pub struct Take(Arc<()>);

enum Request {
    Add(Vec<Box<dyn Sink>>, Take),
    Finish(Take, oneshot::Sender<Result<(), MusicError>>),
}

struct Entry {
    sink: Box<dyn Sink>,
    take: Option<Take>,
    /// The first error.
    error: Option<MusicError>,
    /// It lost a message and gets no further ones.
    broken: bool,
}

/// What a sink needs to know that is added later.
#[derive(Default)]
struct PlayState {
    transport: Option<Transport>,
    settings: HashMap<(PortId, PartId), ChannelMemory>,
    /// The time of the last message.
    latest: Option<Nanos>,
}

impl Default for Journal {
    fn default() -> Self {
        let (sender, requests) = mpsc::channel();
        let handle = JournalHandle {
            requests: sender,
            thread: Arc::default(),
        };
        Self {
            names: Names::default(),
            sinks: Vec::new(),
            handle,
            requests,
            trouble: watch::Sender::new(None),
            state: PlayState::default(),
            saved: Nanos::ZERO,
            saved_until: Nanos::ZERO,
        }
    }
}

impl JournalHandle {
    /// Adds sinks. They get the current transport and channel settings first, and then everything that
    /// is sent.
    pub fn add(&self, sinks: Vec<Box<dyn Sink>>) -> Take {
        let take = Take(Arc::new(()));
        self.request(Request::Add(sinks, take.clone()));
        take
    }

    /// Removes sinks and finishes them.
    ///
    /// # Errors
    ///
    /// The first error of any of the sinks, or [`MusicError::PlayerGone`] if the journal was closed.
    pub async fn finish(&self, take: Take) -> Result<(), MusicError> {
        let (done, finished) = oneshot::channel();
        self.request(Request::Finish(take, done));
        finished.await.unwrap_or(Err(MusicError::PlayerGone))
    }

    fn request(&self, request: Request) {
        // A closed journal has finished all its sinks.
        let _ = self.requests.send(request);
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

impl Journal {
    /// A journal without sinks.
    pub fn new() -> Self {
        Self::default()
    }

    /// The names that the player uses with this journal.
    pub fn names(&self) -> Names {
        self.names.clone()
    }

    /// The handle that adds and removes sinks while the player plays.
    pub fn handle(&self) -> JournalHandle {
        self.handle.clone()
    }

    /// The first error of a sink, as soon as it happens, such as a file that cannot be written. The
    /// music continues.
    pub fn watch_trouble(&self) -> watch::Receiver<Option<String>> {
        self.trouble.subscribe()
    }

    /// Adds a sink that gets everything.
    pub fn add(&mut self, sink: Box<dyn Sink>) {
        self.sinks.push(Entry::new(sink, None));
    }

    /// Makes requests unpark the calling thread.
    pub(super) fn runs_here(&self) {
        // Called once, when the thread starts.
        let _ = self.handle.thread.set(thread::current());
    }

    pub(super) fn send(&mut self, message: &Sent) {
        self.state.send(message);
        for entry in &mut self.sinks {
            if !entry.broken
                && let Err(SinkError::Failed(error)) = entry.sink.send(message)
            {
                entry.broken = true;
                entry.failed(error, &self.trouble);
            }
        }
    }

    pub(super) fn transport(&mut self, transport: &Transport, now: Nanos) {
        self.state.transport = Some(*transport);
        self.state.latest = Some(now);
        for entry in &mut self.sinks {
            entry.sink.transport(transport, now);
        }
    }

    /// Everything before `now` has been recorded: handles requests, and saves if it is time to.
    pub(super) fn advance(&mut self, now: Nanos) {
        while let Ok(request) = self.requests.try_recv() {
            self.handle_request(request, now);
        }
        self.save_if_due(now, now);
    }

    /// At `now`, everything before `recorded` has been recorded: saves that if it is time to, so that a
    /// journal that lags loses no more than its lag, and one that catches up saves as often as ever.
    pub(super) fn save_if_due(&mut self, recorded: Nanos, now: Nanos) {
        let is_due = match self.until_save(now) {
            Some(wait) => wait.is_zero() || recorded.since(self.saved_until) >= SAVE,
            None => false,
        };
        if !is_due {
            return;
        }
        self.saved = now;
        self.saved_until = recorded;
        for entry in &mut self.sinks {
            entry.save(recorded, &self.trouble);
        }
    }

    /// The time until the next save; `None` if there is nothing to save.
    pub(super) fn until_save(&self, now: Nanos) -> Option<Duration> {
        let sounds = self.state.sounds_at(self.saved);
        (sounds && !self.sinks.is_empty()).then(|| SAVE.saturating_sub(now.since(self.saved)))
    }

    fn handle_request(&mut self, request: Request, now: Nanos) {
        match request {
            Request::Add(sinks, take) => {
                for sink in sinks {
                    let mut entry = Entry::new(sink, Some(take.clone()));
                    let set_up = self.state.set_up(&mut *entry.sink, now);
                    if let Err(SinkError::Failed(error)) = set_up {
                        entry.broken = true;
                        entry.failed(error, &self.trouble);
                    }
                    self.sinks.push(entry);
                }
            }
            Request::Finish(take, done) => {
                let is_of_it = |entry: &mut Entry| entry.take.as_ref() == Some(&take);
                // A take ends now, not with the last message.
                let mut ended: Vec<_> = self.sinks.extract_if(.., is_of_it).collect();
                for entry in &mut ended {
                    entry.save(now, &self.trouble);
                }
                let finished = finish(ended.into_iter());
                // The caller may have stopped waiting.
                let _ = done.send(finished);
            }
        }
    }

    /// Finishes every sink.
    ///
    /// # Errors
    ///
    /// The first error of any of them.
    pub(super) fn finish(self) -> Result<(), MusicError> {
        finish(self.sinks.into_iter())
    }
}

fn finish(sinks: impl Iterator<Item = Entry>) -> Result<(), MusicError> {
    let mut first = None;
    for mut entry in sinks {
        let finished = match entry.sink.finish() {
            Err(SinkError::Failed(error)) => Some(error),
            _ => None,
        };
        first = first.or(entry.error).or(finished);
    }
    first.map_or(Ok(()), Err)
}

/// A take equals its clones only.
impl PartialEq for Take {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Take {}

impl Entry {
    fn new(sink: Box<dyn Sink>, take: Option<Take>) -> Self {
        Self {
            sink,
            take,
            error: None,
            broken: false,
        }
    }

    fn save(&mut self, now: Nanos, trouble: &watch::Sender<Option<String>>) {
        if let Err(SinkError::Failed(error)) = self.sink.save(now) {
            self.failed(error, trouble);
        }
    }

    /// Reports the first error only.
    fn failed(&mut self, error: MusicError, trouble: &watch::Sender<Option<String>>) {
        if self.error.is_none() {
            tracing::error!(%error, "recording failed");
            trouble.send_replace(Some(error.to_string()));
            self.error = Some(error);
        }
    }
}

impl PlayState {
    fn send(&mut self, message: &Sent) {
        self.latest = Some(message.sent);
        let is_note = matches!(message.message, Message::NoteOn(..) | Message::NoteOff(..));
        if let Some(part) = message.part.filter(|_| !is_note) {
            let settings = self.settings.entry((message.port, part)).or_default();
            settings.update(message.message);
        }
    }

    /// Whether something may sound at `now`.
    fn sounds_at(&self, now: Nanos) -> bool {
        self.transport
            .is_some_and(|transport| transport.is_rolling())
            || self.latest.is_some_and(|latest| latest + TAIL > now)
    }

    fn set_up(&self, sink: &mut dyn Sink, now: Nanos) -> Result<(), SinkError> {
        let position = self.transport.map_or(Beat::ZERO, |transport| {
            sink.transport(&transport, now);
            transport.position(now)
        });
        let mut settings: Vec<_> = self.settings.iter().collect();
        settings.sort_by_key(|(place, _)| **place);
        for ((port, part), memory) in settings {
            for message in memory.messages() {
                sink.send(&Sent {
                    due: now,
                    sent: now,
                    beat: position,
                    port: *port,
                    part: Some(*part),
                    lane: None,
                    source: None,
                    message,
                })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
