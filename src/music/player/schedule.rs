//! The pending events of the piece and the transport that times them.

use super::{event::Event, limits::MAX_OUTSTANDING, port_table::PortTable, queue::EventQueue};
use crate::music::{Beat, LaneId, Nanos, Transport};

pub(super) struct Schedule {
    transport: Transport,
    queue: EventQueue,
}

impl Schedule {
    pub fn new(transport: Transport) -> Self {
        Self {
            transport,
            // Twice the room: the note-off of a note that lost its key remains for a while.
            queue: EventQueue::with_capacity(2 * MAX_OUTSTANDING),
        }
    }

    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Returns the previous transport.
    pub fn set_transport(&mut self, transport: Transport) -> Transport {
        std::mem::replace(&mut self.transport, transport)
    }

    /// The position at an instant, with the instant.
    pub fn at(&self, at: Nanos) -> (Beat, Nanos) {
        (self.transport.position(at), at)
    }

    /// When the next event is due; `None` while the transport is stopped.
    pub fn next_due(&self) -> Option<Nanos> {
        self.transport.instant(self.queue.next()?)
    }

    /// Removes the next event. Gives its beat, and its time while the transport rolls.
    pub fn pop(&mut self) -> Option<(Beat, Event, Option<Nanos>)> {
        let pending = self.queue.pop()?;
        let nominal = self.transport.instant(pending.beat);
        Some((pending.beat, pending.event, nominal))
    }

    /// Adds an event. `false` if there is no room.
    pub fn push(&mut self, beat: Beat, event: Event, ports: &PortTable) -> bool {
        if self.queue.is_full() {
            // Note-offs of notes that no longer own their key have no effect.
            self.retain(|event| match event {
                Event::NoteOff(off) => ports.get(off.port).is_some_and(|port| port.holds(off)),
                _ => true,
            });
        }
        self.queue.push(beat, event)
    }

    /// Returns an event whose port has not sent it. `false` if there is no room.
    pub fn put_back(&mut self, beat: Beat, event: Event) -> bool {
        self.queue.push(beat, event)
    }

    pub fn retain(&mut self, keep: impl Fn(&Event) -> bool) {
        self.queue.retain_mut(|pending| keep(&pending.event));
    }

    /// Cuts the events of a lane at `end`. Calls `dropped` for each that does not begin before.
    pub fn cut(&mut self, lane: LaneId, end: Beat, dropped: impl Fn()) {
        self.queue
            .retain_mut(|pending| cut(&mut pending.event, &mut pending.beat, lane, end, &dropped));
    }
}

/// Cuts an event if it is one of the lane. `false` if it is to be dropped.
pub(super) fn cut(
    event: &mut Event,
    beat: &mut Beat,
    lane: LaneId,
    end: Beat,
    dropped: impl Fn(),
) -> bool {
    let keep = event.lane() != Some(lane) || event.cut(beat, end);
    if !keep {
        dropped();
    }
    keep
}
