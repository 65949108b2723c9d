//! The histories of the instances that workers take turns of: what was translated is kept, so that a turn costs
//! as much as has happened since the last one.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use prost::{Message as _, bytes::Bytes};

use super::{
    history::{Passed, WorkerHistory},
    messages::{CachedHistory, Encoded, TurnRequest, append},
};
use crate::engine::{Archive, EngineError, EventId, InstanceId, Payload};

/// The most instances whose histories are kept.
const MAX_KEPT: usize = 512;
/// The most bytes of kept histories together.
const MAX_KEPT_BYTES: usize = 256 << 20;
/// The events that are read from the store at once.
const PAGE: usize = 1_000;

/// Translated histories.
pub(super) struct Histories {
    archive: Archive,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    runs: HashMap<InstanceId, Arc<Mutex<KeptHistory>>>,
    /// Counts the uses.
    now: u64,
    bytes: usize,
}

/// The history of one run.
struct KeptHistory {
    run: u32,
    worker: WorkerHistory,
    /// What the worker has read, as fields of a [`TurnRequest`].
    past: Vec<u8>,
    past_events: usize,
    used: u64,
    /// What is counted in [`Kept::bytes`].
    counted: usize,
}

/// A turn for a worker.
pub(super) struct TurnWork {
    pub request: Encoded,
    /// The last event of the history that the worker is given.
    pub read: EventId,
    /// The custom status that the instance has.
    pub custom_status: Option<Payload>,
    /// What the worker's code has told about itself before.
    pub passed: Passed,
    /// How much of the past the worker knows once it has it.
    pub known: Known,
}

/// How much of the past of a run a worker has kept itself. The default: nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Known {
    pub run: u32,
    pub events: usize,
    bytes: usize,
}

impl Histories {
    pub fn new(archive: Archive) -> Self {
        Self {
            archive,
            kept: Mutex::default(),
        }
    }

    /// The archive that they are read from.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// The turn that is due; `None`: there is nothing to read.
    ///
    /// # Errors
    ///
    /// The history cannot be read.
    pub fn turn(
        &self,
        instance: &InstanceId,
        run: u32,
        known: Known,
    ) -> Result<Option<TurnWork>, EngineError> {
        let kept = self.keep(instance, run);
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.run != run {
            *kept = KeptHistory::new(instance, run, kept.counted);
        }
        kept.catch_up(&self.archive, instance)?;
        let work = kept.turn(instance, known);
        let grown = kept.past.len();
        let before = std::mem::replace(&mut kept.counted, grown);
        drop(kept);
        self.count(instance, before, grown);
        Ok(work)
    }

    /// The last event of a run that was translated.
    pub fn last_event(&self, instance: &InstanceId, run: u32) -> Option<EventId> {
        let kept = self.keep(instance, run);
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.worker.last()
    }

    /// Forgets an instance that has closed.
    pub fn forget(&self, instance: &InstanceId) {
        let mut kept = self.lock();
        kept.remove(instance);
    }

    fn keep(&self, instance: &InstanceId, run: u32) -> Arc<Mutex<KeptHistory>> {
        let mut kept = self.lock();
        kept.now += 1;
        let found = kept.runs.entry(instance.clone());
        let found = found.or_insert_with(|| {
            let history = KeptHistory::new(instance, run, 0);
            Arc::new(Mutex::new(history))
        });
        Arc::clone(found)
    }

    fn count(&self, instance: &InstanceId, before: usize, after: usize) {
        let mut kept = self.lock();
        kept.bytes = (kept.bytes + after).saturating_sub(before);
        let now = kept.now;
        if let Some(history) = kept.runs.get(instance)
            && let Ok(mut history) = history.try_lock()
        {
            history.used = now;
        }
        while kept.runs.len() > MAX_KEPT || kept.bytes > MAX_KEPT_BYTES {
            let Some(oldest) = kept.least_used() else {
                break;
            };
            kept.remove(&oldest);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// The instance that was used longest ago.
    fn least_used(&self) -> Option<InstanceId> {
        let used = self.runs.iter().filter_map(|(id, history)| {
            // One that is in use now is no candidate.
            Some((history.try_lock().ok()?.used, id))
        });
        used.min().map(|(_, id)| id.clone())
    }

    fn remove(&mut self, instance: &InstanceId) {
        if let Some(history) = self.runs.remove(instance) {
            let history = history.lock().unwrap_or_else(PoisonError::into_inner);
            self.bytes = self.bytes.saturating_sub(history.counted);
        }
    }
}

impl KeptHistory {
    fn new(instance: &InstanceId, run: u32, counted: usize) -> Self {
        Self {
            run,
            worker: WorkerHistory::new(instance.clone()),
            past: Vec::new(),
            past_events: 0,
            used: 0,
            counted,
        }
    }

    /// Reads what has happened since.
    fn catch_up(&mut self, archive: &Archive, instance: &InstanceId) -> Result<(), EngineError> {
        let mut seen = Vec::new();
        loop {
            let from = self.worker.next();
            let page = archive.history_of_run(instance, self.run, from, PAGE)?;
            for event in &page {
                self.worker.take(event, &mut seen);
            }
            for event in seen.drain(..) {
                append(TurnRequest::PAST_EVENTS, &event, &mut self.past);
                self.past_events += 1;
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    fn turn(&self, instance: &InstanceId, known: Known) -> Option<TurnWork> {
        let new = self.worker.new_events()?;
        let news = self
            .past
            .get(known.bytes..)
            .filter(|_| known.run == self.run);
        let cached_history = news.is_some().then(|| CachedHistory {
            event_count: i32::try_from(known.events).unwrap_or(i32::MAX),
        });
        let head = TurnRequest {
            instance_id: instance.to_string(),
            execution_id: None,
            cached_history,
        };
        let mut bytes = head.encode_to_vec();
        bytes.extend_from_slice(news.unwrap_or(&self.past));
        for event in &new.events {
            append(TurnRequest::NEW_EVENTS, event, &mut bytes);
        }
        Some(TurnWork {
            request: Encoded(Bytes::from(bytes)),
            read: new.read,
            custom_status: self.worker.custom_status().cloned(),
            passed: self.worker.passed().clone(),
            known: Known {
                run: self.run,
                events: self.past_events,
                bytes: self.past.len(),
            },
        })
    }
}
