//! Sends messages to ports, counts them and records them in the journal.

use std::sync::Arc;

use rtrb::Producer;

use super::{
    event::{Event, NoteOff, OtherMessage},
    gauges::Gauges,
    outgoing::Item,
    port::Port,
    rings::JournalEntry,
};
use crate::music::{
    Beat, Channel, Key, LaneId, Message, Nanos, PartId, Sent, Transport, clock::Clock,
    ledger::Sounding,
};

/// The origin of a message.
#[derive(Clone, Copy, Default)]
pub(super) struct Origin {
    part: Option<PartId>,
    lane: Option<LaneId>,
    source: Option<u64>,
}

/// The position and time of a message.
#[derive(Clone, Copy)]
pub(super) struct Timing {
    pub beat: Beat,
    /// Its time by the transport.
    pub nominal: Nanos,
    /// When it should be sent.
    pub due: Nanos,
}

pub(super) struct Output {
    clock: Clock,
    gauges: Arc<Gauges>,
    journal: Producer<JournalEntry>,
    /// Everything up to here has been sent.
    reached: Nanos,
}

impl Output {
    pub fn new(clock: Clock, gauges: Arc<Gauges>, journal: Producer<JournalEntry>) -> Self {
        Self {
            clock,
            gauges,
            journal,
            reached: Nanos::ZERO,
        }
    }

    pub fn clock(&self) -> Clock {
        self.clock
    }

    pub fn gauges(&self) -> &Gauges {
        &self.gauges
    }

    pub fn reached(&self) -> Nanos {
        self.reached
    }

    pub fn advance(&mut self, to: Nanos) {
        self.reached = self.reached.max(to);
    }

    /// The time at which something due is sent. Virtual time jumps by whole milliseconds; everything
    /// in between is sent at the time at which it was due.
    pub fn timestamp(&self, due: Nanos) -> Nanos {
        match self.clock {
            Clock::Real(_) => self.clock.now(),
            Clock::Virtual(_) => due.max(self.reached),
        }
    }

    pub fn record(&mut self, entry: JournalEntry) {
        if self.journal.push(entry).is_err() {
            self.gauges.unrecorded();
        }
    }

    /// Counts an event that could not be sent.
    pub fn lose(&self, event: &Event) {
        if event.is_outstanding() {
            self.gauges.lost();
            self.gauges.finished();
        }
    }

    pub fn send(&mut self, port: &mut Port, message: Message, origin: Origin, timing: Timing) {
        let sent = Sent {
            due: timing.due,
            sent: self.timestamp(timing.due),
            beat: timing.beat,
            port: port.id,
            part: origin.part,
            lane: origin.lane,
            source: origin.source,
            message,
        };
        if !port.send(&sent) {
            self.gauges.lost();
        }
        self.gauges.sent(&sent);
        if message.channel().is_some() {
            // A recording must not contain the offset of a port.
            let due = timing.nominal;
            self.record(JournalEntry::Sent(Sent { due, ..sent }));
        }
    }

    /// Sets a pad light. It is not music: neither the journal nor the counters get it.
    pub fn light(&self, port: &mut Port, message: Message, (beat, at): (Beat, Nanos)) {
        port.send(&Sent {
            due: at,
            sent: self.timestamp(at),
            beat,
            port: port.id,
            part: None,
            lane: None,
            source: None,
            message,
        });
    }

    /// Sends a message other than a note. `false` if it was skipped: the note-offs of a panic spare
    /// keys that were struck after it.
    pub fn message(&mut self, port: &mut Port, message: OtherMessage, item: &Item) -> bool {
        if let Message::NoteOff(channel, key) = message.message
            && port.keys.owner(channel, key).is_some()
        {
            return false;
        }
        let origin = Origin {
            part: message.part,
            lane: message.lane,
            source: message.source,
        };
        self.send(port, message.message, origin, Timing::of(item));
        if item.event.is_outstanding() {
            self.gauges.finished();
        }
        true
    }

    /// Sends the note-off of a note that no longer sounds.
    pub fn note_off(
        &mut self,
        port: &mut Port,
        (channel, key): (Channel, Key),
        note: Sounding,
        timing: Timing,
    ) {
        let beat = timing.beat.max(note.began);
        let message = Message::NoteOff(channel, key);
        self.send(port, message, Origin::of(note), Timing { beat, ..timing });
        self.gauges.finished();
    }

    /// Ends a note, if it still sounds. Returns whether it did.
    pub fn end_note(&mut self, port: &mut Port, off: NoteOff, timing: Timing) -> bool {
        if !port.holds(&off) {
            return false;
        }
        let Some(note) = port.keys.lift(off.channel, off.key, off.note) else {
            return false;
        };
        let beat = off.beat;
        let timing = Timing { beat, ..timing };
        self.note_off(port, (off.channel, off.key), note, timing);
        true
    }

    /// Releases a sounding note at `at`, as soon as the port can take it.
    pub fn release_key(
        &mut self,
        port: &mut Port,
        (channel, key): (Channel, Key),
        note: Sounding,
        (beat, at): (Beat, Nanos),
    ) {
        let off = NoteOff {
            port: port.id,
            channel,
            key,
            note: note.note,
            lane: note.lane,
            beat,
        };
        if port.outgoing.push_now(beat, Event::NoteOff(off), at) {
            port.keys.end(channel, key, note.note);
        } else {
            port.keys.lift(channel, key, note.note);
            self.note_off(port, (channel, key), note, Timing::at(beat, at));
        }
    }

    /// Releases the sounding notes that `which` selects.
    pub fn release_keys(
        &mut self,
        port: &mut Port,
        now: (Beat, Nanos),
        which: impl Fn(&Sounding) -> bool,
    ) {
        let mut from = 0;
        while let Some((next, channel, key, note)) =
            port.keys.find(from, |note| !note.ending && which(note))
        {
            self.release_key(port, (channel, key), note, now);
            from = next;
        }
    }

    /// Sends the last messages to a sink: note-offs for all keys, and clock stop.
    pub fn close(&mut self, port: &mut Port, transport: &Transport, at: Nanos) {
        let timing = Timing::at(transport.position(at), at);
        let mut from = 0;
        while let Some((next, channel, key, note)) = port.keys.find(from, |_| true) {
            port.keys.lift(channel, key, note.note);
            self.note_off(port, (channel, key), note, timing);
            from = next;
        }
        port.clock.stop();
        while let Some(event) = port.clock.take(transport, |_| false) {
            let message = Message::Clock(event.message);
            self.send(port, message, Origin::default(), timing);
        }
    }

    /// Publishes the number of sounding notes.
    pub fn update_gauges<'p>(&self, ports: impl Iterator<Item = &'p Port>) {
        let sounding = ports.map(|port| {
            port.update_gauges();
            port.keys.sounding()
        });
        self.gauges.set_sounding(sounding.sum());
    }
}

impl Origin {
    pub fn of(note: Sounding) -> Self {
        Self {
            part: Some(note.part),
            lane: Some(note.lane),
            source: note.source,
        }
    }
}

impl Timing {
    pub fn of(item: &Item) -> Self {
        Self {
            beat: item.beat,
            nominal: item.nominal,
            due: item.due,
        }
    }

    /// At `at`, whatever the offset of the port.
    pub fn at(beat: Beat, at: Nanos) -> Self {
        Self {
            beat,
            nominal: at,
            due: at,
        }
    }
}
