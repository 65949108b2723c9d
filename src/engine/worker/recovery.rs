//! Recovery: continues the open instances of a store.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::AtomicU64},
};

use super::{
    outbox::Outbox,
    state::{LeaseGuard, Quarantined, Worker, WorkerDeps},
    unrecovered::Unrecovered,
};
use crate::engine::{
    CleanClose, EngineError, Failure, InstanceKey, InstanceSummary, OpenInstance, Opening,
    OutboxId, Recovery, Status, Timestamp, Unreadable, catch_panic, instance::Instance,
    outbox_message::OutboxMessage,
};

/// An open instance read from the store.
type Found = (InstanceKey, Result<OpenInstance, Unreadable>);

/// The summary of an open instance, if it can be read.
fn summary_of(found: &Result<OpenInstance, Unreadable>) -> Option<&InstanceSummary> {
    match found {
        Ok(open) => Some(&open.summary),
        Err(unreadable) => unreadable.summary.as_ref(),
    }
}

impl Worker {
    pub fn open(deps: WorkerDeps) -> Result<Self, EngineError> {
        let opening = deps.store.opening()?;
        let keys = Arc::new(AtomicU64::new(opening.next_key.0));
        let mut worker = Self::new(deps, keys);
        worker.lease_guard = Some(LeaseGuard {
            lease: Arc::clone(&worker.lease),
            watchdog: None,
        });
        if opening.closed != CleanClose::No {
            worker.batch.clean = Some(CleanClose::No);
        }
        worker.recover(opening)?;
        if worker.setup.recovery.runs_schedules() {
            worker.open_schedules();
        }
        Ok(worker)
    }

    /// Replays the open instances to be recovered and restarts the attempts that were in flight.
    fn recover(&mut self, opening: Opening) -> Result<(), EngineError> {
        let span = tracing::info_span!("recovery");
        let _entered = span.enter();
        let crashed = opening.closed == CleanClose::No;
        for error in &opening.damaged {
            tracing::warn!(%error, "damaged data");
            self.gauges.record_damage(error.to_string());
        }
        if self.setup.recovery.runs_schedules() {
            self.schedules.extend(opening.schedules);
        }
        let next = opening.outbox.last().map_or(1, |(id, _)| id.0 + 1);
        let mut messages: Vec<(OutboxId, OutboxMessage)> = Vec::new();
        for (id, payload) in opening.outbox {
            match payload.decode() {
                Ok(message) => messages.push((id, message)),
                Err(error) => {
                    let what = format!("outbox entry {} cannot be read: {error}", id.0);
                    self.gauges.record_damage(what);
                }
            }
        }
        self.outbox = Outbox::new(messages, OutboxId(next));
        let mut keys = Vec::new();
        for (key, open) in self.read_open(crashed)? {
            let now = self.now();
            match open {
                Ok(open) => {
                    if let Some(key) = self.recover_one(now, key, open, crashed) {
                        keys.push(key);
                    }
                }
                Err(unreadable) => {
                    let reason = unreadable.error.to_string();
                    self.quarantine(key, unreadable.summary, reason);
                }
            }
        }
        let recovered = keys.len();
        for key in keys {
            self.restore_relations(self.now(), key)?;
        }
        let quarantined = self.quarantined.len();
        tracing::info!(recovered, quarantined, crashed, "open instances recovered");
        Ok(())
    }

    /// Reads the open instances to be recovered. The engine's clock starts no earlier than their
    /// last event, so that a clock that was set back does not delay timers.
    fn read_open(&mut self, crashed: bool) -> Result<Vec<Found>, EngineError> {
        let mut open = Vec::new();
        let store = Arc::clone(&self.store);
        if self.setup.recovery == Recovery::Nothing {
            let others = store.open_instances()?.into_iter();
            self.unrecovered = Unrecovered::new(others.map(|(_, summary)| summary.id), crashed);
            return Ok(open);
        }
        store.each_open(&mut |key, found| open.push((key, found)))?;
        let known = open.iter().filter_map(|(_, found)| summary_of(found));
        let (_, others) = self.setup.recovery.split(known.cloned().collect());
        let others: HashSet<_> = others.into_iter().map(|other| other.id).collect();
        open.retain(|(_, found)| summary_of(found).is_none_or(|known| !others.contains(&known.id)));
        self.unrecovered = Unrecovered::new(others, crashed);
        let last = |open: &OpenInstance| open.history.last().map(|event| event.at);
        let read = open.iter().filter_map(|(_, open)| open.as_ref().ok());
        if let Some(last) = read.filter_map(last).max() {
            self.clock = self.clock.not_before(last);
        }
        Ok(open)
    }

    /// Replays one instance. A failure quarantines only this instance.
    fn recover_one(
        &mut self,
        now: Timestamp,
        key: InstanceKey,
        open: OpenInstance,
        crashed: bool,
    ) -> Option<InstanceKey> {
        let OpenInstance { summary, history } = open;
        let version = summary.version.as_deref();
        let workflow = self.registry.find_workflow(&summary.workflow, version);
        let workflow = workflow.cloned();
        let identity = self.identity(summary.id.clone(), summary.run);
        let mut instance = self.make(key, identity, &summary.workflow, workflow);
        self.gauges.turn_started(&summary.id);
        let recovered = catch_panic::caught("the replay", || {
            instance.recover(&history, &summary.folded_attempts, now);
            if crashed {
                instance.interrupt(now);
            }
        });
        self.gauges.turn_ended();
        match recovered {
            Ok(()) => {
                self.adopt(instance);
                Some(key)
            }
            Err(panic) => {
                self.quarantine(key, Some(summary), panic.message);
                None
            }
        }
    }

    /// Quarantines an instance: it is shown as stalled with the reason.
    fn quarantine(&mut self, key: InstanceKey, summary: Option<InstanceSummary>, reason: String) {
        let Some(mut summary) = summary else {
            let what = format!("instance number {} cannot be read: {reason}", key.0);
            self.gauges.record_damage(what);
            return;
        };
        let id = summary.id.clone();
        tracing::warn!(instance = %id, reason, "instance quarantined");
        self.gauges
            .record_damage(format!("instance {id:?} cannot be continued: {reason}"));
        if summary.status != Status::Stalled {
            summary.status = Status::Stalled;
            summary.failure = Some(Failure::new(Failure::DAMAGED, reason.clone()));
            self.batch.summaries.push((key, summary.clone()));
        }
        let quarantined = Quarantined {
            key,
            summary,
            reason,
        };
        self.quarantined.insert(id, quarantined);
    }

    pub(super) fn adopt(&mut self, instance: Instance) {
        let key = instance.key;
        self.ids.insert(instance.summary.id.clone(), key);
        self.put_back(Box::new(instance));
        self.mark_dirty(key);
    }
}
