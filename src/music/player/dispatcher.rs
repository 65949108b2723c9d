//! The player itself: takes commands, keeps what is pending and what sounds, sends what is due.
//!
//! What has a place in the piece waits in the queue, by beat. Shortly before it is due it goes to
//! its port, and leaves it as soon as the port can take it. One `turn` at a time, driven by the
//! real-time thread or by the simulation. It has all its memory from the start, and takes no locks.

use std::{sync::Arc, time::Duration};

use rtrb::{Consumer, Producer};

use super::{
    LatePolicy, Offset, PortOptions,
    command::{Command, Stamped, When},
    gauges::Gauges,
    port::Port,
    queue::{On, Queue, What},
    sweep::Sweep,
};
use crate::music::{Beat, LaneId, Nanos, PortId, Sent, Transport, clock::Clock};

/// How many ports may ever be added.
pub(super) const PORTS: usize = 256;
/// How many notes and messages may be handed over and not be over.
pub(super) const OUTSTANDING: usize = 32_768;

/// What the journal hears.
pub(super) enum Heard {
    Sent(Sent),
    Transport(Transport, Nanos),
}

/// The ends of the rings that the dispatcher holds.
pub(super) struct Rings {
    pub inbox: Consumer<Stamped>,
    pub journal: Producer<Heard>,
    /// Takes ports back, so that they are freed elsewhere.
    pub returns: Producer<Box<Port>>,
}

pub(super) struct Dispatcher {
    pub(super) clock: Clock,
    pub(super) gauges: Arc<Gauges>,
    pub(super) rings: Rings,
    pub(super) transport: Transport,
    /// As many as have been added, in the order of their numbers.
    pub(super) ports: Vec<Option<Box<Port>>>,
    pub(super) queue: Queue,
    pub(super) notes: u64,
    pub(super) late: LatePolicy,
    /// How much earlier than due the queue is looked at: as much as the most hasty port needs.
    ahead: Duration,
    /// Up to here everything has been sent.
    pub(super) reached: Nanos,
    sweep: Option<Sweep>,
}

/// What is to be done next.
enum Step {
    Release,
    Leave(PortId),
    Sweep(Sweep),
}

impl Dispatcher {
    pub fn new(clock: Clock, gauges: Arc<Gauges>, rings: Rings, transport: Transport) -> Self {
        let mut dispatcher = Self {
            clock,
            gauges,
            rings,
            transport,
            ports: Vec::with_capacity(PORTS),
            // Twice the room: a note that lost its key leaves its note-off behind for a while.
            queue: Queue::with_capacity(2 * OUTSTANDING),
            notes: 0,
            late: LatePolicy::default(),
            ahead: Duration::ZERO,
            reached: Nanos::ZERO,
            sweep: None,
        };
        dispatcher.tell_journal(Heard::Transport(transport, Nanos::ZERO));
        dispatcher
    }

    /// Does all there is to do now. Gives whether there was anything.
    pub fn turn(&mut self) -> bool {
        let mut worked = false;
        while let Ok(stamped) = self.rings.inbox.pop() {
            // First what was due before the command was given: the outcome does not depend on when
            // the thread gets to it.
            self.send_due(stamped.at);
            self.obey(stamped);
            worked = true;
        }
        worked |= self.send_due(self.clock.now());
        if worked {
            self.tell_gauges();
        }
        worked
    }

    /// When there will be something to do, if no command comes.
    pub fn next_due(&self) -> Option<Nanos> {
        self.next_step().map(|(due, _)| due)
    }

    pub fn has_commands(&self) -> bool {
        !self.rings.inbox.is_empty()
    }

    pub fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Lets everything go, as fast as the ports can take it, and gives the ports back.
    pub fn end(mut self) {
        let now = self.clock.now();
        self.sweep = None;
        // What was told to silence a port still goes: a pedal that stays down holds what was let go.
        // Nobody waits for the end of a note that is let go now.
        self.forget(|what| what.is_off() || what.is_handed_over());
        self.let_go(now, |_, _| true);
        for port in self.ports.iter_mut().flatten() {
            port.outgoing.forget_coming();
            port.clock.stop();
        }
        while let Some(due) = self.next_due() {
            if let Clock::Real(_) = self.clock {
                std::thread::sleep(due.since(self.clock.now()));
            }
            self.send_due(due);
        }
        self.tell_gauges();
        for port in 0..self.ports.len() {
            self.give_back(port);
        }
    }

    /// What comes next and when. What is to go to ports comes before what leaves them, so that all
    /// of an instant is together before the first of it leaves.
    fn next_step(&self) -> Option<(Nanos, Step)> {
        let release = self
            .queue
            .next()
            .and_then(|beat| self.transport.instant(beat));
        let release = release.map(|at| (at - self.ahead, Step::Release));
        let leave = port_ids(self.ports.len()).filter_map(|id| {
            let port = self.ports.get(usize::from(id.0))?.as_ref()?;
            Some((port.next_due(&self.transport)?, Step::Leave(id)))
        });
        let sweep = self.sweep.map(|sweep| (sweep.due, Step::Sweep(sweep)));
        let steps = release.into_iter().chain(leave).chain(sweep);
        steps.min_by_key(|(at, _)| *at)
    }

    fn send_due(&mut self, until: Nanos) -> bool {
        let mut worked = false;
        while let Some((at, step)) = self.next_step().filter(|(at, _)| *at <= until) {
            self.reached = self.reached.max(at);
            match step {
                Step::Release => self.release(),
                Step::Leave(port) => self.leave(port, at),
                Step::Sweep(sweep) => self.sweep(sweep),
            }
            worked = true;
        }
        self.reached = self.reached.max(until);
        worked
    }

    /// What comes next in the queue goes to its port.
    fn release(&mut self) {
        let Some(pending) = self.queue.pop() else {
            return;
        };
        let nominal = self.transport.instant(pending.beat);
        self.hand_on(pending.beat, pending.what, nominal.unwrap_or(self.reached));
    }

    fn obey(&mut self, Stamped { at, command }: Stamped) {
        match command {
            Command::Note(note) => self.enqueue(note.at, What::On(On::in_time(note))),
            Command::Single(single) => match single.when {
                When::Beat(beat) => self.enqueue(beat, What::Single(single)),
                When::Now => self.at_once(What::Single(single), at),
            },
            Command::Press(press) => self.press(press, at),
            Command::Lift(press) => self.lift_press(press, at),
            Command::Lamp(port, message) => self.lamp(port, message, at),
            Command::Tell(port, message) => self.tell(port, message, at),
            Command::Transport(transport) => self.change_transport(transport, at),
            Command::Stand(transport) => self.stand(transport, at),
            Command::Locate(transport) => {
                self.forget(|what| !what.is_at_once());
                self.set_transport(transport, at);
            }
            Command::Hold(lane, horizon) => self.hold(lane, at, horizon),
            Command::Release(lane) => {
                self.forget(|what| what.lane() == Some(lane));
                self.let_go(at, |_, note| note.lane == lane);
            }
            Command::Late(policy) => self.late = policy,
            Command::Panic => self.panic(at),
            Command::EveryNoteOff => {
                self.panic(at);
                self.sweep = Sweep::from(at);
            }
            Command::Port(id, port) => self.bind(id, port, at),
            Command::PortOptions(id, options) => self.set_options(id, options, at),
            Command::RemovePort(id) => {
                self.forget(|what| what.port() == id);
                self.take_leave(id, at);
                self.give_back(usize::from(id.0));
                self.look_ahead();
            }
        }
    }

    /// Something that goes to its port as soon as it can.
    pub(super) fn at_once(&mut self, what: What, at: Nanos) {
        let beat = self.transport.position(at);
        let port = self.port(what.port());
        let ahead = port.map(|port| port.options.offset.ahead());
        // A port that is ahead gets it at once too: there is no sooner.
        self.hand_on(beat, what, at + ahead.unwrap_or_default());
    }

    fn change_transport(&mut self, transport: Transport, at: Nanos) {
        let before = std::mem::replace(&mut self.transport, transport);
        for port in self.ports.iter_mut().flatten() {
            if before.is_rolling() {
                // What the transport has passed keeps its instant, and nothing falls behind it.
                port.outgoing.retime(|item| {
                    if item.what.is_at_once() || item.nominal <= at {
                        return item.nominal;
                    }
                    transport.instant(item.beat).unwrap_or(at).max(at)
                });
                let here = port.options.offset.undone(at);
                port.clock.follow(transport.position(here));
            } else if transport.is_rolling() {
                port.start_clock(before.position(at));
            }
        }
        self.tell_journal(Heard::Transport(transport, at));
    }

    /// What was on its way but has not begun waits again for its beat.
    fn stand(&mut self, transport: Transport, at: Nanos) {
        self.queue.retain_mut(|pending| !pending.what.is_off());
        for port in self.ports.iter_mut().flatten() {
            let queue = &mut self.queue;
            port.outgoing.retain_mut(|beat, what| {
                what.is_off() || what.is_at_once() || !queue.push(beat, *what)
            });
            port.clock.stop();
        }
        self.let_go(at, |_, _| true);
        self.set_transport(transport, at);
    }

    fn set_transport(&mut self, transport: Transport, at: Nanos) {
        self.transport = transport;
        self.tell_journal(Heard::Transport(transport, at));
    }

    /// A port that is there already only gets another sink: what is on its way goes there.
    fn bind(&mut self, id: PortId, mut port: Box<Port>, at: Nanos) {
        self.take_leave(id, at);
        let place = usize::from(id.0);
        if let Some(old) = self.port(id) {
            old.outgoing.retain_mut(|_, what| !what.is_off());
            port.options = old.options;
            std::mem::swap(&mut port.outgoing, &mut old.outgoing);
        }
        if self.transport.is_rolling() {
            port.start_clock(self.transport.position(at));
        }
        self.give_back(place);
        while self.ports.len() <= place.min(PORTS - 1) {
            self.ports.push(None);
        }
        if let Some(place) = self.ports.get_mut(place) {
            *place = Some(port);
        }
    }

    fn set_options(&mut self, id: PortId, options: PortOptions, at: Nanos) {
        let transport = self.transport;
        if let Some(port) = self.port(id) {
            let before = std::mem::replace(&mut port.options, options);
            if before.clock != options.clock {
                port.clock.stop();
                if transport.is_rolling() {
                    port.start_clock(transport.position(at));
                }
            }
        }
        self.look_ahead();
    }

    fn look_ahead(&mut self) {
        let offsets = self.ports.iter().flatten().map(|port| port.options.offset);
        self.ahead = offsets.map(Offset::ahead).max().unwrap_or_default();
    }

    /// What begins within the horizon still does; all of the lane ends with it.
    fn hold(&mut self, lane: LaneId, at: Nanos, horizon: Duration) {
        if !self.transport.is_rolling() {
            return self.forget(|what| what.lane() == Some(lane));
        }
        let end = self.transport.position(at + horizon);
        let gauges = &self.gauges;
        let keep = |beat: &mut Beat, what: &mut What| {
            if what.lane() != Some(lane) {
                return true;
            }
            match what {
                What::Off(off) if *beat > end => {
                    *beat = end;
                    off.score = end;
                }
                What::On(on) if *beat < end => {
                    on.note.length = on.note.length.min(end - on.note.at);
                    on.last = Some(end);
                }
                What::On(_) | What::Single(_) if *beat >= end => {
                    gauges.over();
                    return false;
                }
                _ => {}
            }
            true
        };
        self.queue
            .retain_mut(|pending| keep(&mut pending.beat, &mut pending.what));
        for port in self.ports.iter_mut().flatten() {
            port.outgoing
                .retain_mut(|beat, what| keep(&mut { beat }, what));
        }
    }

    /// One step: a note-off for one key on every port where no note owns it.
    fn sweep(&mut self, sweep: Sweep) {
        for id in port_ids(self.ports.len()) {
            self.tell(id, sweep.message(), sweep.due);
        }
        self.sweep = sweep.next();
    }

    fn give_back(&mut self, port: usize) {
        if let Some(port) = self.ports.get_mut(port).and_then(Option::take) {
            // The ring has room for many more ports than anyone plugs at once. Were it full, the
            // port would be freed here, late but sound.
            let _ = self.rings.returns.push(port);
        }
    }

    fn tell_gauges(&self) {
        let ports = self.ports.iter().flatten();
        let sounding = ports.map(|port| {
            port.tell_waiting();
            port.keys.sounding()
        });
        self.gauges.set_sounding(sounding.sum());
    }

    pub(super) fn tell_journal(&mut self, heard: Heard) {
        if self.rings.journal.push(heard).is_err() {
            self.gauges.unrecorded();
        }
    }

    pub(super) fn port(&mut self, id: PortId) -> Option<&mut Port> {
        self.ports.get_mut(usize::from(id.0))?.as_deref_mut()
    }
}

pub(super) fn port_ids(count: usize) -> impl Iterator<Item = PortId> {
    (0..PORTS.min(count) as u16).map(PortId)
}
