//! The player itself: takes commands, keeps what is pending and what sounds, sends what is due.
//!
//! One `turn` at a time, driven by the real-time thread or by the simulation. It has all its memory
//! from the start, and takes no locks.

use std::{sync::Arc, time::Duration};

use rtrb::{Consumer, Producer};

use super::{
    command::{Command, Note, Single, Stamped, When},
    gauges::Gauges,
    port::Port,
    queue::{Off, Pending, Queue, What},
    sweep::Sweep,
};
use crate::music::{
    Beat, Beats, Channel, Key, LaneId, Message, Nanos, PartId, PortId, Sent, Transport,
    clock::Clock, ledger::Sounding,
};

/// How many ports may ever be added.
pub(super) const PORTS: usize = 256;
/// How many notes and messages may be handed over and not be over.
pub(super) const OUTSTANDING: usize = 32_768;
/// The shortest note.
const TICK: (i64, i64) = (1, 960);

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
    clock: Clock,
    gauges: Arc<Gauges>,
    rings: Rings,
    transport: Transport,
    ports: Vec<Option<Box<Port>>>,
    queue: Queue,
    notes: u64,
    /// Up to here everything has been sent.
    reached: Nanos,
    sweep: Option<Sweep>,
}

/// Whom a message comes from.
#[derive(Clone, Copy, Default)]
struct Origin {
    part: Option<PartId>,
    lane: Option<LaneId>,
    source: Option<u64>,
}

impl Dispatcher {
    pub fn new(clock: Clock, gauges: Arc<Gauges>, rings: Rings, transport: Transport) -> Self {
        let mut dispatcher = Self {
            clock,
            gauges,
            rings,
            transport,
            ports: (0..PORTS).map(|_| None).collect(),
            // Twice the room: a note that lost its key leaves its note-off behind for a while.
            queue: Queue::with_capacity(2 * OUTSTANDING),
            notes: 0,
            reached: Nanos::ZERO,
            sweep: None,
        };
        dispatcher.set_transport(transport, Nanos::ZERO);
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
            let ports = self.ports.iter().flatten();
            self.gauges
                .set_sounding(ports.map(|port| port.keys.sounding()).sum());
        }
        worked
    }

    /// When there will be something to do, if no command comes.
    pub fn next_due(&self) -> Option<Nanos> {
        let pending = self.next_pending();
        let swept = self.sweep.map(|sweep| sweep.due);
        pending.into_iter().chain(swept).min()
    }

    pub fn has_commands(&self) -> bool {
        !self.rings.inbox.is_empty()
    }

    pub fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Lets everything go and gives the ports back.
    pub fn end(mut self) {
        let now = self.clock.now();
        self.forget(|_| true);
        self.let_go(now, |_, _| true);
        self.gauges.set_sounding(0);
        for port in 0..self.ports.len() {
            self.give_back(port);
        }
    }

    fn next_pending(&self) -> Option<Nanos> {
        self.transport.instant(self.queue.next()?)
    }

    fn send_due(&mut self, until: Nanos) -> bool {
        let mut worked = false;
        while let Some(due) = self.next_pending().filter(|due| *due <= until) {
            if let Some(pending) = self.queue.pop() {
                self.begin(pending, due);
                worked = true;
            }
        }
        while let Some(sweep) = self.sweep.filter(|sweep| sweep.due <= until) {
            self.sweep(sweep);
            worked = true;
        }
        self.reached = self.reached.max(until);
        worked
    }

    fn obey(&mut self, Stamped { at, command }: Stamped) {
        match command {
            Command::Note(note) => self.enqueue(note.at, What::On(note)),
            Command::Single(single) => match single.when {
                When::Beat(beat) => self.enqueue(beat, What::Single(single)),
                When::Now => self.single(single, self.transport.position(at), at),
            },
            Command::Transport(transport) => self.set_transport(transport, at),
            Command::Stand(transport) => {
                self.let_go(at, |_, _| true);
                self.queue.retain_mut(|pending| !pending.what.is_off());
                self.set_transport(transport, at);
            }
            Command::Locate(transport) => {
                self.forget(|_| true);
                self.set_transport(transport, at);
            }
            Command::Hold(lane, horizon) => self.hold(lane, at, horizon),
            Command::Release(lane) => {
                self.forget(|what| what.lane() == Some(lane));
                self.let_go(at, |_, note| note.lane == lane);
            }
            Command::Panic => self.panic(at),
            Command::EveryNoteOff => {
                self.panic(at);
                self.sweep = Sweep::from(at);
            }
            Command::Port(id, port) => {
                self.let_go(at, |of, _| of == id);
                self.give_back(usize::from(id.0));
                if let Some(place) = self.ports.get_mut(usize::from(id.0)) {
                    *place = Some(port);
                }
            }
            Command::RemovePort(id) => {
                self.forget(|what| what.port() == id);
                self.let_go(at, |of, _| of == id);
                self.give_back(usize::from(id.0));
            }
        }
    }

    fn set_transport(&mut self, transport: Transport, at: Nanos) {
        self.transport = transport;
        self.tell_journal(Heard::Transport(transport, at));
    }

    fn enqueue(&mut self, beat: Beat, what: What) {
        if self.queue.is_full() {
            self.forget_stale();
        }
        if !self.queue.push(beat, what) && !what.is_off() {
            self.gauges.lost();
            self.gauges.over();
        }
    }

    /// Drops the note-offs of notes that no longer own their key.
    fn forget_stale(&mut self) {
        let ports = &self.ports;
        self.queue.retain_mut(|pending| match pending.what {
            What::Off(off) => {
                let port = ports.get(usize::from(off.port.0)).and_then(Option::as_ref);
                let owner = port.and_then(|port| port.keys.owner(off.channel, off.key));
                owner.is_some_and(|owner| owner.note == off.note)
            }
            _ => true,
        });
    }

    fn begin(&mut self, pending: Pending, due: Nanos) {
        match pending.what {
            What::Off(off) => self.off(off, due),
            What::Single(single) => self.single(single, pending.beat, due),
            What::On(note) => self.on(note, due),
        }
    }

    fn on(&mut self, note: Note, due: Nanos) {
        self.notes += 1;
        let sounding = Sounding {
            note: self.notes,
            began: note.at,
            lane: note.lane,
            part: note.part,
            source: note.source,
        };
        let Some(port) = self.port(note.port) else {
            self.gauges.lost();
            self.gauges.over();
            return;
        };
        if let Some(before) = port.keys.strike(note.channel, note.key, sounding) {
            self.note_off(note.port, note.channel, note.key, before, note.at, due);
        }
        let message = Message::NoteOn(note.channel, note.key, note.velocity);
        self.send(note.port, message, Origin::of(sounding), note.at, due);
        let tick = Beats::new(TICK.0, TICK.1);
        let score = note.at + note.length.max(tick);
        let now = self.transport.position(self.stamp(due));
        let off = Off {
            port: note.port,
            channel: note.channel,
            key: note.key,
            note: sounding.note,
            lane: note.lane,
            score,
        };
        // A note that came too late to be heard in its time is heard for a tick.
        let beat = if score > now { score } else { now + tick };
        self.enqueue(beat, What::Off(off));
    }

    fn off(&mut self, off: Off, due: Nanos) {
        let Some(port) = self.port(off.port) else {
            return;
        };
        let owner = port.keys.owner(off.channel, off.key);
        if owner.is_none_or(|owner| owner.note != off.note) {
            return;
        }
        if let Some(note) = port.keys.lift(off.channel, off.key) {
            self.note_off(off.port, off.channel, off.key, note, off.score, due);
        }
    }

    fn single(&mut self, single: Single, beat: Beat, due: Nanos) {
        let origin = Origin {
            part: Some(single.part),
            lane: single.lane,
            source: single.source,
        };
        self.send(single.port, single.message, origin, beat, due);
        self.gauges.over();
    }

    /// Ends a note that no longer owns its key.
    fn note_off(
        &mut self,
        port: PortId,
        channel: Channel,
        key: Key,
        note: Sounding,
        beat: Beat,
        due: Nanos,
    ) {
        let beat = beat.max(note.began);
        let message = Message::NoteOff(channel, key);
        self.send(port, message, Origin::of(note), beat, due);
        self.gauges.over();
    }

    /// What begins within the horizon still does; all of the lane ends with it.
    fn hold(&mut self, lane: LaneId, at: Nanos, horizon: Duration) {
        if !self.transport.is_rolling() {
            self.forget(|what| what.lane() == Some(lane));
            return;
        }
        let end = self.transport.position(at + horizon);
        let gauges = &self.gauges;
        self.queue.retain_mut(|pending| {
            if pending.what.lane() != Some(lane) {
                return true;
            }
            match &mut pending.what {
                What::Off(off) if pending.beat > end => {
                    pending.beat = end;
                    off.score = end;
                }
                What::On(note) if pending.beat < end => {
                    note.length = note.length.min(end - note.at);
                }
                What::On(_) | What::Single(_) if pending.beat >= end => {
                    gauges.over();
                    return false;
                }
                _ => {}
            }
            true
        });
    }

    fn panic(&mut self, at: Nanos) {
        self.forget(|_| true);
        self.let_go(at, |_, _| true);
        let beat = self.transport.position(at);
        for port in port_ids() {
            for channel in Channel::all() {
                for control in [
                    Message::SUSTAIN,
                    Message::ALL_SOUND_OFF,
                    Message::ALL_NOTES_OFF,
                ] {
                    let message = Message::Control(channel, control, 0);
                    self.send(port, message, Origin::default(), beat, at);
                }
            }
        }
    }

    /// One step: a note-off for one key on every port where no note owns it.
    fn sweep(&mut self, sweep: Sweep) {
        let beat = self.transport.position(sweep.due);
        let (channel, key) = sweep.key;
        for id in port_ids() {
            let free = self
                .port(id)
                .is_some_and(|port| port.keys.owner(channel, key).is_none());
            if free {
                let message = Message::NoteOff(channel, key);
                self.send(id, message, Origin::default(), beat, sweep.due);
            }
        }
        self.sweep = sweep.next();
    }

    /// Drops of what is pending what `which` picks.
    fn forget(&mut self, which: impl Fn(&What) -> bool) {
        let gauges = &self.gauges;
        self.queue.retain_mut(|pending| {
            let dropped = which(&pending.what);
            if dropped && !pending.what.is_off() {
                gauges.over();
            }
            !dropped
        });
    }

    /// Ends now those sounding notes that `which` picks.
    fn let_go(&mut self, at: Nanos, which: impl Fn(PortId, &Sounding) -> bool) {
        let beat = self.transport.position(at);
        for id in port_ids() {
            let mut from = 0;
            while let Some((number, channel, key, note)) = self
                .port(id)
                .and_then(|port| port.keys.find(from, |note| which(id, note)))
            {
                if let Some(port) = self.port(id) {
                    port.keys.lift(channel, key);
                }
                self.note_off(id, channel, key, note, beat, at);
                from = number + 1;
            }
        }
    }

    fn give_back(&mut self, port: usize) {
        if let Some(port) = self.ports.get_mut(port).and_then(Option::take) {
            // The ring has room for many more ports than anyone plugs at once. Were it full, the
            // port would be freed here, late but sound.
            let _ = self.rings.returns.push(port);
        }
    }

    fn send(&mut self, id: PortId, message: Message, origin: Origin, beat: Beat, due: Nanos) {
        let sent = Sent {
            due,
            sent: self.stamp(due),
            beat,
            port: id,
            part: origin.part,
            lane: origin.lane,
            source: origin.source,
            message,
        };
        let Some(port) = self.port(id) else {
            return;
        };
        if !port.send(&sent) {
            self.gauges.lost();
        }
        self.gauges.sent(&sent);
        self.tell_journal(Heard::Sent(sent));
    }

    /// The time of sending. Virtual time leaps, by whole milliseconds, over instants that it would
    /// have met had it crept: what was due since the last turn goes out when it was due.
    fn stamp(&self, due: Nanos) -> Nanos {
        match self.clock {
            Clock::Real(_) => self.clock.now(),
            Clock::Virtual(_) => due.max(self.reached),
        }
    }

    fn tell_journal(&mut self, heard: Heard) {
        if self.rings.journal.push(heard).is_err() {
            self.gauges.unrecorded();
        }
    }

    fn port(&mut self, id: PortId) -> Option<&mut Port> {
        self.ports.get_mut(usize::from(id.0))?.as_deref_mut()
    }
}

impl Origin {
    fn of(note: Sounding) -> Self {
        Self {
            part: Some(note.part),
            lane: Some(note.lane),
            source: note.source,
        }
    }
}

fn port_ids() -> impl Iterator<Item = PortId> {
    (0..PORTS as u16).map(PortId)
}
