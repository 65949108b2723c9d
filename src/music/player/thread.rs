//! The real-time thread: sleeps until shortly before the next message is due, then spins.

use std::{
    any::Any,
    hint,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle, Thread},
    time::{Duration, Instant},
};

use super::{
    dispatcher::Dispatcher, gauges::Gauges, journal_writer::JournalWriter, priority::Priority,
};
use crate::music::{MusicError, real_time};

/// Waking up takes up to this long on an idle machine; this part of the wait is spun.
const SPIN: Duration = Duration::from_micros(200);

/// The longest time that the thread works and spins without sleeping. Systems end real-time threads
/// that never sleep, and on a machine with one core all other threads wait.
const MAX_AWAKE: Duration = Duration::from_millis(20);
/// How long it sleeps then; too short to be audible.
const REST: Duration = Duration::from_micros(50);

/// What a sink, or the player itself, panicked with.
type Panic = Box<dyn Any + Send>;

/// The two threads of a player.
pub(super) struct Threads {
    player: JoinHandle<Option<Panic>>,
    journal: JoinHandle<Result<(), MusicError>>,
}

impl Threads {
    /// Starts both. Also returns whether the player's thread has real-time priority.
    pub fn start(
        dispatcher: Dispatcher,
        writer: JournalWriter,
        gauges: Arc<Gauges>,
    ) -> Result<(Self, Priority), MusicError> {
        real_time::prepare();
        let no_thread = |source| MusicError::NoThread { source };
        let journal = thread::Builder::new()
            .name("fermata-journal".into())
            .spawn(move || run_journal(writer))
            .map_err(no_thread)?;
        let journal_thread = journal.thread().clone();
        let (asked, priority) = mpsc::sync_channel(1);
        let player = thread::Builder::new()
            .name("fermata-player".into())
            .spawn(move || {
                // The caller waits for it.
                let _ = asked.send(Priority::ask());
                drop(asked);
                let panic = run(dispatcher, &gauges, &journal_thread);
                journal_thread.unpark();
                panic
            })
            .map_err(no_thread)?;
        let priority = priority.recv().map_err(|_| MusicError::PlayerGone)?;
        Ok((Self { player, journal }, priority))
    }

    pub fn player(&self) -> Thread {
        self.player.thread().clone()
    }

    /// Waits for both threads.
    ///
    /// # Errors
    ///
    /// A panic of the player, else the first error of the journal.
    pub fn join(self) -> Result<(), MusicError> {
        let played = self.player.join();
        let kept = self.journal.join();
        match (played, kept) {
            (Ok(None), Ok(kept)) => kept,
            (Ok(Some(panic)), _) => Err(MusicError::PlayerPanicked {
                reason: real_time::reason(&*panic).to_owned(),
            }),
            _ => Err(MusicError::PlayerGone),
        }
    }
}

/// Plays until the player is stopped, and releases all notes even if a sink panics.
fn run(mut dispatcher: Dispatcher, gauges: &Gauges, journal: &Thread) -> Option<Panic> {
    let played = real_time::attempt(|| play(&mut dispatcher, gauges, journal));
    gauges.stop();
    let ended = real_time::attempt(|| dispatcher.end());
    played.and(ended).err()
}

fn play(dispatcher: &mut Dispatcher, gauges: &Gauges, journal: &Thread) {
    let mut rested = Instant::now();
    while !gauges.is_stopped() {
        if dispatcher.turn() {
            journal.unpark();
        }
        if wait(dispatcher, gauges) {
            rested = Instant::now();
        } else if rested.elapsed() > MAX_AWAKE {
            thread::sleep(REST);
            rested = Instant::now();
        }
    }
    dispatcher.turn();
}

/// Waits until the next message is due, or a command may have arrived. Without pending messages it
/// sleeps without any wake-ups. Returns whether the thread slept.
fn wait(dispatcher: &Dispatcher, gauges: &Gauges) -> bool {
    let Some(due) = dispatcher.next_due() else {
        thread::park();
        return true;
    };
    let left = due.since(dispatcher.now());
    if left > SPIN {
        thread::park_timeout(left - SPIN);
        return true;
    }
    while dispatcher.now() < due && !dispatcher.has_commands() && !gauges.is_stopped() {
        hint::spin_loop();
    }
    false
}

fn run_journal(mut writer: JournalWriter) -> Result<(), MusicError> {
    writer.journal.runs_here();
    while !writer.is_abandoned() {
        writer.write();
        match writer.until_save() {
            Some(left) => thread::park_timeout(left),
            None => thread::park(),
        }
    }
    writer.finish()
}
