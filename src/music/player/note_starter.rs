//! Starts notes: drops those that are too late, and gives the others a number and their key.

use super::{
    event::{NoteEnd, NoteOn},
    note::Note,
    options::LatePolicy,
    outgoing::Item,
    output::{Origin, Output, Timing},
    port::Port,
};
use crate::music::{Message, Nanos, Transport, ledger::Sounding};

/// Whether a note keeps sounding when another one begins on its key: only if it is written to last longer.
/// A note that ends at that beat ends first, and so does a key that is held on a keyboard.
fn goes_on(before: &Sounding, note: Note) -> bool {
    !before.ending && before.until.is_some_and(|until| until > note.at)
}

#[derive(Default)]
pub(super) struct NoteStarter {
    /// The number of the latest note.
    notes: u64,
    late: LatePolicy,
}

/// The result of an attempt to start a note.
pub(super) enum Started {
    /// It sounds and has this number.
    Yes(u64),
    /// It waits: the previous note on its key was ended first.
    Later,
    /// It was dropped.
    TooLate,
}

impl NoteStarter {
    pub fn set_late_policy(&mut self, policy: LatePolicy) {
        self.late = policy;
    }

    pub fn start(
        &mut self,
        on: NoteOn,
        item: Item,
        port: &mut Port,
        output: &mut Output,
        (transport, at): (&Transport, Nanos),
    ) -> Started {
        let note = on.note;
        if self.is_too_late(on, &item, port, output, (transport, at)) {
            output.gauges().finished();
            return Started::TooLate;
        }
        let place = (note.channel, note.key);
        let timing = Timing {
            beat: note.at,
            ..Timing::of(&item)
        };
        let owner = port.keys.owner(note.channel, note.key);
        let ends = owner.filter(|before| !port.keys.has_room() || !goes_on(before, note));
        if let Some(before) = ends.and_then(|one| port.keys.lift(note.channel, note.key, one.note))
        {
            // The port may not take the note-on right away; more important events go in between.
            port.outgoing.put_back(item);
            output.note_off(port, place, before, timing);
            return Started::Later;
        }
        self.notes += 1;
        let sounding = Sounding {
            note: self.notes,
            began: note.at,
            lane: note.lane,
            part: note.part,
            source: note.source,
            until: match on.end {
                NoteEnd::InTime => Some(note.at + note.length),
                NoteEnd::OnKeyUp | NoteEnd::AtOnce => None,
            },
            ending: false,
        };
        port.keys.strike(note.channel, note.key, sounding);
        let message = Message::NoteOn(note.channel, note.key, note.velocity);
        output.send(port, message, Origin::of(sounding), timing);
        Started::Yes(self.notes)
    }

    /// Whether a note may no longer begin. Counts notes that are late by the policy.
    fn is_too_late(
        &self,
        on: NoteOn,
        item: &Item,
        port: &Port,
        output: &Output,
        (transport, at): (&Transport, Nanos),
    ) -> bool {
        let now = output.timestamp(at);
        let nominal = port.options.offset.undone(now);
        if on
            .latest
            .is_some_and(|latest| transport.position(nominal) > latest)
        {
            return true;
        }
        let late = match self.late {
            LatePolicy::Send => false,
            LatePolicy::DropAfter(limit) => now.since(item.due) > limit,
        };
        if late {
            output.gauges().dropped();
        }
        late
    }
}
