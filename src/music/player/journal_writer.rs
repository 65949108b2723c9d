//! The journal's end of the player: records what was sent, frees returned ports, and notifies those who
//! wait for silence.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::{
    gauges::Gauges,
    rings::{JournalEntry, JournalRings},
};
use crate::music::{Journal, MusicError, clock::Clock};

pub(super) struct JournalWriter {
    pub clock: Clock,
    pub journal: Journal,
    pub rings: JournalRings,
    pub gauges: Arc<Gauges>,
    pub silence: Arc<Notify>,
}

impl JournalWriter {
    /// Records what has arrived.
    pub fn write(&mut self) {
        let now = self.clock.now();
        while let Ok(entry) = self.rings.entries.pop() {
            let recorded = match entry {
                JournalEntry::Sent(sent) => {
                    self.journal.send(&sent);
                    sent.sent
                }
                JournalEntry::Transport(transport, at) => {
                    self.journal.transport(&transport, at);
                    at
                }
            };
            self.journal.save_if_due(recorded, self.clock.now());
        }
        self.journal.advance(now);
        while let Ok(mut port) = self.rings.returned.pop() {
            port.finish();
        }
        if self.gauges.outstanding() == 0 {
            self.silence.notify_waiters();
        }
    }

    /// The time until files are to be saved; `None` if nothing new was recorded.
    pub fn until_save(&self) -> Option<Duration> {
        self.journal.until_save(self.clock.now())
    }

    /// Whether the player's thread has ended.
    pub fn is_abandoned(&self) -> bool {
        self.rings.entries.is_abandoned()
    }

    /// Records the rest and closes the journal.
    pub fn finish(mut self) -> Result<(), MusicError> {
        self.write();
        std::mem::take(&mut self.journal).finish()
    }
}

impl Drop for JournalWriter {
    /// Nobody may wait for a silence that is never reported.
    fn drop(&mut self) {
        self.gauges.end();
        self.silence.notify_waiters();
    }
}
