//! The player on a virtual clock: the same dispatcher, run by a task.

use std::sync::Arc;

use tokio::{sync::Notify, time};

use super::{dispatcher::Dispatcher, gauges::Gauges, journal_writer::JournalWriter};
use crate::music::{MusicError, clock::Clock};

/// Plays on the clock of a tokio runtime. If that is paused, it plays as fast as the machine can.
#[must_use = "nothing is played until it runs"]
pub struct Simulation {
    pub(super) clock: Clock,
    pub(super) dispatcher: Dispatcher,
    pub(super) writer: JournalWriter,
    pub(super) wake: Arc<Notify>,
    pub(super) gauges: Arc<Gauges>,
}

impl Simulation {
    /// Plays until the player is shut down or its last handle is dropped.
    ///
    /// To be spawned on the runtime on which [`Player::simulated`](super::Player::simulated) was
    /// called. For the same result every time, use a current-thread runtime with a paused clock.
    ///
    /// # Errors
    ///
    /// The first error of the journal.
    pub async fn run(mut self) -> Result<(), MusicError> {
        while !self.gauges.is_stopped() {
            self.dispatcher.turn();
            self.writer.write();
            let command = self.wake.notified();
            match self.dispatcher.next_due() {
                None => command.await,
                Some(due) => {
                    let due = self.clock.instant(due);
                    tokio::select! {
                        biased;
                        () = command => {}
                        () = time::sleep_until(due) => {}
                    }
                }
            }
        }
        self.dispatcher.turn();
        self.dispatcher.end();
        self.writer.finish()
    }
}
