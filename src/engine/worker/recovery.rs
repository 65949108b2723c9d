//! Recovery: continues the open instances of a store.
//!
//! Code that does not return while its history is replayed does not delay the start: another thread
//! recovers the other instances, and this one joins them when its code returns.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, atomic::AtomicU64},
};

use super::{
    outbox::Outbox,
    recovery_queue::{Found, Recovered, RecoveryQueue, Waiting, read_open},
    state::{LeaseGuard, Quarantined, Worker, WorkerDeps},
    unrecovered::Unrecovered,
};
use crate::engine::{
    CleanClose, EngineError, Failure, InstanceKey, InstanceSummary, OpenInstance, Opening,
    OutboxId, Recovery, Status, Timestamp, Unreadable, catch_panic, outbox_message::OutboxMessage,
    remote::code_location,
};

/// The summary of an open instance, if it can be read.
fn summary_of(found: &Result<Waiting, Unreadable>) -> Option<&InstanceSummary> {
    match found {
        Ok(open) => Some(&open.summary),
        Err(unreadable) => unreadable.summary.as_ref(),
    }
}

impl Worker {
    /// Opens a store. [`recover`](Self::recover) continues its instances.
    pub fn open(deps: WorkerDeps) -> Result<Self, EngineError> {
        let opening = deps.store.opening()?;
        let keys = Arc::new(AtomicU64::new(opening.next_key.0));
        let mut worker = Self::new(deps, keys);
        worker.lease_guard = Some(LeaseGuard {
            lease: Arc::clone(&worker.lease),
            watchdog: None,
        });
        let crashed = opening.closed == CleanClose::No;
        if !crashed {
            worker.batch.clean = Some(CleanClose::No);
        }
        worker.open_outbox(opening);
        worker.recovery = Some(RecoveryQueue {
            found: worker.read_open(crashed)?,
            crashed,
            replayed: Vec::new(),
            caller: None,
        });
        Ok(worker)
    }

    /// Reports to the caller once the instances are recovered.
    pub fn report_recovery_to(&mut self, caller: Recovered) {
        if let Some(queue) = &mut self.recovery {
            queue.caller = Some(caller);
        }
    }

    fn open_outbox(&mut self, opening: Opening) {
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
    }

    /// Replays the open instances to be recovered and restarts the attempts that were in flight.
    /// Returns early if another thread has taken the worker over. False: the engine cannot start.
    pub fn recover(&mut self) -> bool {
        if self.recovery.is_none() {
            return true;
        }
        let span = tracing::info_span!("recovery");
        let _entered = span.enter();
        while let Some(queue) = &mut self.recovery {
            let crashed = queue.crashed;
            let Some((key, open)) = queue.found.pop_front() else {
                return self.finish_recovery();
            };
            let now = self.now();
            match open {
                Ok(open) => match open.read(key, &*self.store) {
                    (summary, Ok(history)) => {
                        let open = OpenInstance { summary, history };
                        self.recover_one(now, key, open, crashed);
                    }
                    (summary, Err(error)) => {
                        self.quarantine(key, Some(summary), error.to_string());
                    }
                },
                Err(unreadable) => {
                    let reason = unreadable.error.to_string();
                    self.quarantine(key, unreadable.summary, reason);
                }
            }
            if self.is_detached() {
                break;
            }
        }
        true
    }

    fn finish_recovery(&mut self) -> bool {
        let Some(queue) = self.recovery.take() else {
            return true;
        };
        let (recovered, crashed) = (queue.replayed.len(), queue.crashed);
        let mut replayed = queue.replayed.into_iter();
        let restored = replayed.try_for_each(|key| self.restore_relations(self.now(), key));
        let is_started = restored.is_ok();
        let (quarantined, blocked) = (self.quarantined.len(), self.blocked.len());
        tracing::info!(
            recovered,
            quarantined,
            blocked,
            crashed,
            "open instances recovered"
        );
        if is_started && self.setup.recovery.runs_schedules() {
            self.open_schedules();
        }
        if !is_started {
            // The store must be free before the caller learns of the failure.
            self.lease_guard = None;
        }
        if let Some(caller) = queue.caller {
            // The caller waits for this message.
            let _ = caller.send(restored.map(|()| self.clock));
        }
        is_started
    }

    /// Reads the open instances to be recovered. The engine's clock starts no earlier than their last
    /// event, so that a clock that was set back does not delay timers.
    fn read_open(&mut self, crashed: bool) -> Result<VecDeque<Found>, EngineError> {
        let store = Arc::clone(&self.store);
        if self.setup.recovery == Recovery::Nothing {
            let others = store.open_instances()?.into_iter();
            self.unrecovered = Unrecovered::new(others.map(|(_, summary)| summary.id), crashed);
            return Ok(VecDeque::new());
        }
        let mut open = read_open(&*store)?;
        let known = open.iter().filter_map(|(_, found)| summary_of(found));
        let (_, others) = self.setup.recovery.split(known.cloned().collect());
        let others: HashSet<_> = others.into_iter().map(|other| other.id).collect();
        open.retain(|(_, found)| summary_of(found).is_none_or(|known| !others.contains(&known.id)));
        self.unrecovered = Unrecovered::new(others, crashed);
        let read = open.iter().filter_map(|(_, open)| open.as_ref().ok());
        if let Some(last) = read.filter_map(|open| open.last_event).max() {
            self.clock = self.clock.not_before(last);
        }
        Ok(open)
    }

    /// Replays one instance. A failure quarantines only this instance.
    fn recover_one(&mut self, now: Timestamp, key: InstanceKey, open: OpenInstance, crashed: bool) {
        let OpenInstance { summary, history } = open;
        let version = summary.version.as_deref();
        let code = code_location(&history);
        let workflow = self.registry.code(&summary.workflow, version, code);
        let identity = self.identity(summary.id.clone(), summary.run);
        let mut instance = Box::new(self.make(key, identity, &summary.workflow, workflow));
        let cause = self.setup.crash;
        let recovered = self.run_code(&mut instance, |instance| {
            catch_panic::caught("the replay", || {
                instance.recover(&history, &summary.folded_attempts, now);
                if crashed {
                    instance.interrupt(now, cause);
                }
            })
        });
        match recovered {
            Ok(()) => {
                self.ids.insert(instance.summary.id.clone(), key);
                self.put_back(instance);
                self.mark_dirty(key);
                self.defer(move |worker| worker.replayed(now, key));
            }
            Err(panic) => self.defer(move |worker| {
                worker.unblock(key);
                worker.quarantine(key, Some(summary), panic.message);
            }),
        }
    }

    /// The history of an instance was replayed: at once, or after its code returned at last.
    fn replayed(&mut self, now: Timestamp, key: InstanceKey) {
        if let Some(queue) = &mut self.recovery {
            queue.replayed.push(key);
        } else if let Err(error) = self.restore_relations(now, key) {
            let what = format!(
                "children of instance number {} cannot be found: {error}",
                key.0
            );
            self.gauges.record_damage(what);
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
}
