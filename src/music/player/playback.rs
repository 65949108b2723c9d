//! What plays: the pending events, the ports, and the output to them.

use std::time::Duration;

use super::{
    event::{Event, NoteOff},
    note::Note,
    options::PortOptions,
    output::{Output, Timing},
    port::Port,
    port_table::PortTable,
    rings::JournalEntry,
    schedule::{self, Schedule},
};
use crate::music::{Beat, Channel, LaneId, Message, Nanos, PortId, Transport, ledger::Sounding};

/// Pending events by beat, the ports that they move to, and the output.
pub(super) struct Playback {
    pub schedule: Schedule,
    pub ports: PortTable,
    pub output: Output,
}

impl Playback {
    pub fn new(mut output: Output, ports: PortTable, transport: Transport) -> Self {
        output.record(JournalEntry::Transport(transport, Nanos::ZERO));
        Self {
            schedule: Schedule::new(transport),
            ports,
            output,
        }
    }

    pub fn update_gauges(&self) {
        self.output.update_gauges(self.ports.iter());
    }

    /// Adds an event with a position in the piece.
    pub fn enqueue(&mut self, beat: Beat, event: Event) {
        if !self.schedule.push(beat, event, &self.ports) {
            self.output.lose(&event);
        }
    }

    /// The next event of the queue moves to its port.
    pub fn release_next(&mut self) {
        if let Some((beat, event, nominal)) = self.schedule.pop() {
            let nominal = nominal.unwrap_or(self.output.reached());
            self.move_to_port(beat, event, nominal);
        }
    }

    /// Moves an event to its port, which sends it when it is due there.
    pub fn move_to_port(&mut self, beat: Beat, event: Event, nominal: Nanos) {
        let entered = self.output.reached();
        let Some(port) = self.ports.get_mut(event.port()) else {
            return self.output.lose(&event);
        };
        match event {
            Event::NoteOff(off) if !port.holds(&off) => {}
            _ if port.outgoing.push(beat, event, nominal, entered) => {}
            // A note-off is sent even if the queue is full.
            Event::NoteOff(off) => {
                self.output.end_note(port, off, Timing::at(beat, entered));
            }
            event => self.output.lose(&event),
        }
    }

    /// Moves an event to its port, to be sent as soon as possible.
    pub fn send_now(&mut self, event: Event, at: Nanos) {
        let (beat, _) = self.schedule.at(at);
        let port = self.ports.get(event.port());
        // Also at once for a port whose offset is negative.
        let ahead = port.map(|port| port.options.offset.ahead());
        self.move_to_port(beat, event, at + ahead.unwrap_or_default());
    }

    /// Enqueues the note-off of a note that began at `at`.
    pub fn plan_end(&mut self, note: Note, number: u64, at: Nanos) {
        let now = self.output.timestamp(at);
        let port = self.ports.get(note.port);
        let now = port.map_or(now, |port| port.options.offset.undone(now));
        let (now, _) = self.schedule.at(now);
        let (beat, off) = NoteOff::of(note, number, now);
        self.enqueue(beat, Event::NoteOff(off));
    }

    /// Releases the key of a note, if its lane still owns it.
    pub fn release_note(&mut self, note: Note, at: Nanos) {
        let Some(port) = self.ports.get_mut(note.port) else {
            return;
        };
        let owner = port.keys.owner(note.channel, note.key);
        if let Some(sounding) = owner.filter(|own| own.lane == note.lane && !own.ending) {
            let key = (note.channel, note.key);
            let now = self.schedule.at(at);
            self.output.release_key(port, key, sounding, now);
        }
    }

    /// Releases the sounding notes that `which` selects, on all ports.
    pub fn release_notes(&mut self, at: Nanos, which: impl Fn(&Sounding) -> bool) {
        let now = self.schedule.at(at);
        for port in self.ports.iter_mut() {
            self.output.release_keys(port, now, &which);
        }
    }

    /// Drops pending events that `which` selects. Note-offs at the ports remain: keys wait for them.
    pub fn discard(&mut self, which: impl Fn(&Event) -> bool) {
        let gauges = self.output.gauges();
        let is_dropped = |event: &Event| {
            let is_dropped = which(event);
            if is_dropped && event.is_outstanding() {
                gauges.finished();
            }
            is_dropped
        };
        self.schedule.retain(|event| !is_dropped(event));
        for port in self.ports.iter_mut() {
            let outgoing = &mut port.outgoing;
            outgoing.retain_mut(|_, event| event.is_note_off() || !is_dropped(event));
        }
    }

    /// What begins within the horizon still begins; the notes of the lane end with it.
    pub fn pause_lane(&mut self, lane: LaneId, at: Nanos, horizon: Duration) {
        if !self.schedule.transport().is_rolling() {
            return self.discard(|event| event.lane() == Some(lane));
        }
        let (end, _) = self.schedule.at(at + horizon);
        let dropped = || self.output.gauges().finished();
        self.schedule.cut(lane, end, dropped);
        for port in self.ports.iter_mut() {
            port.outgoing
                .retain_mut(|mut beat, event| schedule::cut(event, &mut beat, lane, end, dropped));
        }
    }

    pub fn panic(&mut self, at: Nanos) {
        self.discard(|_| true);
        self.release_notes(at, |_| true);
        for channel in Channel::all() {
            for control in [
                Message::SUSTAIN,
                Message::ALL_SOUND_OFF,
                Message::ALL_NOTES_OFF,
            ] {
                let message = Message::Control(channel, control, 0);
                self.ports.push_to_all(message, self.schedule.at(at));
            }
        }
        for channel in Channel::parts().filter(|channel| channel.group() > 0) {
            let message = Message::Control(channel, Message::ALL_SOUND_OFF, 0);
            self.ports.push_to_wide(message, self.schedule.at(at));
        }
    }

    pub fn set_transport(&mut self, transport: Transport, at: Nanos) {
        self.schedule.set_transport(transport);
        let entry = JournalEntry::Transport(transport, at);
        self.output.record(entry);
    }

    pub fn change_transport(&mut self, transport: Transport, at: Nanos) {
        let before = *self.schedule.transport();
        for port in self.ports.iter_mut() {
            if before.is_rolling() {
                port.follow(&transport, at);
            } else if transport.is_rolling() {
                port.start_clock(before.position(at));
            }
        }
        self.set_transport(transport, at);
    }

    /// Stops: events at the ports that have not begun wait for their beat again.
    pub fn stop(&mut self, transport: Transport, at: Nanos) {
        self.schedule.retain(|event| !event.is_note_off());
        let schedule = &mut self.schedule;
        for port in self.ports.iter_mut() {
            port.outgoing.retain_mut(|beat, event| {
                event.is_note_off() || event.is_immediate() || !schedule.put_back(beat, *event)
            });
            port.clock.stop();
        }
        self.release_notes(at, |_| true);
        self.set_transport(transport, at);
    }

    /// Adds a port. If it exists, only its sink is replaced, and pending events go to the new one.
    pub fn bind(&mut self, mut port: Box<Port>, at: Nanos) {
        if let Some(old) = self.ports.get_mut(port.id) {
            self.output.close(old, self.schedule.transport(), at);
            port.replace(old);
        }
        port.start_clock_if_rolling(self.schedule.transport(), at);
        self.ports.insert(port);
    }

    pub fn set_options(&mut self, id: PortId, options: PortOptions, at: Nanos) {
        let changed = self.ports.set_options(id, options);
        if let Some((port, before)) = changed
            && before.clock != options.clock
        {
            port.clock.stop();
            port.start_clock_if_rolling(self.schedule.transport(), at);
        }
    }

    /// Removes a port with its pending events.
    pub fn remove(&mut self, id: PortId, at: Nanos) {
        self.discard(|event| event.port() == id);
        if let Some(port) = self.ports.get_mut(id) {
            self.output.close(port, self.schedule.transport(), at);
        }
        self.ports.remove(id);
    }

    /// Sets the light of a pad.
    pub fn light(&mut self, id: PortId, message: Message, at: Nanos) {
        if let Some(port) = self.ports.get_mut(id) {
            self.output.light(port, message, self.schedule.at(at));
        }
    }

    /// Sends a setting to a port.
    pub fn configure(&mut self, id: PortId, message: Message, at: Nanos) {
        if let Some(port) = self.ports.get_mut(id) {
            port.push_own(message, self.schedule.at(at));
        }
    }
}
