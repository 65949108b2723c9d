//! The replay bus: makes recorded music audible under a playhead, while the live performance continues.
//!
//! It has a player of its own, with its own voices on the built-in synth or a port that the rig names
//! (`[replay]`). It shares nothing with the live player: no channel, no transport, no journal, so that
//! it can neither disturb what plays nor be recorded with it. It performs no activity and writes nothing.
//! Every note goes through the player's ledger, which releases it whatever happens next.
//!
//! | file | contents |
//! |---|---|
//! | this one | the handle |
//! | `rate` | speeds and directions |
//! | `tape` | the music of all lanes by moment, and what a playhead crosses in it |
//! | `voices` | the channel of each instrument on the bus |
//! | `playhead` | from moments of the history to the player's time |
//! | `deck` | what is handed over to the player, and when |
//! | `output` | the player and its ports |
//! | `route` | where the bus sounds |

mod deck;
mod output;
mod playhead;
mod rate;
mod route;
#[cfg(test)]
mod study_tests;
mod tape;
#[cfg(test)]
mod tests;
mod voices;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::{
    sync::{Notify, watch},
    time::sleep_until,
};

use crate::{
    engine::{InstanceId, Timestamp},
    music::{MusicError, Nanos, Player, Sink},
};
use deck::Deck;
use output::Output;
pub use rate::{Direction, Rate, Speed};
pub use route::ReplayRoute;
pub use tape::{RecordedLane, Side};

/// Plays recorded music under a playhead. Dropping it silences it.
///
/// All calls return at once. Moments are those of the histories. Whatever is called in whatever order, no
/// note hangs: a stop, a jump, a reversal and the end of the bus release everything.
pub struct ReplayBus {
    shared: Arc<Shared>,
}

struct Shared {
    deck: Mutex<Deck>,
    player: Player,
    /// Something was played or stopped.
    changed: Notify,
    activity: watch::Sender<ReplayActivity>,
}

/// Whether the bus sounds or may sound soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReplayActivity {
    /// It is silent until the next call.
    #[default]
    Idle,
    /// It plays.
    Playing,
}

impl ReplayBus {
    /// A bus on a player of its own, with its own voices behind `synth`. Must be called on a tokio
    /// runtime.
    ///
    /// # Errors
    ///
    /// [`MusicError`] if the player has ended.
    pub fn start(player: Player, synth: Box<dyn Sink>) -> Result<Self, MusicError> {
        let output = Output::new(player.clone(), synth)?;
        let shared = Arc::new(Shared {
            deck: Mutex::new(Deck::new(output)),
            player,
            changed: Notify::new(),
            activity: watch::Sender::default(),
        });
        tokio::spawn(feed(Arc::downgrade(&shared)));
        Ok(Self { shared })
    }

    /// Sets the music of all lanes. What plays goes on with it, so that a lane may grow meanwhile.
    pub fn set_music(&self, lanes: &[RecordedLane]) {
        self.change(|deck, _| deck.set_music(lanes));
    }

    /// Removes all music, and silences the bus.
    pub fn clear(&self) {
        self.change(|deck, _| {
            deck.stop();
            deck.set_music(&[]);
        });
    }

    /// Jumps: silences the bus, and sets programs, controllers and bends to those of that moment.
    /// Nothing sounds until [`play`](Self::play) or [`drag`](Self::drag).
    pub fn seek(&self, moment: Timestamp) {
        self.change(|deck, _| deck.seek(moment));
    }

    /// Plays from a moment on, at a rate, until the next call or the end of the music. Notes that sound at
    /// that moment sound as well. Backward, a note starts when the playhead crosses its end.
    pub fn play(&self, from: Timestamp, rate: Rate) {
        self.change(|deck, now| deck.play(from, rate, now));
    }

    /// The playhead was dragged from one moment to another: the notes whose onset it crossed sound briefly.
    /// What played stops.
    pub fn drag(&self, from: Timestamp, to: Timestamp) {
        self.change(|deck, now| deck.drag(from, to, now));
    }

    /// Silences the bus at once.
    pub fn stop(&self) {
        self.change(|deck, _| deck.stop());
    }

    /// Changes where the bus sounds: on its own voices, on a port behind `sink`, or nowhere. It falls
    /// silent, and goes on at the next call.
    pub(super) fn reroute(&self, to: &ReplayRoute, sink: Option<Box<dyn Sink>>) {
        self.change(|deck, _| deck.reroute(to, sink));
    }

    /// Whether it plays, and every change of that: the audio device must be open while it does.
    pub fn watch_activity(&self) -> watch::Receiver<ReplayActivity> {
        self.shared.activity.subscribe()
    }

    /// The lanes whose music it has.
    pub fn lanes(&self) -> Vec<InstanceId> {
        self.shared.deck().lanes()
    }

    /// A call never fails for its caller: a player that has ended has released everything.
    fn change(&self, change: impl FnOnce(&mut Deck, Nanos)) {
        let now = self.shared.player.now();
        let mut deck = self.shared.deck();
        change(&mut deck, now);
        self.shared.publish(&deck);
        drop(deck);
        self.shared.changed.notify_one();
    }
}

impl Drop for ReplayBus {
    fn drop(&mut self) {
        self.stop();
        // The second call does nothing, and its journal writes no file that could fail.
        let _ = self.shared.player.shutdown();
    }
}

impl Shared {
    fn deck(&self) -> MutexGuard<'_, Deck> {
        // No change can panic halfway.
        self.deck.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, deck: &Deck) {
        let now = deck.activity();
        self.activity.send_if_modified(|activity| {
            let changed = *activity != now;
            *activity = now;
            changed
        });
    }
}

/// Hands notes over to the player shortly before they are due, until the bus is dropped. While nothing
/// plays it sleeps.
async fn feed(shared: Weak<Shared>) {
    loop {
        let Some(bus) = shared.upgrade() else {
            return;
        };
        let next = {
            let mut deck = bus.deck();
            let next = deck.hand_over(bus.player.now());
            bus.publish(&deck);
            next
        };
        let origin = bus.player.origin();
        let changed = bus.changed.notified();
        match next {
            Some(due) => {
                let wake = origin + due.since(Nanos::ZERO);
                tokio::select! {
                    biased;
                    () = changed => {}
                    () = sleep_until(wake) => {}
                }
            }
            None => changed.await,
        }
    }
}
