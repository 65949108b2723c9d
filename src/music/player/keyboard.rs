//! Keys that somebody holds down, and the lamps under them: both go on while the transport stands.

use super::{
    command::{Note, Press},
    dispatcher::Dispatcher,
    queue::{Ends, On, What},
};
use crate::music::{Beats, Message, Nanos, PortId, Sent};

impl Dispatcher {
    /// The key goes down as soon as its port can take it, and no beat will let it go.
    pub(super) fn press(&mut self, press: Press, at: Nanos) {
        let on = On {
            note: self.note_of(press, at),
            last: None,
            ends: Ends::ByHand,
        };
        self.at_once(What::On(on), at);
    }

    /// The key comes up if it still belongs to the hand, at once or as soon as it has been down.
    pub(super) fn lift_press(&mut self, press: Press, at: Nanos) {
        let note = self.note_of(press, at);
        let Some(port) = self.port(press.port) else {
            return;
        };
        let same = |on: &On| {
            let on = on.note;
            (on.lane, on.channel, on.key) == (press.lane, press.channel, press.key)
        };
        port.outgoing.retain_mut(|_, what| {
            if let What::On(on) = what
                && on.ends == Ends::ByHand
                && same(on)
            {
                on.ends = Ends::AtOnce;
            }
            true
        });
        self.end_note(note, at);
    }

    /// The key of a note comes up as soon as its port can take it, if its lane still has it.
    pub(super) fn end_note(&mut self, note: Note, at: Nanos) {
        let place = (note.channel, note.key);
        let owner = self
            .port(note.port)
            .and_then(|port| port.keys.owner(note.channel, note.key));
        if let Some(sounding) = owner.filter(|own| own.lane == note.lane && !own.ending) {
            self.let_key_go(note.port, place, sounding, at);
        }
    }

    /// No music: neither the journal nor the gauges hear of it.
    pub(super) fn lamp(&mut self, id: PortId, message: Message, at: Nanos) {
        let sent = Sent {
            due: at,
            sent: self.stamp(at),
            beat: self.transport.position(at),
            port: id,
            part: None,
            lane: None,
            source: None,
            message,
        };
        if let Some(port) = self.port(id) {
            port.send(&sent);
        }
    }

    fn note_of(&self, press: Press, at: Nanos) -> Note {
        Note {
            lane: press.lane,
            source: None,
            port: press.port,
            part: press.part,
            channel: press.channel,
            key: press.key,
            velocity: press.velocity,
            at: self.transport.position(at),
            length: Beats::ZERO,
        }
    }
}
