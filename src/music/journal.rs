//! What keeps a record of the performance: every sink that is told everything, off the player's
//! thread.

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

/// How often sinks save what they hold. With what lies between playing and saving a killed process
/// loses less than a second.
const SAVE: Duration = Duration::from_millis(500);
/// So long after the last message something may still sound.
const RING: Duration = Duration::from_secs(8);

/// The sinks that hear all ports: recorder, trace, audio file. And the names that they write.
pub struct Journal {
    names: Names,
    sinks: Vec<Entry>,
    handle: JournalHandle,
    orders: mpsc::Receiver<Order>,
    trouble: watch::Sender<Option<String>>,
    so_far: SoFar,
    saved: Nanos,
}

/// Puts sinks on the journal and takes them off again while the player plays.
#[derive(Clone)]
pub struct JournalHandle {
    orders: mpsc::Sender<Order>,
    /// The thread that keeps the journal.
    keeper: Arc<OnceLock<Thread>>,
}

/// Sinks that were put on the journal together.
#[derive(Debug, Clone)]
pub struct Take(Arc<()>);

enum Order {
    Add(Vec<Box<dyn Sink>>, Take),
    Finish(Take, oneshot::Sender<Result<(), MusicError>>),
}

struct Entry {
    sink: Box<dyn Sink>,
    take: Option<Take>,
    /// The first error.
    error: Option<MusicError>,
    /// It lost a message: it is not told of any more.
    broken: bool,
}

/// What a sink that comes late has to know.
#[derive(Default)]
struct SoFar {
    transport: Option<Transport>,
    settings: HashMap<(PortId, PartId), ChannelMemory>,
    /// When something was last heard.
    latest: Option<Nanos>,
}

impl Default for Journal {
    fn default() -> Self {
        let (sender, orders) = mpsc::channel();
        let handle = JournalHandle {
            orders: sender,
            keeper: Arc::default(),
        };
        Self {
            names: Names::default(),
            sinks: Vec::new(),
            handle,
            orders,
            trouble: watch::Sender::new(None),
            so_far: SoFar::default(),
            saved: Nanos::ZERO,
        }
    }
}

impl JournalHandle {
    /// Puts sinks on the journal. They are told how the transport stands and how channels were set,
    /// and then everything.
    pub fn add(&self, sinks: Vec<Box<dyn Sink>>) -> Take {
        let take = Take(Arc::new(()));
        self.order(Order::Add(sinks, take.clone()));
        take
    }

    /// Takes sinks off the journal and finishes them; gives the first error that any of them met.
    ///
    /// # Errors
    ///
    /// That error, or [`MusicError::PlayerGone`] if the journal was closed before.
    pub async fn finish(&self, take: Take) -> Result<(), MusicError> {
        let (done, finished) = oneshot::channel();
        self.order(Order::Finish(take, done));
        finished.await.unwrap_or(Err(MusicError::PlayerGone))
    }

    fn order(&self, order: Order) {
        // A closed journal has finished all its sinks.
        let _ = self.orders.send(order);
        if let Some(keeper) = self.keeper.get() {
            keeper.unpark();
        }
    }
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

    /// Where sinks come and go while the player plays.
    pub fn handle(&self) -> JournalHandle {
        self.handle.clone()
    }

    /// The first error of a sink, as soon as it is met: a file that cannot be written. The music
    /// goes on.
    pub fn watch_trouble(&self) -> watch::Receiver<Option<String>> {
        self.trouble.subscribe()
    }

    /// Another sink that hears everything.
    pub fn add(&mut self, sink: Box<dyn Sink>) {
        self.sinks.push(Entry::new(sink, None));
    }

    /// The calling thread keeps the journal from now on: it sleeps until it is woken.
    pub(super) fn is_kept_here(&self) {
        // Asked for once, when the thread begins.
        let _ = self.handle.keeper.set(thread::current());
    }

    pub(super) fn send(&mut self, message: &Sent) {
        self.so_far.send(message);
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
        self.so_far.transport = Some(*transport);
        self.so_far.latest = Some(now);
        for entry in &mut self.sinks {
            entry.sink.transport(transport, now);
        }
    }

    /// Everything that happened before `now` has been told: carries out what was ordered, and saves
    /// if it is time to.
    pub(super) fn passes(&mut self, now: Nanos) {
        while let Ok(order) = self.orders.try_recv() {
            self.carry_out(order, now);
        }
        self.keeps_up(now, now);
    }

    /// It is `now`, and what happened before `told` has been told: saves that if it is time to, so
    /// that a journal that is behind loses no more than it is behind.
    pub(super) fn keeps_up(&mut self, told: Nanos, now: Nanos) {
        if self.until_save(now) != Some(Duration::ZERO) {
            return;
        }
        self.saved = now;
        for entry in &mut self.sinks {
            entry.save(told, &self.trouble);
        }
    }

    /// How long until there is something to save; `None` if there is not.
    pub(super) fn until_save(&self, now: Nanos) -> Option<Duration> {
        let sounds = self.so_far.sounds_at(self.saved);
        (sounds && !self.sinks.is_empty()).then(|| SAVE.saturating_sub(now.since(self.saved)))
    }

    fn carry_out(&mut self, order: Order, now: Nanos) {
        match order {
            Order::Add(sinks, take) => {
                for sink in sinks {
                    let mut entry = Entry::new(sink, Some(take.clone()));
                    let told = self.so_far.tell(&mut *entry.sink, now);
                    if let Err(SinkError::Failed(error)) = told {
                        entry.broken = true;
                        entry.failed(error, &self.trouble);
                    }
                    self.sinks.push(entry);
                }
            }
            Order::Finish(take, done) => {
                let is_of_it = |entry: &mut Entry| entry.take.as_ref() == Some(&take);
                // It ends now, and not with the last message.
                let mut ended: Vec<_> = self.sinks.extract_if(.., is_of_it).collect();
                for entry in &mut ended {
                    entry.save(now, &self.trouble);
                }
                let finished = finish(ended.into_iter());
                // Whoever does not wait for it does not want to know.
                let _ = done.send(finished);
            }
        }
    }

    /// Finishes every sink; gives the first error that any of them met.
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

/// Each is only equal to its own copies.
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

    /// Tells of the first error only.
    fn failed(&mut self, error: MusicError, trouble: &watch::Sender<Option<String>>) {
        if self.error.is_none() {
            trouble.send_replace(Some(error.to_string()));
            self.error = Some(error);
        }
    }
}

impl SoFar {
    fn send(&mut self, message: &Sent) {
        self.latest = Some(message.sent);
        let is_note = matches!(message.message, Message::NoteOn(..) | Message::NoteOff(..));
        if let Some(part) = message.part.filter(|_| !is_note) {
            let settings = self.settings.entry((message.port, part)).or_default();
            settings.follow(message.message);
        }
    }

    /// Something has come since, or may still sound.
    fn sounds_at(&self, now: Nanos) -> bool {
        self.transport
            .is_some_and(|transport| transport.is_rolling())
            || self.latest.is_some_and(|latest| latest + RING > now)
    }

    fn tell(&self, sink: &mut dyn Sink, now: Nanos) -> Result<(), SinkError> {
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
