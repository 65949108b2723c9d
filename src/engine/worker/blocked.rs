//! Turns, and what becomes of an instance whose code does not return.
//!
//! While the code of an instance runs, the worker is parked with the [`Watchdog`]. If another thread
//! takes the worker over, the thread of the code is *detached*: it is left with an empty worker that
//! has this one instance. What it still does is kept there, and done once it has the worker back. What
//! others want of the instance meanwhile waits for it.

use std::{
    collections::{BTreeMap, VecDeque},
    thread::{self, ThreadId},
};

use tokio::sync::mpsc;

use super::{
    Worker, WorkerDeps, absent::Absent, commit::Early, outbox::Ticket, watchdog::Watchdog,
};
use crate::engine::{
    Event, EventId, InstanceId, InstanceKey, Timestamp, delivery::Delivery, instance::Instance,
    request::Request,
};

/// An instance whose code does not return, and what waits for it.
pub(super) struct Blocked {
    id: InstanceId,
    /// Where the code runs.
    thread: ThreadId,
    requests: VecDeque<Request>,
    due: Vec<(Timestamp, EventId)>,
    slots: Vec<EventId>,
}

/// What is done once the worker is there.
pub(super) type Later = Box<dyn FnOnce(&mut Worker) + Send>;

/// Whether a delivery has to wait: for code that does not return, or for an instance that this engine
/// leaves as it is.
pub(super) fn has_to_wait(
    blocked: &BTreeMap<InstanceKey, Blocked>,
    absent: &Absent,
    delivery: &Delivery,
) -> bool {
    let mut concerned = delivery.concerns().into_iter().flatten();
    concerned.any(|id| is_blocked(blocked, id)) || absent.has_to_wait(delivery)
}

/// Whether the code of this instance does not return.
pub(super) fn is_blocked(blocked: &BTreeMap<InstanceKey, Blocked>, id: &InstanceId) -> bool {
    blocked.values().any(|blocked| blocked.id == *id)
}

impl Worker {
    /// The worker of an engine whose workflow code is watched.
    pub fn watched_by(mut self, watchdog: Watchdog) -> Self {
        if let Some(ending) = &mut self.ending {
            ending.watchdog = Some(watchdog.clone());
        }
        self.watchdog = Some(watchdog);
        self.spare = Some(Box::new(self.empty()));
        self
    }

    /// Does something with an open instance: its code may run. It is part of the next commit, and what
    /// it brings about in others is done.
    pub(super) fn turn<T>(
        &mut self,
        key: InstanceKey,
        act: impl FnOnce(&mut Instance) -> T,
    ) -> Option<T> {
        self.bring_here(key);
        let mut instance = self.instances.remove(&key)?;
        let done = self.run_code(&mut instance, act);
        self.put_back(instance);
        self.touch(key);
        Some(done)
    }

    /// Lets the code of an instance run that is not in the worker just now. Afterwards the worker may
    /// be detached.
    pub(super) fn run_code<T>(
        &mut self,
        instance: &mut Instance,
        act: impl FnOnce(&mut Instance) -> T,
    ) -> T {
        self.keep_early(instance);
        self.gauges.turn_begins(&instance.summary.id);
        self.park(instance);
        let done = act(instance);
        self.unpark();
        self.gauges.turn_ends();
        done
    }

    pub(super) fn put_back(&mut self, instance: Box<Instance>) {
        if self.is_detached() {
            self.ids.insert(instance.summary.id.clone(), instance.key);
        }
        self.instances.insert(instance.key, instance);
    }

    /// What of an instance waits for the next commit stays with the worker while its code runs.
    fn keep_early(&mut self, instance: &mut Instance) {
        if self.watchdog.is_none() || !self.dirty.contains(&instance.key) {
            return;
        }
        self.timers.arm(instance.key, instance.take_armed());
        let early = self.early.entry(instance.key).or_default();
        early.take(instance);
    }

    fn park(&mut self, instance: &Instance) {
        let (Some(watchdog), Some(mut spare)) = (self.watchdog.clone(), self.spare.take()) else {
            return;
        };
        std::mem::swap(self, &mut spare);
        watchdog.park(spare, instance.key, instance.summary.id.clone());
        self.detached = Some(watchdog);
    }

    fn unpark(&mut self) {
        let Some(mut worker) = self.detached.as_ref().and_then(Watchdog::unpark) else {
            return;
        };
        self.detached = None;
        std::mem::swap(self, &mut worker);
        self.spare = Some(worker);
    }

    /// Whether another thread has taken the worker over and this one is what is left to the code.
    pub(super) fn is_detached(&self) -> bool {
        self.detached.is_some()
    }

    /// Takes the worker over from a thread whose code does not return.
    pub(super) fn begin_without(&mut self, (key, id): (InstanceKey, InstanceId), thread: ThreadId) {
        self.ids.entry(id.clone()).or_insert(key);
        let blocked = Blocked {
            id,
            thread,
            requests: VecDeque::new(),
            due: Vec::new(),
            slots: Vec::new(),
        };
        self.blocked.insert(key, blocked);
        self.spare = Some(Box::new(self.empty()));
    }

    /// The code has returned: asks for the worker, and goes on with it. False: the engine has ended.
    pub(super) fn rejoin(&mut self) -> bool {
        let Some(watchdog) = self.detached.clone() else {
            return true;
        };
        let me = thread::current().id();
        let asked = self.results.upgrade();
        let asked = asked.is_some_and(|inbox| inbox.send(Request::GiveBack(me)).is_ok());
        let Some(mut worker) = asked.then(|| watchdog.wait_for_worker()).flatten() else {
            return false;
        };
        std::mem::swap(self, &mut worker);
        self.spare = Some(Box::new(self.empty()));
        self.merge(*worker);
        true
    }

    /// Takes over what a detached worker has kept.
    fn merge(&mut self, mut left: Worker) {
        // Nothing of this runs code.
        let mut later: VecDeque<Later> = VecDeque::new();
        let mut keys: Vec<_> = left.instances.keys().copied().collect();
        keys.sort();
        for key in keys {
            let Some(instance) = left.instances.remove(&key) else {
                continue;
            };
            self.ids.insert(instance.summary.id.clone(), key);
            self.instances.insert(key, instance);
            self.dirty.insert(key);
            if let Some(blocked) = self.blocked.remove(&key) {
                self.timers.arm(key, blocked.due);
                self.kept.extend(blocked.requests);
                later.push_back(Box::new(move |worker| {
                    worker.free_places(key, blocked.slots)
                }));
            }
            later.push_back(Box::new(move |worker| worker.touch(key)));
        }
        self.batch.relations.append(&mut left.batch.relations);
        self.batch.summaries.append(&mut left.batch.summaries);
        self.answers.append(&mut left.answers);
        for delivery in left.outbox.into_deliveries() {
            self.outbox.push(delivery);
        }
        for ticket in std::mem::take(&mut left.done) {
            self.outbox.done(ticket, &mut self.batch);
        }
        self.stale.append(&mut left.stale);
        let blocked = &self.blocked;
        let is_blocked = |thread| blocked.values().any(|blocked| blocked.thread == thread);
        // Dropped here where they belong to this thread.
        self.stale.retain(|code| is_blocked(code.thread()));
        later.extend(std::mem::take(&mut left.later));
        self.do_all(later);
    }

    fn do_all(&mut self, mut later: VecDeque<Later>) {
        while let Some(next) = later.pop_front() {
            next(self);
            if self.is_detached() {
                self.later.extend(later);
                return;
            }
        }
    }

    /// Does something that follows on code that has run; once the worker is there.
    pub(super) fn afterwards(&mut self, act: impl FnOnce(&mut Worker) + Send + 'static) {
        match self.is_detached() {
            true => self.later.push_back(Box::new(act)),
            false => act(self),
        }
    }

    /// A delivery is done.
    pub(super) fn delivered(&mut self, ticket: Ticket) {
        match self.is_detached() {
            true => self.done.push(ticket),
            false => self.outbox.done(ticket, &mut self.batch),
        }
    }

    /// Whether a delivery has to wait.
    pub(super) fn has_to_wait(&self, delivery: &Delivery) -> bool {
        has_to_wait(&self.blocked, &self.absent, delivery)
    }

    /// Keeps a request for an instance whose code does not return; gives back any other.
    pub(super) fn keep_if_blocked(&mut self, request: Request) -> Option<Request> {
        let key = match &request {
            _ if self.blocked.is_empty() => None,
            Request::AttemptEnded { key, .. }
            | Request::Heartbeat { key, .. }
            | Request::ForeignWake(key) => Some(*key),
            Request::Command(id, ..) | Request::Query(id, ..) => self.ids.get(id).copied(),
            Request::Start(new, _) => new.id.as_ref().and_then(|id| self.ids.get(id)).copied(),
            _ => None,
        };
        match key.and_then(|key| self.blocked.get_mut(&key)) {
            Some(blocked) => {
                blocked.requests.push_back(request);
                None
            }
            None => Some(request),
        }
    }

    /// Keeps a moment of an instance whose code does not return. False: it is not of one.
    pub(super) fn keep_due(&mut self, key: InstanceKey, due: (Timestamp, EventId)) -> bool {
        let blocked = self.blocked.get_mut(&key);
        blocked.map(|blocked| blocked.due.push(due)).is_some()
    }

    /// The same for a place for an activity.
    pub(super) fn keep_place(&mut self, key: InstanceKey, scheduled: EventId) -> bool {
        let blocked = self.blocked.get_mut(&key);
        blocked
            .map(|blocked| blocked.slots.push(scheduled))
            .is_some()
    }

    /// Makes sure that the code of an instance is on this thread: where it is half-way through on
    /// another one, its history is replayed.
    pub(super) fn bring_here(&mut self, key: InstanceKey) {
        let Some(instance) = self.instances.get(&key).filter(|i| i.is_elsewhere()) else {
            return;
        };
        let version = instance.summary.version.as_deref();
        let workflow = self
            .registry
            .find_workflow(&instance.summary.workflow, version);
        let (Some(workflow), Ok(history)) = (workflow.cloned(), self.whole_history(key)) else {
            // What comes is in the history; the code hears of it once that can be read.
            return;
        };
        let Some(mut instance) = self.instances.remove(&key) else {
            return;
        };
        let (now, alarm) = (self.now(), self.alarm(key));
        let elsewhere = self.run_code(&mut instance, |instance| {
            instance.bring_here(now, workflow, Some(alarm), &history)
        });
        self.stale.extend(elsewhere);
        self.put_back(instance);
        self.touch(key);
    }

    /// The whole history of a run.
    pub(super) fn whole_history(
        &self,
        key: InstanceKey,
    ) -> Result<Vec<Event>, crate::engine::EngineError> {
        let mut history = self.store.history(key, EventId::default())?;
        let early = self.early.get(&key).map(Early::events);
        history.extend_from_slice(early.unwrap_or_default());
        let fresh = self.instances.get(&key).map(|instance| instance.fresh());
        history.extend_from_slice(fresh.unwrap_or_default());
        Ok(history)
    }

    /// A worker without anything in it.
    fn empty(&self) -> Self {
        let (_, inbox) = mpsc::unbounded_channel();
        let deps = WorkerDeps {
            store: self.store.clone(),
            lease: self.lease.clone(),
            registry: self.registry.clone(),
            setup: self.setup.clone(),
            activities: self.activities.clone(),
            inbox,
            results: self.results.clone(),
            gauges: self.gauges.clone(),
        };
        let mut empty = Self::new(deps, self.keys.clone());
        empty.clock = self.clock;
        empty.absent = self.absent.clone();
        empty
    }
}
