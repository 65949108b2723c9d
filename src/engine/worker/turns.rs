//! Turns: runs the code of instances.
//!
//! While the code of an instance runs, the worker is parked with the [`Watchdog`]. If another
//! thread takes the worker over, the thread of the code is *detached*: it continues with an empty
//! worker that contains only this instance. Results of that code are collected there and merged
//! once the thread has the worker back. Requests for the instance are queued meanwhile.

use super::{
    state::{Watchdog, Worker},
    uncommitted::Uncommitted,
};
use crate::engine::{EngineError, Event, EventId, InstanceKey, Timestamp, instance::Instance};

impl Worker {
    /// Changes an open instance, which may run its code. The result is part of the next commit.
    pub(super) fn turn<T>(
        &mut self,
        key: InstanceKey,
        act: impl FnOnce(&mut Instance) -> T,
    ) -> Option<T> {
        self.ensure_local(key);
        let mut instance = self.instances.remove(&key)?;
        let done = self.run_code(&mut instance, act);
        self.put_back(instance);
        self.mark_dirty(key);
        Some(done)
    }

    /// Runs the code of an instance that is not in the worker's map. Afterwards the worker may be
    /// detached.
    pub(super) fn run_code<T>(
        &mut self,
        instance: &mut Instance,
        act: impl FnOnce(&mut Instance) -> T,
    ) -> T {
        self.keep_uncommitted(instance);
        let span = tracing::debug_span!("turn", instance = %instance.summary.id);
        let _entered = span.enter();
        self.gauges.turn_started(&instance.summary.id);
        self.park(instance);
        let done = act(instance);
        self.unpark();
        self.gauges.turn_ended();
        done
    }

    pub(super) fn put_back(&mut self, instance: Box<Instance>) {
        if self.is_detached() {
            self.ids.insert(instance.summary.id.clone(), instance.key);
        }
        self.instances.insert(instance.key, instance);
    }

    /// Keeps the uncommitted changes of an instance with the worker while its code runs.
    pub(super) fn keep_uncommitted(&mut self, instance: &mut Instance) {
        if self.watchdog.is_none() || !self.dirty.contains(&instance.key) {
            return;
        }
        self.timers.arm(instance.key, instance.take_armed());
        let uncommitted = self.uncommitted.entry(instance.key).or_default();
        uncommitted.take(instance);
    }

    pub(super) fn park(&mut self, instance: &Instance) {
        let (Some(watchdog), Some(mut spare)) = (self.watchdog.clone(), self.spare.take()) else {
            return;
        };
        std::mem::swap(self, &mut spare);
        watchdog.park(spare, instance.key, instance.summary.id.clone());
        self.detached = Some(watchdog);
    }

    pub(super) fn unpark(&mut self) {
        let Some(mut worker) = self.detached.as_ref().and_then(Watchdog::unpark) else {
            return;
        };
        self.detached = None;
        std::mem::swap(self, &mut worker);
        self.spare = Some(worker);
    }

    /// Makes sure that the run of an instance belongs to this thread; replays its history if not.
    pub(super) fn ensure_local(&mut self, key: InstanceKey) {
        let Some(instance) = self.instances.get(&key).filter(|i| i.is_on_other_thread()) else {
            return;
        };
        let version = instance.summary.version.as_deref();
        let workflow = self
            .registry
            .find_workflow(&instance.summary.workflow, version);
        let (Some(workflow), Ok(history)) = (workflow.cloned(), self.whole_history(key)) else {
            // New events are in the history; the code receives them once the history can be read.
            return;
        };
        let Some(mut instance) = self.instances.remove(&key) else {
            return;
        };
        let (now, on_foreign_wake) = (self.now(), self.on_foreign_wake(key));
        let elsewhere = self.run_code(&mut instance, |instance| {
            instance.replace_run(now, workflow, Some(on_foreign_wake), &history)
        });
        self.stale.extend(elsewhere);
        self.put_back(instance);
        self.mark_dirty(key);
    }

    /// The history of a run, including uncommitted events.
    pub(super) fn whole_history(&self, key: InstanceKey) -> Result<Vec<Event>, EngineError> {
        let mut history = self.store.history(key, EventId::default())?;
        let uncommitted = self.uncommitted.get(&key).map(Uncommitted::events);
        history.extend_from_slice(uncommitted.unwrap_or_default());
        let fresh = self.instances.get(&key).map(|instance| instance.fresh());
        history.extend_from_slice(fresh.unwrap_or_default());
        Ok(history)
    }

    /// Marks an instance as changed. If it has continued as new, its next run starts here, so that
    /// the instance is open at all times.
    pub(super) fn mark_dirty(&mut self, key: InstanceKey) {
        self.mark_dirty_not_before(Timestamp::default(), key);
    }

    /// As [`mark_dirty`](Self::mark_dirty), with a next run that starts at `earliest` or later.
    pub(super) fn mark_dirty_not_before(&mut self, earliest: Timestamp, key: InstanceKey) {
        let mut key = Some(key);
        while let Some(dirty) = key.filter(|_| !self.is_detached()) {
            self.dirty.insert(dirty);
            let Some(instance) = self.instances.get_mut(&dirty) else {
                return;
            };
            self.outbox.extend(instance.take_outbox());
            let at = instance.summary.closed_at;
            let next = instance.take_next_run();
            key = next
                .zip(at)
                .map(|(next, at)| self.start_next_run(at.max(earliest), next));
        }
    }
}
