//! How a port falls silent: lanes and ports are let go, panics pass, what is pending is dropped.

use super::{
    command::{Single, When},
    delivery::{Origin, Timing},
    dispatcher::{Dispatcher, port_ids},
    queue::{Off, What},
};
use crate::music::{Channel, Key, Message, Nanos, PortId, ledger::Sounding};

impl Dispatcher {
    pub(super) fn panic(&mut self, at: Nanos) {
        self.forget(|_| true);
        self.let_go(at, |_, _| true);
        for port in port_ids(self.ports.len()) {
            for channel in Channel::all() {
                for control in [
                    Message::SUSTAIN,
                    Message::ALL_SOUND_OFF,
                    Message::ALL_NOTES_OFF,
                ] {
                    self.tell(port, Message::Control(channel, control, 0), at);
                }
            }
        }
    }

    /// A message that belongs to no part, such as those of a panic.
    pub(super) fn tell(&mut self, id: PortId, message: Message, at: Nanos) {
        let beat = self.transport.position(at);
        let single = Single {
            port: id,
            part: None,
            message,
            when: When::Now,
            lane: None,
            source: None,
        };
        if let Some(port) = self.port(id) {
            // Without room there is so much of it on its way already that it is not missed.
            port.outgoing.push_now(beat, What::Single(single), at);
        }
    }

    /// Drops of what is pending what `which` picks. The note-offs at the ports stay: keys wait for
    /// them.
    pub(super) fn forget(&mut self, which: impl Fn(&What) -> bool) {
        let gauges = &self.gauges;
        let dropped = |what: &What| {
            let dropped = which(what);
            if dropped && what.is_handed_over() {
                gauges.over();
            }
            dropped
        };
        self.queue.retain_mut(|pending| !dropped(&pending.what));
        for port in self.ports.iter_mut().flatten() {
            port.outgoing
                .retain_mut(|_, what| what.is_off() || !dropped(what));
        }
    }

    /// Ends a sounding note now, as soon as its port can take it.
    pub(super) fn let_key_go(
        &mut self,
        id: PortId,
        (channel, key): (Channel, Key),
        note: Sounding,
        at: Nanos,
    ) {
        let beat = self.transport.position(at);
        let off = Off {
            port: id,
            channel,
            key,
            note: note.note,
            lane: note.lane,
            score: beat,
        };
        let Some(port) = self.port(id) else {
            return;
        };
        if port.outgoing.push_now(beat, What::Off(off), at) {
            port.keys.end(channel, key);
        } else {
            port.keys.lift(channel, key);
            self.note_off(id, channel, key, note, Timing::at(beat, at));
        }
    }

    /// Ends now, as soon as their ports can take it, those sounding notes that `which` picks.
    pub(super) fn let_go(&mut self, at: Nanos, which: impl Fn(PortId, &Sounding) -> bool) {
        for id in port_ids(self.ports.len()) {
            let mut from = 0;
            while let Some(port) = self.port(id)
                && let Some((number, channel, key, note)) =
                    port.keys.find(from, |note| !note.ending && which(id, note))
            {
                self.let_key_go(id, (channel, key), note, at);
                from = number + 1;
            }
        }
    }

    /// The last that a port's sink hears: every key comes up, and its clock stands.
    pub(super) fn take_leave(&mut self, id: PortId, at: Nanos) {
        let timing = Timing::at(self.transport.position(at), at);
        let mut from = 0;
        while let Some(port) = self.port(id)
            && let Some((number, channel, key, note)) = port.keys.find(from, |_| true)
        {
            port.keys.lift(channel, key);
            self.note_off(id, channel, key, note, timing);
            from = number + 1;
        }
        let transport = self.transport;
        while let Some(port) = self.port(id) {
            port.clock.stop();
            let Some(telling) = port.clock.take(&transport, |_| false) else {
                return;
            };
            self.send(
                id,
                Message::Clock(telling.message),
                Origin::default(),
                timing,
            );
        }
    }
}
