//! A port: a sink with its queues, its rate limit, its clock and the keys that are down.

use std::{sync::Arc, time::Duration};

use super::{
    clock_out::ClockSender,
    event::{Event, NoteEnd, NoteOff, OtherMessage},
    limits::PORT_EVENTS,
    note::KeyPress,
    options::{ClockOut, PortOptions},
    outgoing::Outgoing,
    pacer::Pacer,
    port_gauges::PortGauges,
};
use crate::music::{Beat, Message, Nanos, PortId, Sent, Sink, Transport, ledger::Ledger};

pub(super) struct Port {
    pub id: PortId,
    pub keys: Ledger,
    pub options: PortOptions,
    pub outgoing: Outgoing,
    pub clock: ClockSender,
    sink: Box<dyn Sink>,
    pacer: Pacer,
    gauges: Arc<PortGauges>,
    /// It has played on more than sixteen channels.
    pub is_wide: bool,
}

impl Port {
    pub fn new(id: PortId, sink: Box<dyn Sink>, gauges: Arc<PortGauges>) -> Self {
        Self {
            id,
            keys: Ledger::new(),
            options: PortOptions::default(),
            outgoing: Outgoing::with_capacity(PORT_EVENTS),
            clock: ClockSender::default(),
            sink,
            pacer: Pacer::default(),
            gauges,
            is_wide: false,
        }
    }

    /// Starts the MIDI clock at `beat`, if the port gets it.
    pub fn start_clock(&mut self, beat: Beat) {
        if self.options.clock == ClockOut::On {
            self.clock.start(beat);
        }
    }

    /// Starts the MIDI clock at the current position, if the transport rolls.
    pub fn start_clock_if_rolling(&mut self, transport: &Transport, at: Nanos) {
        if transport.is_rolling() {
            self.start_clock(transport.position(at));
        }
    }

    /// Follows a change of the rolling transport at `at`. Events that it has passed keep their time,
    /// and no other event moves before `at`.
    pub fn follow(&mut self, transport: &Transport, at: Nanos) {
        self.outgoing.retime(|item| {
            if item.event.is_immediate() || item.nominal <= at {
                return item.nominal;
            }
            transport.instant(item.beat).unwrap_or(at).max(at)
        });
        let here = self.options.offset.undone(at);
        self.clock.follow(transport.position(here));
    }

    /// A performer released a key whose note-on may still wait: it then ends right after its start.
    pub fn key_up(&mut self, press: KeyPress) {
        self.outgoing.retain_mut(|_, event| {
            if let Event::NoteOn(on) = event
                && on.end == NoteEnd::OnKeyUp
                && (on.note.lane, on.note.channel, on.note.key)
                    == (press.lane, press.channel, press.key)
            {
                on.end = NoteEnd::AtOnce;
            }
            true
        });
    }

    /// Adds a message of the player itself. It is dropped if the queue is full.
    pub fn push_own(&mut self, message: Message, (beat, at): (Beat, Nanos)) {
        let event = Event::Message(OtherMessage::own(self.id, message));
        self.outgoing.push_now(beat, event, at);
    }

    /// Takes over the options and the events of the port that it replaces. Note-offs are left out:
    /// the keys of the new sink are up.
    pub fn replace(&mut self, old: &mut Self) {
        old.outgoing.retain_mut(|_, event| !event.is_note_off());
        self.options = old.options;
        std::mem::swap(&mut self.outgoing, &mut old.outgoing);
    }

    /// When something can be sent, if nothing new arrives.
    pub fn next_due(&self, transport: &Transport) -> Option<Nanos> {
        if self.clock.has_immediate() || self.outgoing.waiting() > 0 {
            return Some(self.free());
        }
        let tick = self.clock.next_tick(transport);
        let next = tick.into_iter().chain(self.outgoing.next()).min()?;
        Some(self.options.offset.applied(next).max(self.free()))
    }

    /// The earliest time at which it takes another message.
    pub fn free(&self) -> Nanos {
        self.pacer.free(self.options.pace)
    }

    /// Whether the note of a note-off still sounds.
    pub fn holds(&self, off: &NoteOff) -> bool {
        self.keys.holds(off.channel, off.key, off.note)
    }

    /// Sends a message. `false` if the sink refused it.
    pub fn send(&mut self, message: &Sent) -> bool {
        let bytes = message.message.bytes().len();
        self.pacer.sent(self.options.pace, message.sent, bytes);
        self.is_wide |= message
            .message
            .channel()
            .is_some_and(|channel| channel.group() > 0);
        let taken = self.sink.send(message).is_ok();
        if !taken {
            self.gauges.failed();
        }
        taken
    }

    /// A message waited that long.
    pub fn held_back(&self, wait: Duration) {
        self.gauges.held_back(wait);
    }

    /// Publishes the number of waiting events.
    pub fn update_gauges(&self) {
        self.gauges.set_waiting(self.outgoing.waiting());
    }

    /// Finishes the sink. It may block, so not on the player's thread.
    pub fn finish(&mut self) {
        // The device is gone or removed: nobody needs its last error.
        let _ = self.sink.finish();
    }
}
