//! The journal's side of the player: hears what was sent, frees returned ports, says when all is
//! silent.

use std::{sync::Arc, time::Duration};

use rtrb::Consumer;
use tokio::sync::Notify;

use super::{dispatcher::Heard, gauges::Gauges, port::Port};
use crate::music::{Journal, MusicError, clock::Clock};

pub(super) struct Scribe {
    pub clock: Clock,
    pub journal: Journal,
    pub heard: Consumer<Heard>,
    pub returned: Consumer<Box<Port>>,
    pub gauges: Arc<Gauges>,
    pub silence: Arc<Notify>,
}

impl Scribe {
    /// Takes in what there is.
    pub fn listen(&mut self) {
        let now = self.clock.now();
        while let Ok(heard) = self.heard.pop() {
            let told = match heard {
                Heard::Sent(sent) => {
                    self.journal.send(&sent);
                    sent.sent
                }
                Heard::Transport(transport, at) => {
                    self.journal.transport(&transport, at);
                    at
                }
            };
            self.journal.keeps_up(told, self.clock.now());
        }
        self.journal.passes(now);
        while let Ok(mut port) = self.returned.pop() {
            // Nobody is left to hear how a device took its leave.
            let _ = port.sink.finish();
        }
        if self.gauges.outstanding() == 0 {
            self.silence.notify_waiters();
        }
    }

    /// How long until files are to be saved, although nothing new may come; `None`: not before.
    pub fn until_save(&self) -> Option<Duration> {
        self.journal.until_save(self.clock.now())
    }

    /// Whether the dispatcher is gone.
    pub fn is_orphaned(&self) -> bool {
        self.heard.is_abandoned()
    }

    /// Takes in the rest and closes the journal.
    pub fn finish(mut self) -> Result<(), MusicError> {
        self.listen();
        std::mem::take(&mut self.journal).finish()
    }
}

impl Drop for Scribe {
    /// Nobody waits for a silence that nobody would tell of.
    fn drop(&mut self) {
        self.gauges.end();
        self.silence.notify_waiters();
    }
}
