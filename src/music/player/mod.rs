//! The player: takes notes in beats, sends bytes in time.
//!
//! Whoever has a [`Player`] hands over notes ahead of time ([`HORIZON`] or more). One thread turns
//! beats into instants and sends; nothing else in Fermata does. It never waits for those who hand
//! over: commands reach it over a ring, and what it sent goes to the journal over another.

mod clock_out;
mod command;
mod delivery;
mod dispatcher;
mod gauges;
mod keyboard;
mod options;
mod outgoing;
mod pacer;
mod port;
mod ports;
mod priority;
mod queue;
#[cfg(target_os = "linux")]
mod rtkit;
mod scribe;
mod shared;
mod silence;
mod simulation;
mod sweep;
mod thread;
mod time;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rtrb::{Producer, RingBuffer};
use tokio::sync::{Notify, watch};

use super::{
    Journal, LaneId, Message, MusicError, Names, Nanos, PartId, PortId, Transport, clock::Clock,
};
pub use command::{Note, Press, When};
pub use gauges::Meters;
pub use options::{ClockOut, LatePolicy, Offset, Pace, PortOptions};
pub use port::PortInfo;
pub use priority::{GrantedBy, Priority};
pub use simulation::Simulation;

use command::{Command, Single, Stamped};
use dispatcher::{Dispatcher, Heard, OUTSTANDING, PORTS, Rings};
use gauges::Gauges;
use port::Port;
use scribe::Scribe;
use shared::{Desk, Shared, Wake};
use thread::Threads;

/// How long before they are due notes are handed over. The time of a commit disappears in it, and a
/// pause takes effect within it.
pub const HORIZON: Duration = Duration::from_millis(60);

/// Commands that may wait for the thread to take them.
const COMMANDS: usize = 16_384;
/// Room among them that notes leave to panics, holds and the like.
const RESERVE: usize = 64;
/// Messages that the journal may be behind.
const JOURNAL: usize = 65_536;
/// Two panics within this time make a thorough one.
const TWICE: Duration = Duration::from_secs(2);

/// A handle on the player. Copies play on the same one; it ends with the last of them.
#[derive(Clone)]
pub struct Player(Arc<Shared>);

/// A player that no handle holds yet.
struct Parts {
    clock: Clock,
    names: Names,
    gauges: Arc<Gauges>,
    inbox: Producer<Stamped>,
    silence: Arc<Notify>,
}

impl Player {
    /// A player on the machine's clock, with a thread of its own and one for the journal.
    pub fn start(journal: Journal) -> Result<Self, MusicError> {
        let (parts, dispatcher, scribe) = assemble(Clock::real(), journal);
        let (threads, priority) = Threads::start(dispatcher, scribe, parts.gauges.clone())?;
        let wake = Wake::Thread(threads.player());
        Ok(Self::new(parts, wake, priority, Some(threads)))
    }

    /// A player on the clock of the tokio runtime that this is called on, and what drives it.
    ///
    /// With the runtime's clock paused, an hour is played in a moment and always in the same way.
    /// The handle must then be used on that runtime's thread: other threads have another time.
    pub fn simulated(journal: Journal) -> (Self, Simulation) {
        let clock = Clock::virtual_();
        let (parts, dispatcher, scribe) = assemble(clock, journal);
        let wake = Arc::new(Notify::new());
        let simulation = Simulation {
            clock,
            dispatcher,
            scribe,
            wake: wake.clone(),
            gauges: parts.gauges.clone(),
        };
        let player = Self::new(parts, Wake::Task(wake), Priority::Virtual, None);
        (player, simulation)
    }

    fn new(parts: Parts, wake: Wake, priority: Priority, threads: Option<Threads>) -> Self {
        let transport = Transport::default();
        Self(Arc::new(Shared {
            clock: parts.clock,
            names: parts.names,
            gauges: parts.gauges,
            desk: Mutex::new(Desk {
                inbox: parts.inbox,
                transport,
                ports: Vec::new(),
                panicked: None,
            }),
            transport: watch::Sender::new(transport),
            silence: parts.silence,
            wake,
            priority,
            threads: Mutex::new(threads),
        }))
    }

    /// The time by the player's clock.
    pub fn now(&self) -> Nanos {
        self.0.clock.now()
    }

    /// The instant that [`Nanos`] are counted from.
    pub fn origin(&self) -> tokio::time::Instant {
        self.0.clock.origin()
    }

    /// Whether the player's thread has real-time priority.
    pub fn priority(&self) -> &Priority {
        &self.0.priority
    }

    /// What becomes of notes that are late, from now on.
    pub fn set_late_policy(&self, policy: LatePolicy) -> Result<(), MusicError> {
        self.command(&mut self.desk(), Command::Late(policy))
    }

    /// The number of the lane of that name; the same every time.
    pub fn lane(&self, name: &str) -> LaneId {
        self.0.names.lane(name)
    }

    /// The number of the part of that name; the same every time.
    pub fn part(&self, name: &str) -> PartId {
        self.0.names.part(name)
    }

    /// The names of lanes, parts and ports.
    pub fn names(&self) -> Names {
        self.0.names.clone()
    }

    /// Hands over a note. An error means that it will not be played.
    pub fn note(&self, note: Note) -> Result<(), MusicError> {
        self.hand_over(note.port, Command::Note(note))
    }

    /// A key goes down at once, also while the transport stands, and stays down until it is lifted,
    /// its lane is [released](Self::release) or everything is let go. For hands on a keyboard; what
    /// a score plays is a [`Note`].
    pub fn press(&self, press: Press) -> Result<(), MusicError> {
        self.hand_over(press.port, Command::Press(press))
    }

    /// The key of a press comes up at once, if it still belongs to its lane.
    pub fn lift(&self, press: Press) -> Result<(), MusicError> {
        self.command(&mut self.desk(), Command::Lift(press))
    }

    /// Lights the lamp under a pad, or darkens it: pads are told by note messages. A lamp is no note:
    /// it sounds nowhere, nobody owns it, and it is in no recording. Anything but a
    /// note-on, note-off or controller is refused.
    pub fn lamp(&self, port: PortId, message: Message) -> Result<(), MusicError> {
        if !matches!(
            message,
            Message::NoteOn(..) | Message::NoteOff(..) | Message::Control(..)
        ) {
            return Err(MusicError::NoLamp);
        }
        let mut desk = self.desk();
        desk.port(port)?;
        self.command(&mut desk, Command::Lamp(port, message))
    }

    /// Hands over a message that is no note: a controller, a program, a bend. Notes have owners and
    /// must be handed over as [`Note`].
    pub fn message(
        &self,
        port: PortId,
        part: PartId,
        message: Message,
        when: When,
        lane: Option<LaneId>,
        source: Option<u64>,
    ) -> Result<(), MusicError> {
        if matches!(message, Message::NoteOn(..) | Message::NoteOff(..)) {
            return Err(MusicError::BareNote);
        }
        let single = Single {
            port,
            part: Some(part),
            message,
            when,
            lane,
            source,
        };
        self.hand_over(port, Command::Single(single))
    }

    /// Tells a port how it is set, or to be silent, as soon as it takes it. It belongs to no part, so
    /// no recording of the music keeps it; what writes down all that is sent does. Notes have owners
    /// and are refused.
    pub fn tell(&self, port: PortId, message: Message) -> Result<(), MusicError> {
        if matches!(message, Message::NoteOn(..) | Message::NoteOff(..)) {
            return Err(MusicError::BareNote);
        }
        let mut desk = self.desk();
        desk.port(port)?;
        self.command(&mut desk, Command::Tell(port, message))
    }

    /// For a lane that is suspended: what begins within [`HORIZON`] still does, then every note of
    /// the lane is let go, and nothing of it that has been handed over begins after that. Notes
    /// that are handed over later play.
    pub fn hold(&self, lane: LaneId) -> Result<(), MusicError> {
        self.command(&mut self.desk(), Command::Hold(lane, HORIZON))
    }

    /// For a lane that is terminated: every note of it is let go at once, and what is pending of it
    /// is dropped.
    pub fn release(&self, lane: LaneId) -> Result<(), MusicError> {
        self.command(&mut self.desk(), Command::Release(lane))
    }

    /// Silence, now: drops what is pending, lets go of every note, then tells every channel of every
    /// port to be silent. A second time within two seconds every key of every channel is let go,
    /// which takes two seconds more.
    pub fn panic(&self) -> Result<(), MusicError> {
        let mut desk = self.desk();
        let now = self.now();
        let again = desk.panicked.is_some_and(|last| now.since(last) < TWICE);
        let command = if again {
            Command::EveryNoteOff
        } else {
            Command::Panic
        };
        self.command(&mut desk, command)?;
        desk.panicked = Some(now);
        Ok(())
    }

    /// Nothing pending, nothing sounding.
    pub fn is_silent(&self) -> bool {
        self.0.gauges.outstanding() == 0
    }

    /// Waits until nothing is pending and nothing sounds, or the player has been shut down.
    pub async fn until_silent(&self) {
        loop {
            let silence = self.0.silence.notified();
            if self.is_silent() || self.0.gauges.is_ended() {
                return;
            }
            silence.await;
        }
    }

    /// How well the player keeps time.
    pub fn meters(&self) -> Meters {
        self.0.gauges.read()
    }

    /// Lets everything go, ends the threads, closes the journal and gives the first error that it
    /// met. In a simulation [`Simulation::run`] gives it instead. The second call does nothing.
    pub fn shutdown(&self) -> Result<(), MusicError> {
        self.0.shutdown()
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        // No change to the desk can panic halfway.
        self.0.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hand_over(&self, port: PortId, command: Command) -> Result<(), MusicError> {
        let gauges = &self.0.gauges;
        let mut desk = self.desk();
        desk.port(port)?;
        if gauges.outstanding() >= OUTSTANDING || desk.inbox.slots() <= RESERVE {
            gauges.lost();
            return Err(MusicError::PlayerFull { limit: OUTSTANDING });
        }
        gauges.begun();
        let given = self.command(&mut desk, command);
        if given.is_err() {
            gauges.over();
        }
        given
    }

    fn command(&self, desk: &mut Desk, command: Command) -> Result<(), MusicError> {
        if self.0.gauges.is_stopped() || desk.inbox.is_abandoned() {
            return Err(MusicError::PlayerGone);
        }
        let at = self.now();
        let stamped = Stamped { at, command };
        let full = |_| MusicError::PlayerFull { limit: COMMANDS };
        desk.inbox.push(stamped).map_err(full)?;
        self.0.wake.wake();
        Ok(())
    }
}

fn assemble(clock: Clock, journal: Journal) -> (Parts, Dispatcher, Scribe) {
    let gauges = Arc::new(Gauges::new());
    let silence = Arc::new(Notify::new());
    let (to_player, inbox) = RingBuffer::<Stamped>::new(COMMANDS);
    let (to_journal, heard) = RingBuffer::<Heard>::new(JOURNAL);
    let (returns, returned) = RingBuffer::<Box<Port>>::new(2 * PORTS);
    let parts = Parts {
        clock,
        names: journal.names(),
        gauges: gauges.clone(),
        inbox: to_player,
        silence: silence.clone(),
    };
    let rings = Rings {
        inbox,
        journal: to_journal,
        returns,
    };
    let dispatcher = Dispatcher::new(clock, gauges.clone(), rings, Transport::default());
    let scribe = Scribe {
        clock,
        journal,
        heard,
        returned,
        gauges,
        silence,
    };
    (parts, dispatcher, scribe)
}
