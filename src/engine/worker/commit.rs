//! One commit for all turns of an iteration; their side effects follow it.

use std::{collections::BTreeSet, sync::atomic::Ordering::Relaxed, time::Duration};

use tokio::time::Instant;

use super::{
    outcome::{CommitRetry, Outcome},
    state::{Next, Worker},
};
use crate::engine::{
    Batch, Committed, EngineError, EventKind, InstanceKey, Status, StoreError, lease::NotCommitted,
    reply::Reply, request::Request,
};

/// The delay before a failed commit is retried.
const MIN_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(1);

impl Worker {
    /// Answers a caller after the commit.
    pub(super) fn answer<T: Send + 'static>(
        &mut self,
        reply: Reply<T>,
        result: Result<T, EngineError>,
    ) {
        self.answers.push(Box::new(move |outcome| {
            let result = match outcome {
                Outcome::Delayed(error) if result.is_ok() => {
                    Err(EngineError::NotDurable(error.clone()))
                }
                Outcome::Failed(error) if result.is_ok() => Err(EngineError::Store(error.clone())),
                _ => result,
            };
            // The caller may have stopped waiting.
            let _ = reply.send(result);
        }));
    }

    fn answer_all(&mut self, outcome: Outcome<'_>) {
        for answer in self.answers.drain(..) {
            answer(outcome);
        }
    }

    /// Commits all changes, then executes side effects, answers callers and publishes.
    pub(super) async fn commit(&mut self, retry: CommitRetry) -> Next {
        let dirty = std::mem::take(&mut self.dirty);
        self.next_runs = 0;
        let batch = self.collect(&dirty);
        if !batch.is_empty()
            && let Next::Stop(stopped) = self.write(&batch, retry).await
        {
            return Next::Stop(stopped);
        }
        self.purges.committed();
        for key in &dirty {
            self.apply_effects(*key);
        }
        self.assign_slots(self.now());
        self.answer_all(Outcome::Committed);
        self.publish(batch, &dirty);
        for key in dirty {
            self.forget_if_closed(key);
        }
        if self.subscribers.has_new() {
            self.serve_subscriptions();
        }
        self.gauges.in_flight.store(self.in_flight, Relaxed);
        let waiting = self.slots.waiting() as u64;
        self.gauges.waiting.store(waiting, Relaxed);
        let open = self.instances.len() + self.blocked.len();
        self.gauges.open.store(open as u64, Relaxed);
        Next::Continue
    }

    /// Writes a batch, with retries as requested.
    async fn write(&mut self, batch: &Batch, retry: CommitRetry) -> Next {
        match self.commit_batch(batch) {
            Ok(()) => Next::Continue,
            // Another engine may own the store now: dropping the answers reports that this one has
            // stopped.
            Err(NotCommitted::Revoked) => {
                self.answers.clear();
                Next::Stop(None)
            }
            Err(NotCommitted::Store(error)) if error.is_final() => self.give_up(error),
            Err(NotCommitted::Store(error)) if retry == CommitRetry::Never => {
                self.answer_all(Outcome::Failed(&error));
                Next::Stop(None)
            }
            Err(NotCommitted::Store(error)) => self.retry_until_written(batch, error).await,
        }
    }

    /// Commits a batch once.
    fn commit_batch(&self, batch: &Batch) -> Result<(), NotCommitted> {
        let begun = std::time::Instant::now();
        let events = batch.histories.iter().map(|(_, events)| events.len());
        let events = events.sum();
        let span = tracing::debug_span!("commit", events, summaries = batch.summaries.len());
        let _entered = span.enter();
        self.lease.commit(batch)?;
        let elapsed = begun.elapsed();
        self.gauges.committed(elapsed, events);
        tracing::debug!(?elapsed, "committed");
        if tracing::enabled!(tracing::Level::WARN) {
            warn_of_stalls(batch);
        }
        Ok(())
    }

    /// Stops the engine after a final error.
    fn give_up(&mut self, error: StoreError) -> Next {
        tracing::error!(%error, "the engine stops");
        self.answer_all(Outcome::Failed(&error));
        self.gauges.set_trouble(Some(error));
        Next::Stop(None)
    }

    fn collect(&mut self, dirty: &BTreeSet<InstanceKey>) -> Batch {
        let mut batch = std::mem::take(&mut self.batch);
        batch.histories.reserve(dirty.len());
        batch.summaries.reserve(dirty.len());
        for key in dirty {
            if let Some(instance) = self.instances.get_mut(key) {
                self.timers.arm(*key, instance.take_armed());
                match self.uncommitted.get_mut(key) {
                    Some(uncommitted) => uncommitted.take(instance),
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
            if let Some(uncommitted) = self.uncommitted.get_mut(key) {
                let summary = uncommitted.summary.clone();
                batch
                    .summaries
                    .extend(summary.map(|summary| (*key, summary)));
                let events = std::mem::take(&mut uncommitted.events);
                if !events.is_empty() {
                    batch.histories.push((*key, events));
                }
            }
        }
        self.outbox.store(&mut batch);
        batch
    }

    /// Retries until the store is writable; no side effects are executed meanwhile.
    async fn retry_until_written(&mut self, batch: &Batch, error: StoreError) -> Next {
        let mut error = error;
        let mut pause = MIN_PAUSE;
        loop {
            tracing::warn!(%error, "the commit is retried");
            self.answer_all(Outcome::Delayed(&error));
            self.gauges.set_trouble(Some(error.clone()));
            if let Next::Stop(stopped) = self.wait_for_retry(Instant::now() + pause, &error).await {
                return Next::Stop(stopped);
            }
            pause = (pause * 2).min(MAX_PAUSE);
            match self.commit_batch(batch) {
                Ok(()) => break,
                Err(NotCommitted::Revoked) => return Next::Stop(None),
                Err(NotCommitted::Store(again)) if again.is_final() => return self.give_up(again),
                Err(NotCommitted::Store(again)) => error = again,
            }
        }
        self.gauges.set_trouble(None);
        Next::Continue
    }

    /// Rejects callers' requests and queues everything else until the next retry.
    async fn wait_for_retry(&mut self, until: Instant, error: &StoreError) -> Next {
        loop {
            tokio::select! {
                biased;
                request = self.inbox.recv() => match request {
                    Some(Request::Stop(stopped) | Request::Shutdown(_, stopped)) => {
                        return Next::Stop(Some(stopped));
                    }
                    Some(request) => self.backlog.extend(request.reject(error)),
                    None => return Next::Stop(None),
                },
                () = tokio::time::sleep_until(until) => return Next::Continue,
            }
        }
    }

    fn publish(&mut self, batch: Batch, dirty: &BTreeSet<InstanceKey>) {
        let mut histories = batch.histories.into_iter().peekable();
        for key in dirty {
            let mine = histories.next_if(|(of, _)| of == key);
            let events = mine.map(|(_, events)| events).unwrap_or_default();
            let mut uncommitted = self.uncommitted.remove(key).unwrap_or_default();
            if let Some(instance) = self.instances.get_mut(key) {
                uncommitted
                    .annotations
                    .append(&mut instance.take_annotations());
                uncommitted.log.append(&mut instance.take_log());
                if self.subscribers.is_empty() {
                    continue;
                }
                uncommitted.summary = Some(instance.summary.clone());
            }
            if let Some(instance) = uncommitted.summary {
                self.subscribers.publish(Committed {
                    instance,
                    events,
                    annotations: uncommitted.annotations,
                    log: uncommitted.log,
                });
            }
        }
    }

    fn serve_subscriptions(&mut self) {
        let mut open: Vec<_> = self.instances.iter().collect();
        open.sort_by_key(|(key, _)| **key);
        let mut open: Vec<_> = open.into_iter().map(|(_, i)| i.summary.clone()).collect();
        let blocked = self.blocked.keys();
        open.extend(blocked.filter_map(|key| self.store.summary(*key).ok().flatten()));
        self.subscribers.serve(&open);
    }

    fn forget_if_closed(&mut self, key: InstanceKey) {
        if !self
            .instances
            .get(&key)
            .is_some_and(|instance| instance.is_closed())
        {
            return;
        }
        let Some(instance) = self.instances.remove(&key) else {
            return;
        };
        let (summary, code) = instance.into_parts();
        self.stale.extend(code.filter(|code| !code.is_here()));
        if self.ids.get(&summary.id) == Some(&key) {
            self.ids.remove(&summary.id);
        }
        // A run that continued as new does not close the instance.
        if summary.status != Status::ContinuedAsNew {
            self.notify_waiters(&summary);
            self.subscribers.closed(key, &summary);
            self.ended.push_back(summary.id);
        }
    }
}

fn warn_of_stalls(batch: &Batch) {
    for event in batch.histories.iter().flat_map(|(_, events)| events) {
        if let EventKind::ExecutionStalled { reason } = &event.kind {
            tracing::warn!(reason, "an instance is stalled");
        }
    }
}
