//! The real-time thread: sleeps to shortly before the next message is due, then spins.

use std::{
    hint,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle, Thread},
    time::{Duration, Instant},
};

use super::{dispatcher::Dispatcher, gauges::Gauges, priority::Priority, scribe::Scribe};
use crate::music::MusicError;

/// Waking up takes up to this long on a quiet machine; the rest of the wait is spun.
const SPIN: Duration = Duration::from_micros(200);

/// How long the thread works and spins at most before it sleeps for once. Systems end real-time
/// threads that never do, and on a machine with one core all others wait for it.
const RESTLESS: Duration = Duration::from_millis(20);
/// How long it sleeps then: less than anybody hears.
const REST: Duration = Duration::from_micros(50);

/// The two threads of a player.
pub(super) struct Threads {
    player: JoinHandle<()>,
    journal: JoinHandle<Result<(), MusicError>>,
}

impl Threads {
    /// Starts both; gives also whether the first has real-time priority.
    pub fn start(
        dispatcher: Dispatcher,
        scribe: Scribe,
        gauges: Arc<Gauges>,
    ) -> Result<(Self, Priority), MusicError> {
        let no_thread = |source| MusicError::NoThread { source };
        let journal = thread::Builder::new()
            .name("fermata-journal".into())
            .spawn(move || keep_journal(scribe))
            .map_err(no_thread)?;
        let scribe = journal.thread().clone();
        let (tell, told) = mpsc::sync_channel(1);
        let player = thread::Builder::new()
            .name("fermata-player".into())
            .spawn(move || {
                let _ = tell.send(Priority::ask());
                drop(tell);
                run(dispatcher, &gauges, &scribe);
                scribe.unpark();
            })
            .map_err(no_thread)?;
        let priority = told.recv().map_err(|_| MusicError::PlayerGone)?;
        Ok((Self { player, journal }, priority))
    }

    pub fn player(&self) -> Thread {
        self.player.thread().clone()
    }

    /// Waits for both; gives the first error that the journal met.
    pub fn join(self) -> Result<(), MusicError> {
        let played = self.player.join();
        let kept = self.journal.join();
        match (played, kept) {
            (Ok(()), Ok(kept)) => kept,
            _ => Err(MusicError::PlayerGone),
        }
    }
}

/// Plays to the end, and ends in order even if a sink panics.
fn run(mut dispatcher: Dispatcher, gauges: &Gauges, journal: &Thread) {
    // What happened has been told by the panic hook; there is nobody else to tell.
    let _ = catch_unwind(AssertUnwindSafe(|| play(&mut dispatcher, gauges, journal)));
    gauges.stop();
    let _ = catch_unwind(AssertUnwindSafe(|| dispatcher.end()));
}

fn play(dispatcher: &mut Dispatcher, gauges: &Gauges, journal: &Thread) {
    let mut rested = Instant::now();
    while !gauges.is_stopped() {
        if dispatcher.turn() {
            journal.unpark();
        }
        if wait(dispatcher, gauges) {
            rested = Instant::now();
        } else if rested.elapsed() > RESTLESS {
            thread::sleep(REST);
            rested = Instant::now();
        }
    }
    dispatcher.turn();
}

/// Until the next message is due, or a command may have come. With nothing pending: for as long as
/// it takes, without a single wake-up. Gives whether the thread slept.
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

fn keep_journal(mut scribe: Scribe) -> Result<(), MusicError> {
    scribe.journal.is_kept_here();
    while !scribe.is_orphaned() {
        scribe.listen();
        match scribe.until_save() {
            Some(left) => thread::park_timeout(left),
            None => thread::park(),
        }
    }
    scribe.finish()
}
