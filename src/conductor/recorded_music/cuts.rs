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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        conductor::PartNumber,
        engine::EventId,
        music::{Beat, Channel, Key, Velocity},
    };

    const SECOND: u64 = 1_000_000_000;

    /// A note of four beats in two seconds, from the first second on.
    fn note() -> RecordedNote {
        RecordedNote {
            source: EventId(1),
            part: PartNumber(0),
            channel: Channel::FIRST,
            key: Key::new(60).unwrap(),
            velocity: Velocity::default(),
            at: Beat::ZERO,
            length: Beats::whole(4),
            onset: Timestamp(SECOND),
            until: Timestamp(3 * SECOND),
        }
    }

    fn cut(at: u64, kind: EventKind) -> Option<RecordedNote> {
        let mut cuts = Cuts::default();
        let (id, at) = (EventId(2), Timestamp(at));
        cuts.follow(EventPlace(2), &Event { id, at, kind });
        assert_eq!(
            cuts.apply(EventPlace(3), note()),
            Some(note()),
            "played later"
        );
        cuts.apply(EventPlace(1), note())
    }

    fn terminated() -> EventKind {
        let reason = "enough".into();
        EventKind::ExecutionTerminated {
            reason,
            output: None,
        }
    }

    #[test]
    fn a_note_ends_with_its_instance_or_shortly_after_a_pause() {
        let heard = cut(2 * SECOND, terminated()).unwrap();
        assert_eq!(heard.length, Beats::whole(2));
        assert_eq!(heard.until, Timestamp(2 * SECOND));
        assert_eq!(cut(SECOND, terminated()), None);
        assert_eq!(cut(3 * SECOND, terminated()), Some(note()));
        let paused = EventKind::ExecutionSuspended {
            reason: String::new(),
            freeze_time: true,
        };
        let heard = cut(SECOND, paused).unwrap();
        assert_eq!(heard.until.since(heard.onset), HORIZON);
    }
}
