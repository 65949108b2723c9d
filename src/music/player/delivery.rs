//! How what is due leaves a port: keys go down and come up, notes that are too late are left out.

use std::time::Duration;

use super::{
    LatePolicy,
    command::{Note, Single},
    dispatcher::{Dispatcher, Heard},
    outgoing::Item,
    queue::{Ends, Off, On, What},
};
use crate::music::{
    Beat, Beats, Channel, Key, LaneId, Message, Nanos, PartId, PortId, Sent, clock::Clock,
    ledger::Sounding,
};

/// The shortest note.
const TICK: (i64, i64) = (1, 960);

/// Whom a message comes from.
#[derive(Clone, Copy, Default)]
pub(super) struct Origin {
    part: Option<PartId>,
    lane: Option<LaneId>,
    source: Option<u64>,
}

/// Place and time of a message.
#[derive(Clone, Copy)]
pub(super) struct Timing {
    beat: Beat,
    /// When the transport has it.
    nominal: Nanos,
    /// When it should go out.
    due: Nanos,
}

impl Dispatcher {
    /// Something that has a place in the piece.
    pub(super) fn enqueue(&mut self, beat: Beat, what: What) {
        if self.queue.is_full() {
            self.forget_stale();
        }
        if !self.queue.push(beat, what) {
            self.lose(&what);
        }
    }

    /// Something goes to its port, which sends it when it is due there.
    pub(super) fn hand_on(&mut self, beat: Beat, what: What, nominal: Nanos) {
        let entered = self.reached;
        let taken = self.port(what.port()).is_some_and(|port| {
            if let What::Off(off) = &what
                && !owns(port.keys.owner(off.channel, off.key), off)
            {
                return true;
            }
            port.outgoing.push(beat, what, nominal, entered)
        });
        match what {
            _ if taken => {}
            // A key must come up whatever else there is.
            What::Off(off) => {
                self.lift(off, Timing::at(beat, entered));
            }
            what => self.lose(&what),
        }
    }

    fn lose(&mut self, what: &What) {
        if what.is_handed_over() {
            self.gauges.lost();
            self.gauges.over();
        }
    }

    /// Drops the note-offs of notes that no longer own their key.
    fn forget_stale(&mut self) {
        let ports = &self.ports;
        self.queue.retain_mut(|pending| match &pending.what {
            What::Off(off) => {
                let port = ports.get(usize::from(off.port.0)).and_then(Option::as_ref);
                port.is_some_and(|port| owns(port.keys.owner(off.channel, off.key), off))
            }
            _ => true,
        });
    }

    /// One message leaves a port, the most important of those that are due.
    pub(super) fn leave(&mut self, id: PortId, at: Nanos) {
        let transport = self.transport;
        let Some(port) = self.port(id) else {
            return;
        };
        let offset = port.options.offset;
        if let Some(telling) = port
            .clock
            .take(&transport, |nominal| offset.applied(nominal) <= at)
        {
            let due = telling.nominal.map(|nominal| offset.applied(nominal));
            let timing = Timing {
                beat: telling.beat,
                nominal: telling.nominal.unwrap_or(at),
                due: due.unwrap_or(self.reached),
            };
            let message = Message::Clock(telling.message);
            return self.send(id, message, Origin::default(), timing);
        }
        let Some(item) = port.outgoing.pop(at, offset) else {
            return;
        };
        let ready = item.due.max(item.entered);
        let is_held_back = port.free() > ready;
        let sent = match item.what {
            What::Off(off) => self.lift(off, Timing::of(&item)),
            What::Single(single) => self.single(single, &item),
            What::On(on) => self.strike(on, item, at),
        };
        if sent && is_held_back {
            self.held_back(id, self.stamp(at).since(ready));
        }
    }

    fn held_back(&mut self, id: PortId, wait: Duration) {
        self.gauges.held_back(wait);
        if let Some(port) = self.port(id) {
            port.held_back(wait);
        }
    }

    /// Whether the note began; a note before it on its key ends first.
    fn strike(&mut self, on: On, item: Item, at: Nanos) -> bool {
        let note = on.note;
        if self.is_too_late(on, &item, at) {
            self.gauges.over();
            return false;
        }
        self.notes += 1;
        let sounding = Sounding {
            note: self.notes,
            began: note.at,
            lane: note.lane,
            part: note.part,
            source: note.source,
            ending: false,
        };
        let Some(port) = self.port(note.port) else {
            return false;
        };
        if let Some(before) = port.keys.lift(note.channel, note.key) {
            // The port may take a while to take it; whatever is more important goes between.
            port.outgoing.put_back(item);
            let timing = Timing {
                beat: note.at,
                ..Timing::of(&item)
            };
            self.note_off(note.port, note.channel, note.key, before, timing);
            return false;
        }
        port.keys.strike(note.channel, note.key, sounding);
        let message = Message::NoteOn(note.channel, note.key, note.velocity);
        let timing = Timing {
            beat: note.at,
            ..Timing::of(&item)
        };
        self.send(note.port, message, Origin::of(sounding), timing);
        match on.ends {
            Ends::InTime => self.plan_off(note, sounding.note, at),
            Ends::ByHand => {}
            Ends::AtOnce => self.end_note(note, at),
        }
        true
    }

    /// Whether a note may not begin any more; counts it if it was to.
    fn is_too_late(&mut self, on: On, item: &Item, at: Nanos) -> bool {
        let now = self.stamp(at);
        let nominal = self.nominal(on.note.port, now);
        if on
            .last
            .is_some_and(|last| self.transport.position(nominal) > last)
        {
            return true;
        }
        let late = match self.late {
            LatePolicy::Send => false,
            LatePolicy::DropAfter(limit) => now.since(item.due) > limit,
        };
        if late {
            self.gauges.left_out();
        }
        late
    }

    /// The note-off of a note that began at `at`.
    fn plan_off(&mut self, note: Note, number: u64, at: Nanos) {
        let tick = Beats::new(TICK.0, TICK.1);
        let score = note.at + note.length.max(tick);
        let now = self.nominal(note.port, self.stamp(at));
        let now = self.transport.position(now);
        let off = Off {
            port: note.port,
            channel: note.channel,
            key: note.key,
            note: number,
            lane: note.lane,
            score,
        };
        // A note that came too late to be heard in its time is heard for a tick.
        let beat = if score > now { score } else { now + tick };
        self.enqueue(beat, What::Off(off));
    }

    /// Whether the key came up; if it belongs to another note by now, it stays down.
    fn lift(&mut self, off: Off, timing: Timing) -> bool {
        let Some(port) = self.port(off.port) else {
            return false;
        };
        if !owns(port.keys.owner(off.channel, off.key), &off) {
            return false;
        }
        let Some(note) = port.keys.lift(off.channel, off.key) else {
            return false;
        };
        let beat = off.score;
        let timing = Timing { beat, ..timing };
        self.note_off(off.port, off.channel, off.key, note, timing);
        true
    }

    /// Whether it was sent: a panic spares keys that were struck after it.
    fn single(&mut self, single: Single, item: &Item) -> bool {
        if let Message::NoteOff(channel, key) = single.message
            && self
                .port(single.port)
                .is_some_and(|port| port.keys.owner(channel, key).is_some())
        {
            return false;
        }
        let origin = Origin {
            part: single.part,
            lane: single.lane,
            source: single.source,
        };
        self.send(single.port, single.message, origin, Timing::of(item));
        if item.what.is_handed_over() {
            self.gauges.over();
        }
        true
    }

    /// Ends a note that no longer owns its key.
    pub(super) fn note_off(
        &mut self,
        port: PortId,
        channel: Channel,
        key: Key,
        note: Sounding,
        timing: Timing,
    ) {
        let beat = timing.beat.max(note.began);
        let message = Message::NoteOff(channel, key);
        let origin = Origin::of(note);
        self.send(port, message, origin, Timing { beat, ..timing });
        self.gauges.over();
    }

    pub(super) fn send(&mut self, id: PortId, message: Message, origin: Origin, timing: Timing) {
        let sent = Sent {
            due: timing.due,
            sent: self.stamp(timing.due),
            beat: timing.beat,
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
        if message.channel().is_some() {
            // A record of the music knows nothing of the ways of a port.
            let due = timing.nominal;
            self.tell_journal(Heard::Sent(Sent { due, ..sent }));
        }
    }

    /// The time of sending. Virtual time leaps, by whole milliseconds, over instants that it would
    /// have met had it crept: what was due since the last turn goes out when it was due.
    pub(super) fn stamp(&self, due: Nanos) -> Nanos {
        match self.clock {
            Clock::Real(_) => self.clock.now(),
            Clock::Virtual(_) => due.max(self.reached),
        }
    }

    /// What the transport has when a port sends at `at`.
    fn nominal(&mut self, id: PortId, at: Nanos) -> Nanos {
        let port = self.port(id);
        port.map_or(at, |port| port.options.offset.undone(at))
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

impl Timing {
    fn of(item: &Item) -> Self {
        Self {
            beat: item.beat,
            nominal: item.nominal,
            due: item.due,
        }
    }

    /// Now, whatever the offset of the port.
    pub fn at(beat: Beat, at: Nanos) -> Self {
        Self {
            beat,
            nominal: at,
            due: at,
        }
    }
}

fn owns(owner: Option<Sounding>, off: &Off) -> bool {
    owner.is_some_and(|owner| owner.note == off.note)
}
