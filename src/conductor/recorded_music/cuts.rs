//! Notes that a pause or the end of the instance cut short.

use super::RecordedNote;
use crate::{
    engine::{Event, EventKind, Timestamp},
    music::{Beats, HORIZON},
};

/// The place of an event among those of all runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EventPlace(pub usize);

/// The moments at which everything of the instance fell silent.
#[derive(Debug, Default)]
pub(super) struct Cuts(Vec<(EventPlace, Timestamp)>);

impl Cuts {
    /// Follows an event.
    pub fn follow(&mut self, place: EventPlace, event: &Event) {
        let end = match event.kind {
            // What is on its way to the player still begins.
            EventKind::ExecutionSuspended { .. }
            | EventKind::ExecutionStalled { .. }
            | EventKind::ExecutionFailed { .. } => {
                let horizon = HORIZON.as_nanos() as u64;
                Timestamp(event.at.0.saturating_add(horizon))
            }
            EventKind::ExecutionTerminated { .. } | EventKind::ExecutionCanceled { .. } => event.at,
            _ => return,
        };
        self.0.push((place, end));
    }

    /// A note whose end was recorded at `place`, as long as it really sounded; `None` if it never began.
    pub fn apply(&self, place: EventPlace, note: RecordedNote) -> Option<RecordedNote> {
        let next = self.0.partition_point(|(cut, _)| *cut < place);
        let Some((_, end)) = self.0.get(next) else {
            return Some(note);
        };
        if note.until <= *end {
            return Some(note);
        }
        let whole = note.until.since(note.onset).as_nanos() as f64;
        let heard = end.since(note.onset).as_nanos() as f64;
        (note.onset < *end).then(|| RecordedNote {
            length: Beats::from_f64(note.length.as_f64() * heard / whole),
            until: *end,
            ..note
        })
    }
}
