//! The instances that are still to be recovered.

use std::{collections::VecDeque, sync::mpsc};

use crate::engine::{
    Clock, EngineError, Event, EventId, InstanceKey, InstanceSummary, OpenInstance, Store,
    StoreError, Timestamp, Unreadable,
};

/// The most events that wait in memory. Histories beyond them are read again when it is their turn.
const MAX_HELD: usize = 50_000;

/// An open instance of the store.
pub(super) type Found = (InstanceKey, Result<Waiting, Unreadable>);

/// An open instance that waits to be recovered.
pub(super) struct Waiting {
    pub summary: InstanceSummary,
    /// When its last event was.
    pub last_event: Option<Timestamp>,
    /// `None`: it is in the store only.
    history: Option<Vec<Event>>,
}

impl Waiting {
    /// Its history.
    pub fn read(
        self,
        key: InstanceKey,
        store: &dyn Store,
    ) -> (InstanceSummary, Result<Vec<Event>, StoreError>) {
        let history = match self.history {
            Some(history) => Ok(history),
            None => store.history(key, EventId(0)),
        };
        (self.summary, history)
    }
}

/// The open instances of a store, oldest first.
pub(super) fn read_open(store: &dyn Store) -> Result<VecDeque<Found>, StoreError> {
    let (mut found, mut held) = (VecDeque::new(), 0);
    store.each_open(&mut |key, open| {
        let waiting = open.map(|OpenInstance { summary, history }| {
            held += history.len();
            Waiting {
                summary,
                last_event: history.last().map(|event| event.at),
                history: (held <= MAX_HELD).then_some(history),
            }
        });
        found.push_back((key, waiting));
    })?;
    Ok(found)
}

/// Receives the engine's clock once the instances are recovered.
pub(in crate::engine) type Recovered = mpsc::Sender<Result<Clock, EngineError>>;

/// The instances that are still to be recovered.
pub(super) struct RecoveryQueue {
    pub found: VecDeque<Found>,
    /// Whether the last process did not close the store.
    pub crashed: bool,
    /// Replayed instances whose relations are not restored yet.
    pub replayed: Vec<InstanceKey>,
    pub caller: Option<Recovered>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Batch, EventKind, InstanceId, RedbStore};

    #[test]
    fn of_long_histories_only_the_first_wait_in_memory() {
        let store = RedbStore::in_memory().unwrap();
        let event = |id| Event {
            id: EventId(id),
            at: Timestamp(id),
            kind: EventKind::ExecutionResumed {
                reason: String::new(),
            },
        };
        let events: Vec<_> = (0..20_000).map(event).collect();
        for key in 0..4 {
            let id = InstanceId::new(format!("long-{key}")).unwrap();
            let summary = InstanceSummary::new(id, "long");
            store
                .commit(&Batch {
                    summaries: vec![(InstanceKey(key), summary)],
                    histories: vec![(InstanceKey(key), events.clone())],
                    ..Batch::default()
                })
                .unwrap();
        }
        let found = read_open(&store).unwrap();
        let held = found
            .iter()
            .map(|(_, open)| open.as_ref().unwrap().history.is_some());
        assert_eq!(held.collect::<Vec<_>>(), [true, true, false, false]);
        for (key, open) in found {
            let (_, history) = open.unwrap().read(key, &store);
            assert_eq!(history.unwrap(), events);
        }
    }
}
