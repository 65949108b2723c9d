//! The events of a lane in memory. All but the last ones are packed: an evening has millions of them.

use std::sync::Arc;

use super::RunEvent;
use crate::engine::{Event, Timestamp};

/// The number of events that are packed together.
const CHUNK: usize = 128;

/// An append-only list of events. A copy shares them.
#[derive(Debug, Clone, Default)]
pub(super) struct EventLog {
    full: Arc<Vec<Arc<Chunk>>>,
    last: Arc<Vec<RunEvent>>,
}

/// [`CHUNK`] events.
#[derive(Debug)]
enum Chunk {
    Packed(Packed),
    /// Events that cannot be packed. None is known.
    Plain(Arc<Vec<RunEvent>>),
}

/// Packed events: each takes a third of its size.
#[derive(Debug)]
struct Packed {
    /// When each event was.
    times: Box<[Timestamp]>,
    /// Where the bytes of each event end.
    ends: Box<[u32]>,
    bytes: Box<[u8]>,
}

impl EventLog {
    /// Number of events.
    pub fn len(&self) -> usize {
        self.full.len() * CHUNK + self.last.len()
    }

    /// Adds an event.
    pub fn push(&mut self, event: RunEvent) {
        if self.last.len() == CHUNK {
            let full = Chunk::of(std::mem::take(&mut self.last));
            Arc::make_mut(&mut self.full).push(Arc::new(full));
        }
        Arc::make_mut(&mut self.last).push(event);
    }

    /// The event at an index.
    pub fn get(&self, index: usize) -> Option<RunEvent> {
        let place = index % CHUNK;
        match self.full.get(index / CHUNK) {
            Some(chunk) => chunk.get(place),
            None if index / CHUNK == self.full.len() => self.last.get(place).cloned(),
            None => None,
        }
    }

    /// When the event at an index was.
    pub fn at(&self, index: usize) -> Option<Timestamp> {
        let place = index % CHUNK;
        match self.full.get(index / CHUNK).map(|chunk| &**chunk) {
            Some(Chunk::Packed(packed)) => packed.times.get(place).copied(),
            Some(Chunk::Plain(events)) => events.get(place).map(|event| event.event.at),
            None => self.get(index).map(|event| event.event.at),
        }
    }

    /// All events, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = RunEvent> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl Chunk {
    fn of(events: Arc<Vec<RunEvent>>) -> Self {
        match Packed::of(&events) {
            Some(packed) => Self::Packed(packed),
            None => Self::Plain(events),
        }
    }

    fn get(&self, place: usize) -> Option<RunEvent> {
        match self {
            Self::Packed(packed) => packed.get(place),
            Self::Plain(events) => events.get(place).cloned(),
        }
    }
}

impl Packed {
    fn of(events: &[RunEvent]) -> Option<Self> {
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(events.len()));
        for RunEvent { run, event } in events {
            rmp_serde::encode::write(&mut bytes, &(run, &**event)).ok()?;
            ends.push(u32::try_from(bytes.len()).ok()?);
        }
        Some(Self {
            times: events.iter().map(|event| event.event.at).collect(),
            ends: ends.into(),
            bytes: bytes.into(),
        })
    }

    fn get(&self, place: usize) -> Option<RunEvent> {
        let end = *self.ends.get(place)?;
        let start = match place.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        let bytes = self.bytes.get(start as usize..end as usize)?;
        // What was packed can be unpacked.
        let (run, event): (u32, Event) = rmp_serde::from_slice(bytes).ok()?;
        let event = Arc::new(event);
        Some(RunEvent { run, event })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventId, EventKind, Failure, Payload, RetryPolicy, Timeouts},
        view::test_history::s,
    };

    /// Kinds with strings, options and data of any length.
    fn kind(n: u64) -> EventKind {
        let data = Payload::encode(&"x".repeat((n % 300) as usize)).unwrap();
        match n % 4 {
            0 => EventKind::TaskScheduled {
                name: format!("task {n}"),
                input: data,
                retry: n
                    .is_multiple_of(8)
                    .then(|| Box::new(RetryPolicy::attempts(3))),
                timeouts: Timeouts::default(),
            },
            1 => EventKind::TaskFailed {
                scheduled: EventId(n),
                attempt: 3,
                failure: Failure::new("Order", "no capacity").non_retryable(),
                retry_at: (n % 8 == 1).then_some(Timestamp(n)),
                heartbeat: None,
            },
            2 => EventKind::ContinuedAsNew {
                input: data,
                keep_version: n % 8 == 2,
            },
            _ => EventKind::TimerFired { timer: EventId(n) },
        }
    }

    #[test]
    fn packed_events_are_what_they_were() {
        let events: Vec<_> = (0..1000)
            .map(|n| RunEvent {
                run: (n / 300) as u32 + 1,
                event: Arc::new(Event {
                    id: EventId(n),
                    at: s(n as f64),
                    kind: kind(n),
                }),
            })
            .collect();
        let mut log = EventLog::default();
        for (place, event) in events.iter().enumerate() {
            log.push(event.clone());
            assert_eq!(log.len(), place + 1);
        }
        let packed = |chunk: &Arc<Chunk>| matches!(**chunk, Chunk::Packed(_));
        assert!(log.full.iter().all(packed));
        assert_eq!(log.iter().collect::<Vec<_>>(), events);
        for (place, event) in events.iter().enumerate() {
            assert_eq!(log.at(place), Some(event.event.at));
            assert_eq!(log.get(place).as_ref(), Some(event));
        }
        assert_eq!((log.get(1000), log.at(1000)), (None, None));
    }
}
