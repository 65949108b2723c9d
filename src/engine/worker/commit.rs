//! One commit for everything that the turns brought; only then does anything leave.

use std::{collections::BTreeSet, sync::atomic::Ordering::Relaxed, time::Duration};

use tokio::time::Instant;

use super::{Next, Worker};
use crate::engine::{
    Batch, Committed, EngineError, Event, InstanceKey, InstanceSummary, Payload, Status,
    StoreError,
    instance::Instance,
    lease::NotCommitted,
    request::{Reply, Request},
};

/// How long the engine waits before it tries again to write to a store that refused.
const MIN_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// What becomes of a commit that the store refuses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// It is tried again until it is done, unless that cannot help.
    Endless,
    /// It is given up: the engine stops.
    None,
}

/// Sent once the commit is done; or why it is not done yet.
pub(super) type Answer = Box<dyn FnOnce(Outcome<'_>) + Send>;

/// What became of a commit, for those who wait for an answer.
#[derive(Clone, Copy)]
pub(super) enum Outcome<'a> {
    Done,
    /// It is kept in memory until the store can be written.
    Held(&'a StoreError),
    /// It never happened.
    Lost(&'a StoreError),
}

/// What of an instance waits for the next commit since before its code ran once more.
#[derive(Default)]
pub(super) struct Early {
    events: Vec<Event>,
    summary: Option<InstanceSummary>,
    annotations: Vec<Payload>,
    log: Vec<String>,
}

impl Early {
    /// Takes what waits in the instance.
    pub fn take(&mut self, instance: &mut Instance) {
        self.events.append(&mut instance.take_fresh());
        if instance.take_summary_changed() {
            self.summary = Some(instance.summary.clone());
        }
        self.annotations.append(&mut instance.take_annotations());
        self.log.append(&mut instance.take_log());
    }

    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

impl Worker {
    /// Answers a caller once the commit is done.
    pub(super) fn answer<T: Send + 'static>(
        &mut self,
        reply: Reply<T>,
        result: Result<T, EngineError>,
    ) {
        self.answers.push(Box::new(move |outcome| {
            let result = match outcome {
                Outcome::Held(error) if result.is_ok() => Err(EngineError::Held(error.clone())),
                Outcome::Lost(error) if result.is_ok() => Err(EngineError::Store(error.clone())),
                _ => result,
            };
            // A caller that no longer waits needs no answer.
            let _ = reply.send(result);
        }));
    }

    fn answer_all(&mut self, outcome: Outcome<'_>) {
        for answer in self.answers.drain(..) {
            answer(outcome);
        }
    }

    /// Makes everything durable that the turns brought, then lets it out.
    pub(super) async fn commit(&mut self, patience: Patience) -> Next {
        let dirty = std::mem::take(&mut self.dirty);
        self.next_runs = 0;
        let batch = self.collect(&dirty);
        if !batch.is_empty()
            && let Next::Stop(stopped) = self.write(&batch, patience).await
        {
            return Next::Stop(stopped);
        }
        self.purges.committed();
        for key in &dirty {
            self.act(*key);
        }
        self.give_slots(self.now());
        self.answer_all(Outcome::Done);
        self.publish(batch, &dirty);
        for key in dirty {
            self.forget_if_closed(key);
        }
        if self.subscribers.has_new() {
            self.begin_subscriptions();
        }
        self.gauges.in_flight.store(self.under_way, Relaxed);
        let waiting = self.slots.waiting() as u64;
        self.gauges.waiting.store(waiting, Relaxed);
        let open = self.instances.len() + self.blocked.len();
        self.gauges.open.store(open as u64, Relaxed);
        Next::GoOn
    }

    /// Writes a batch; if the store refuses, until it takes it or nothing can help.
    async fn write(&mut self, batch: &Batch, patience: Patience) -> Next {
        let begun = std::time::Instant::now();
        match self.lease.commit(batch) {
            Ok(()) => {
                let events = batch.histories.iter().map(|(_, events)| events.len());
                self.gauges.committed(begun.elapsed(), events.sum());
                Next::GoOn
            }
            // Another engine may have the store by now: whoever waits learns that this one is gone.
            Err(NotCommitted::Revoked) => {
                self.answers.clear();
                Next::Stop(None)
            }
            Err(NotCommitted::Store(error)) if error.is_final() => self.give_up(error),
            Err(NotCommitted::Store(error)) if patience == Patience::None => {
                self.answer_all(Outcome::Lost(&error));
                Next::Stop(None)
            }
            Err(NotCommitted::Store(error)) => self.hold(batch, error).await,
        }
    }

    /// Nothing more can be made durable: the engine stops and says why.
    fn give_up(&mut self, error: StoreError) -> Next {
        self.answer_all(Outcome::Lost(&error));
        self.gauges.set_trouble(Some(error));
        Next::Stop(None)
    }

    fn collect(&mut self, dirty: &BTreeSet<InstanceKey>) -> Batch {
        let mut batch = std::mem::take(&mut self.batch);
        for key in dirty {
            if let Some(instance) = self.instances.get_mut(key) {
                self.timers.arm(*key, instance.take_armed());
                match self.early.get_mut(key) {
                    Some(early) => early.take(instance),
                    None => {
                        if instance.take_summary_changed() {
                            batch.summaries.push((*key, instance.summary.clone()));
                        }
                        let fresh = instance.take_fresh();
                        if !fresh.is_empty() {
                            batch.histories.push((*key, fresh));
                        }
                    }
                }
            }
            if let Some(early) = self.early.get_mut(key) {
                let summary = early.summary.clone();
                batch
                    .summaries
                    .extend(summary.map(|summary| (*key, summary)));
                let events = std::mem::take(&mut early.events);
                if !events.is_empty() {
                    batch.histories.push((*key, events));
                }
            }
        }
        self.outbox.post(&mut batch);
        batch
    }

    /// The store cannot be written: nothing leaves, nothing new begins, until it can.
    async fn hold(&mut self, batch: &Batch, error: StoreError) -> Next {
        let mut error = error;
        let mut pause = MIN_PAUSE;
        loop {
            self.answer_all(Outcome::Held(&error));
            self.gauges.set_trouble(Some(error.clone()));
            if let Next::Stop(stopped) = self.wait_it_out(Instant::now() + pause, &error).await {
                return Next::Stop(stopped);
            }
            pause = (pause * 2).min(MAX_PAUSE);
            match self.lease.commit(batch) {
                Ok(()) => break,
                Err(NotCommitted::Revoked) => return Next::Stop(None),
                Err(NotCommitted::Store(again)) if again.is_final() => return self.give_up(again),
                Err(NotCommitted::Store(again)) => error = again,
            }
        }
        self.gauges.set_trouble(None);
        Next::GoOn
    }

    /// Refuses what callers ask for, keeps what happens, until it is time to try again.
    async fn wait_it_out(&mut self, until: Instant, error: &StoreError) -> Next {
        loop {
            tokio::select! {
                biased;
                request = self.inbox.recv() => match request {
                    Some(Request::Stop(stopped) | Request::Shutdown(_, stopped)) => {
                        return Next::Stop(Some(stopped));
                    }
                    Some(request) => self.kept.extend(request.refuse(error)),
                    None => return Next::Stop(None),
                },
                () = tokio::time::sleep_until(until) => return Next::GoOn,
            }
        }
    }

    fn publish(&mut self, batch: Batch, dirty: &BTreeSet<InstanceKey>) {
        let mut histories = batch.histories.into_iter().peekable();
        for key in dirty {
            let mine = histories.next_if(|(of, _)| of == key);
            let events = mine.map(|(_, events)| events).unwrap_or_default();
            let mut early = self.early.remove(key).unwrap_or_default();
            if let Some(instance) = self.instances.get_mut(key) {
                early.annotations.append(&mut instance.take_annotations());
                early.log.append(&mut instance.take_log());
                if self.subscribers.is_empty() {
                    continue;
                }
                early.summary = Some(instance.summary.clone());
            }
            if let Some(instance) = early.summary {
                self.subscribers.publish(Committed {
                    instance,
                    events,
                    annotations: early.annotations,
                    log: early.log,
                });
            }
        }
    }

    fn begin_subscriptions(&mut self) {
        let mut open: Vec<_> = self.instances.iter().collect();
        open.sort_by_key(|(key, _)| **key);
        let mut open: Vec<_> = open.into_iter().map(|(_, i)| i.summary.clone()).collect();
        let blocked = self.blocked.keys();
        open.extend(blocked.filter_map(|key| self.store.summary(*key).ok().flatten()));
        self.subscribers.begin(&open);
    }

    fn forget_if_closed(&mut self, key: InstanceKey) {
        let Some(instance) = self.instances.get(&key).filter(|i| i.is_closed()) else {
            return;
        };
        let summary = instance.summary.clone();
        let instance = self.instances.remove(&key);
        let code = instance.and_then(|instance| instance.into_code());
        self.stale.extend(code.filter(|code| !code.is_here()));
        if self.ids.get(&summary.id) == Some(&key) {
            self.ids.remove(&summary.id);
        }
        // What continues as new has not ended.
        if summary.status != Status::ContinuedAsNew {
            self.ended.push_back(summary.id.clone());
            self.tell_awaiting(&summary);
            self.subscribers.closed(key, &summary);
        }
    }
}
