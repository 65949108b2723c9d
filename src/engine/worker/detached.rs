//! Workers without an instance whose code does not return, and the detached workers of such code.

use std::{
    collections::VecDeque,
    thread::{self, ThreadId},
};

use super::{
    blocked::{BlockedInstance, has_to_wait},
    outbox::Ticket,
    state::{Deferred, Watchdog, Worker},
};
use crate::engine::{
    EventId, InstanceId, InstanceKey, Timestamp, outbox_message::OutboxMessage, request::Request,
};

impl Worker {
    /// Enables the watchdog.
    pub(super) fn watched_by(mut self, watchdog: Watchdog) -> Self {
        if let Some(lease_guard) = &mut self.lease_guard {
            lease_guard.watchdog = Some(watchdog.clone());
        }
        self.watchdog = Some(watchdog);
        self.spare = Some(Box::new(self.empty()));
        self
    }

    /// Forgets that the code of an instance does not return: the instance is not continued.
    pub(super) fn unblock(&mut self, key: InstanceKey) {
        if let Some(blocked) = self.blocked.remove(&key) {
            self.ids.remove(&blocked.id);
            self.backlog.extend(blocked.requests);
        }
    }

    /// Whether another thread has taken the worker over.
    pub(super) fn is_detached(&self) -> bool {
        self.detached.is_some()
    }

    /// Continues on another thread without an instance whose code does not return.
    pub(super) fn take_over_without(
        &mut self,
        (key, id): (InstanceKey, InstanceId),
        thread: ThreadId,
    ) {
        self.ids.entry(id.clone()).or_insert(key);
        let blocked = BlockedInstance {
            id,
            thread,
            requests: VecDeque::new(),
            due: Vec::new(),
            slots: Vec::new(),
        };
        self.blocked.insert(key, blocked);
        self.spare = Some(Box::new(self.empty()));
    }

    /// After the code has returned: requests the worker and merges. False: the engine has stopped.
    pub(super) fn rejoin(&mut self) -> bool {
        let Some(watchdog) = self.detached.clone() else {
            return true;
        };
        let me = thread::current().id();
        let asked = self.results.upgrade();
        let asked = asked.is_some_and(|inbox| inbox.send(Request::ReturnWorker(me)).is_ok());
        let Some(mut worker) = asked.then(|| watchdog.wait_for_worker()).flatten() else {
            return false;
        };
        std::mem::swap(self, &mut worker);
        self.spare = Some(Box::new(self.empty()));
        self.merge(*worker);
        true
    }

    /// Merges the results of a detached worker.
    fn merge(&mut self, mut left: Worker) {
        // Nothing here runs workflow code.
        let mut deferred: VecDeque<Deferred> = VecDeque::new();
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
                self.backlog.extend(blocked.requests);
                deferred.push_back(Box::new(move |worker| {
                    worker.assign_queued_slots(key, blocked.slots)
                }));
            }
            deferred.push_back(Box::new(move |worker| worker.mark_dirty(key)));
        }
        self.batch.relations.append(&mut left.batch.relations);
        self.batch.summaries.append(&mut left.batch.summaries);
        self.answers.append(&mut left.answers);
        for message in left.outbox.into_messages() {
            self.outbox.push(message);
        }
        for ticket in std::mem::take(&mut left.done) {
            self.outbox.done(ticket, &mut self.batch);
        }
        self.stale.append(&mut left.stale);
        let blocked = &self.blocked;
        let is_blocked = |thread| blocked.values().any(|blocked| blocked.thread == thread);
        // Drop runs that belong to this thread.
        self.stale.retain(|run| is_blocked(run.thread()));
        deferred.extend(std::mem::take(&mut left.deferred));
        self.do_all(deferred);
    }

    fn do_all(&mut self, mut deferred: VecDeque<Deferred>) {
        while let Some(next) = deferred.pop_front() {
            next(self);
            if self.is_detached() {
                self.deferred.extend(deferred);
                return;
            }
        }
    }

    /// Runs work that follows a turn: now, or once the thread has the worker.
    pub(super) fn defer(&mut self, act: impl FnOnce(&mut Worker) + Send + 'static) {
        match self.is_detached() {
            true => self.deferred.push_back(Box::new(act)),
            false => act(self),
        }
    }

    /// A message was delivered.
    pub(super) fn delivered(&mut self, ticket: Ticket) {
        match self.is_detached() {
            true => self.done.push(ticket),
            false => self.outbox.done(ticket, &mut self.batch),
        }
    }

    /// Whether a message has to wait.
    pub(super) fn has_to_wait(&self, message: &OutboxMessage) -> bool {
        has_to_wait(&self.blocked, &self.unrecovered, message)
    }

    /// Queues a request for a blocked instance; returns any other request.
    pub(super) fn queue_if_blocked(&mut self, request: Request) -> Option<Request> {
        let key = match &request {
            _ if self.blocked.is_empty() => None,
            Request::AttemptEnded { key, .. }
            | Request::Heartbeat { key, .. }
            | Request::TurnEnded { key, .. }
            | Request::ForeignWake(key) => Some(*key),
            Request::Command(id, ..) | Request::Query(id, ..) | Request::Reload(id, ..) => {
                self.ids.get(id).copied()
            }
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

    /// Queues a deadline of a blocked instance. False if the instance is not blocked.
    pub(super) fn queue_deadline(&mut self, key: InstanceKey, due: (Timestamp, EventId)) -> bool {
        let blocked = self.blocked.get_mut(&key);
        blocked.map(|blocked| blocked.due.push(due)).is_some()
    }

    /// Queues a slot for an activity of a blocked instance. False if the instance is not blocked.
    pub(super) fn queue_slot(&mut self, key: InstanceKey, scheduled: EventId) -> bool {
        let blocked = self.blocked.get_mut(&key);
        blocked
            .map(|blocked| blocked.slots.push(scheduled))
            .is_some()
    }
}
