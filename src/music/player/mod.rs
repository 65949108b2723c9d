//! The player: takes notes in beats and sends messages in time.
//!
//! Every [`Player`] handle accepts notes ahead of time ([`HORIZON`] or more). One thread turns beats
//! into instants and sends; nothing else in Fermata does. It never waits for its callers: commands
//! reach it through a queue, and what it sent goes to the journal through another.

mod clock_out;
mod command;
mod dispatcher;
mod event;
mod gauges;
mod journal_writer;
mod limits;
mod note;
mod note_starter;
mod options;
mod outgoing;
mod output;
mod pacer;
mod playback;
mod port;
mod port_control;
mod port_gauges;
mod port_table;
mod priority;
mod queue;
mod rings;
#[cfg(target_os = "linux")]
mod rtkit;
mod schedule;
mod shared;
mod simulation;
mod sweep;
mod thread;
mod transport_control;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rtrb::Producer;
use tokio::sync::{Notify, watch};

use super::{
    Journal, LaneId, Message, MusicError, Names, Nanos, PartId, PortId, Transport, clock::Clock,
};
pub use gauges::Meters;
pub use note::{KeyPress, Note, When};
pub use options::{ClockOut, LatePolicy, Offset, Pace, PortOptions};
pub use port_gauges::PortInfo;
pub use priority::{GrantedBy, Priority};
pub use simulation::Simulation;

use command::{Command, TimedCommand};
use dispatcher::Dispatcher;
use event::OtherMessage;
use gauges::Gauges;
use journal_writer::JournalWriter;
use limits::{COMMANDS, MAX_OUTSTANDING, RESERVED_COMMANDS};
use shared::{HandleState, Shared, Waker};
use thread::Threads;

/// How long before they are due notes are sent to the player. The time of a commit disappears in it,
/// and a pause takes effect within it.
pub const HORIZON: Duration = Duration::from_millis(60);

/// Two panics within this time make a thorough one.
const DOUBLE_PANIC: Duration = Duration::from_secs(2);

/// A handle to the player. Clones share it; the player ends with the last of them.
#[derive(Clone)]
pub struct Player(Arc<Shared>);

/// What a handle is made of.
struct Parts {
    clock: Clock,
    names: Names,
    gauges: Arc<Gauges>,
    commands: Producer<TimedCommand>,
    silence: Arc<Notify>,
}

impl Player {
    /// Starts a player on the machine's clock, with a thread of its own and one for the journal.
    pub fn start(journal: Journal) -> Result<Self, MusicError> {
        let (parts, dispatcher, writer) = assemble(Clock::real(), journal);
        let (threads, priority) = Threads::start(dispatcher, writer, parts.gauges.clone())?;
        tracing::info!(%priority, "player started");
        let waker = Waker::Thread(threads.player());
        Ok(Self::new(parts, waker, priority, Some(threads)))
    }

    /// A player on the clock of the calling tokio runtime, and the simulation that runs it.
    ///
    /// With a paused clock, an hour is played in a moment and always in the same way. The handle must
    /// then be used on the runtime's thread: other threads have another time.
    pub fn simulated(journal: Journal) -> (Self, Simulation) {
        let clock = Clock::virtual_();
        let (parts, dispatcher, writer) = assemble(clock, journal);
        let wake = Arc::new(Notify::new());
        let simulation = Simulation {
            clock,
            dispatcher,
            writer,
            wake: wake.clone(),
            gauges: parts.gauges.clone(),
        };
        let player = Self::new(parts, Waker::Task(wake), Priority::Virtual, None);
        (player, simulation)
    }

    fn new(parts: Parts, waker: Waker, priority: Priority, threads: Option<Threads>) -> Self {
        let transport = Transport::default();
        Self(Arc::new(Shared {
            clock: parts.clock,
            names: parts.names,
            gauges: parts.gauges,
            state: Mutex::new(HandleState {
                commands: parts.commands,
                transport,
                ports: Vec::new(),
                panicked: None,
            }),
            transport: watch::Sender::new(transport),
            silence: parts.silence,
            waker,
            priority,
            threads: Mutex::new(threads),
        }))
    }

    /// The time by the player's clock.
    pub fn now(&self) -> Nanos {
        self.0.clock.now()
    }

    /// The origin of the clock.
    pub fn origin(&self) -> tokio::time::Instant {
        self.0.clock.origin()
    }

    /// Whether the player's thread has real-time priority.
    pub fn priority(&self) -> &Priority {
        &self.0.priority
    }

    /// Sets the policy for late notes.
    pub fn set_late_policy(&self, policy: LatePolicy) -> Result<(), MusicError> {
        self.command(&mut self.state(), Command::Late(policy))
    }

    /// The lane of that name; the same every time.
    pub fn lane(&self, name: &str) -> LaneId {
        self.0.names.lane(name)
    }

    /// The part of that name; the same every time.
    pub fn part(&self, name: &str) -> PartId {
        self.0.names.part(name)
    }

    /// The names of lanes, parts and ports.
    pub fn names(&self) -> Names {
        self.0.names.clone()
    }

    /// Plays a note.
    ///
    /// # Errors
    ///
    /// [`MusicError`]; the note is not played then.
    pub fn note(&self, note: Note) -> Result<(), MusicError> {
        self.accept(note.port, Command::Note(note))
    }

    /// Presses a key at once, even while the transport is stopped. It stays down until
    /// [`key_up`](Self::key_up), [`release_lane`](Self::release_lane), a stop or a panic. For
    /// performers on a keyboard; scores play [notes](Note).
    pub fn key_down(&self, press: KeyPress) -> Result<(), MusicError> {
        self.accept(press.port, Command::KeyDown(press))
    }

    /// Releases a key at once, if its lane still owns it.
    pub fn key_up(&self, press: KeyPress) -> Result<(), MusicError> {
        self.command(&mut self.state(), Command::KeyUp(press))
    }

    /// Sets the light of a pad with a note-on, a note-off or a control change. It is not music: it has no
    /// owner and is not recorded.
    ///
    /// # Errors
    ///
    /// [`MusicError::NotALight`] for other messages.
    pub fn light(&self, port: PortId, message: Message) -> Result<(), MusicError> {
        if !matches!(
            message,
            Message::NoteOn(..) | Message::NoteOff(..) | Message::Control(..)
        ) {
            return Err(MusicError::NotALight);
        }
        let mut state = self.state();
        state.port(port)?;
        self.command(&mut state, Command::Light(port, message))
    }

    /// Sends a message other than a note: a control change, program change or bend. Notes have owners
    /// and must be sent as [`Note`]s.
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
        let message = OtherMessage {
            port,
            part: Some(part),
            message,
            when,
            lane,
            source,
        };
        self.accept(port, Command::Message(message))
    }

    /// Sends a setting to a port, or silences it, as soon as it can take the message. The message belongs
    /// to no part, so recordings leave it out; a trace contains it. Notes are refused.
    pub fn configure(&self, port: PortId, message: Message) -> Result<(), MusicError> {
        if matches!(message, Message::NoteOn(..) | Message::NoteOff(..)) {
            return Err(MusicError::BareNote);
        }
        let mut state = self.state();
        state.port(port)?;
        self.command(&mut state, Command::Configure(port, message))
    }

    /// Pauses a lane, after its instance was suspended: what begins within [`HORIZON`] still begins, then
    /// every note of the lane is released, and its other pending events are dropped. Later notes play.
    pub fn pause_lane(&self, lane: LaneId) -> Result<(), MusicError> {
        self.command(&mut self.state(), Command::PauseLane(lane, HORIZON))
    }

    /// Releases every note of a lane at once and drops its pending events, after its instance was
    /// terminated.
    pub fn release_lane(&self, lane: LaneId) -> Result<(), MusicError> {
        self.command(&mut self.state(), Command::ReleaseLane(lane))
    }

    /// Silences everything: drops pending events, releases every note, then sends "all sound off" and "all
    /// notes off" to every channel of every port. The second call within two seconds also sends note-offs
    /// for all keys of all channels, which takes two seconds.
    pub fn panic(&self) -> Result<(), MusicError> {
        let mut state = self.state();
        let now = self.now();
        let again = state
            .panicked
            .is_some_and(|last| now.since(last) < DOUBLE_PANIC);
        let command = if again {
            Command::SweepingPanic
        } else {
            Command::Panic
        };
        self.command(&mut state, command)?;
        state.panicked = Some(now);
        Ok(())
    }

    /// Whether nothing is pending and nothing sounds.
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

    /// The timing statistics.
    pub fn meters(&self) -> Meters {
        self.0.gauges.read()
    }

    /// Releases everything, ends the threads and closes the journal. The second call does nothing.
    ///
    /// # Errors
    ///
    /// A panic of the player, or the first error of the journal. In a simulation,
    /// [`Simulation::run`] returns it instead.
    pub fn shutdown(&self) -> Result<(), MusicError> {
        self.0.shutdown()
    }

    fn state(&self) -> MutexGuard<'_, HandleState> {
        // No change can panic halfway.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(&self, port: PortId, command: Command) -> Result<(), MusicError> {
        let gauges = &self.0.gauges;
        let mut state = self.state();
        state.port(port)?;
        if gauges.outstanding() >= MAX_OUTSTANDING || state.commands.slots() <= RESERVED_COMMANDS {
            gauges.lost();
            return Err(MusicError::PlayerFull {
                limit: MAX_OUTSTANDING,
            });
        }
        gauges.accepted();
        let result = self.command(&mut state, command);
        if result.is_err() {
            gauges.finished();
        }
        result
    }

    fn command(&self, state: &mut HandleState, command: Command) -> Result<(), MusicError> {
        if self.0.gauges.is_stopped() || state.commands.is_abandoned() {
            return Err(MusicError::PlayerGone);
        }
        let at = self.now();
        let command = TimedCommand { at, command };
        let full = |_| MusicError::PlayerFull { limit: COMMANDS };
        state.commands.push(command).map_err(full)?;
        self.0.waker.wake();
        Ok(())
    }
}

fn assemble(clock: Clock, journal: Journal) -> (Parts, Dispatcher, JournalWriter) {
    let gauges = Arc::new(Gauges::new());
    let silence = Arc::new(Notify::new());
    let (commands, player_rings, journal_rings) = rings::rings();
    let parts = Parts {
        clock,
        names: journal.names(),
        gauges: gauges.clone(),
        commands,
        silence: silence.clone(),
    };
    let transport = Transport::default();
    let dispatcher = Dispatcher::new(clock, gauges.clone(), player_rings, transport);
    let writer = JournalWriter {
        clock,
        journal,
        rings: journal_rings,
        gauges,
        silence,
    };
    (parts, dispatcher, writer)
}
