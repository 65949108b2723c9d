//! Where the instance of a piece entered: its bars are counted from there.

use crate::{
    engine::{Archive, EventId, EventKind, InstanceId},
    music::{Beat, Beats, Nanos, Transport},
    score::calls::Entered,
};

/// Events of a run among which its entry is looked for.
const FIRST_EVENTS: usize = 64;

/// Where an instance entered.
pub(super) struct Entry {
    instance: InstanceId,
    at: Beat,
    /// Where the transport was when it was paused, while it is.
    held: Option<Beat>,
    /// The bars that passed while it was paused.
    late: i64,
}

impl Entry {
    /// That of an instance; `None` if it has not entered yet.
    pub fn of(instance: InstanceId, archive: &Archive) -> Option<Self> {
        let events = archive.history_of_run(&instance, 1, EventId(0), FIRST_EVENTS);
        let events = events.ok()?;
        let asked = events.iter().find(
            |event| matches!(&event.kind, EventKind::TaskScheduled { name, .. } if name == "enter"),
        );
        let asked = asked?.id;
        let at = events.iter().find_map(|event| match &event.kind {
            EventKind::TaskCompleted { scheduled, result } if *scheduled == asked => {
                let entered = result.decode::<Entered>().ok()?;
                Some(entered.performed.at)
            }
            _ => None,
        });
        Some(Self {
            instance,
            at: at?,
            held: None,
            late: 0,
        })
    }

    /// The instance.
    pub fn instance(&self) -> &InstanceId {
        &self.instance
    }

    /// The beat at which it entered.
    pub fn at(&self) -> Beat {
        self.at
    }

    /// Whether it is paused.
    pub fn is_paused(&self) -> bool {
        self.held.is_some()
    }

    /// It is paused, now that the transport is here.
    pub fn paused(&mut self, here: Beat) {
        self.held.get_or_insert(here);
    }

    /// It is not paused, or not any more.
    pub fn plays(&mut self, transport: &Transport, now: Nanos) {
        if let Some(since) = self.held.take() {
            self.late += bars_between(transport, since, transport.position(now));
        }
    }

    /// The line before one of its bars, counted from 1.
    pub fn line_of(&self, bar: u32, transport: &Transport) -> Beat {
        let meters = transport.meters();
        let (first, _) = meters.bar_and_position(self.at);
        meters.line_of(first + i64::from(bar) - 1 + self.late)
    }
}

/// How many bars a piece is late that was paused between two beats.
fn bars_between(transport: &Transport, from: Beat, to: Beat) -> i64 {
    // The transport may have rolled on for a moment after the pause.
    let moment = Beats::new(1, 8);
    let bars = (to - from - moment) / transport.bar_at(from);
    bars.ceil().max(0)
}
