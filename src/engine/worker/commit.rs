//! One commit for everything that the turns brought; only then it is let out.

use std::{
    cmp::Reverse, collections::BTreeSet, sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration,
};

use tokio::{sync::mpsc, time::Instant};

use super::{Next, Worker};
use crate::engine::{
    Batch, Committed, EngineError, Event, InstanceKey, InstanceSummary, Payload, PostId, Status,
    StoreError,
    message::{Message, Reply, Subscription},
};

/// How long the engine waits before it tries again to write to a store that refused.
const SHORTEST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What becomes of a commit that the store refuses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// It is tried until it is done.
    Endless,
    /// It is left: the engine stops.
    None,
}

impl Worker {
    /// Answers a caller once the commit is done.
    pub(super) fn answer<T: Send + 'static>(
        &mut self,
        reply: Reply<T>,
        result: Result<T, EngineError>,
    ) {
        self.answers.push(Box::new(move |held| {
            let result = match held {
                Some(error) if result.is_ok() && error.is_final() => Err(error.clone().into()),
                Some(error) if result.is_ok() => Err(EngineError::Held(error.clone())),
                _ => result,
            };
            // A caller that no longer waits needs no answer.
            let _ = reply.send(result);
        }));
    }

    /// Makes everything durable that the turns brought, then lets it out.
    pub(super) async fn commit(&mut self, patience: Patience) -> Next {
        let touched = std::mem::take(&mut self.touched);
        let batch = self.collect(&touched);
        if !batch.is_empty() {
            let begun = std::time::Instant::now();
            match self.store.commit(&batch) {
                Ok(()) => {
                    let events = batch.histories.iter().map(|(_, events)| events.len());
                    self.gauges.committed(begun.elapsed(), events.sum());
                }
                Err(error) if patience == Patience::None => {
                    // What was not committed never happened.
                    for answer in self.answers.drain(..) {
                        answer(Some(&error));
                    }
                    return Next::Stop(None);
                }
                Err(error) => {
                    if let Next::Stop(stopped) = self.hold(&batch, error).await {
                        return Next::Stop(stopped);
                    }
                }
            }
        }
        for key in &touched {
            self.act(*key);
        }
        self.give_places(self.clock.now());
        for answer in self.answers.drain(..) {
            answer(None);
        }
        self.publish(batch, &touched);
        for key in touched {
            self.forget_if_closed(key);
        }
        for subscription in std::mem::take(&mut self.subscriptions) {
            self.subscribe(subscription);
        }
        self.gauges.in_flight.store(self.under_way, Relaxed);
        self.gauges
            .waiting
            .store(self.places.waiting() as u64, Relaxed);
        self.gauges.open.store(self.instances.len() as u64, Relaxed);
        Next::GoOn
    }

    fn collect(&mut self, touched: &BTreeSet<InstanceKey>) -> Batch {
        let mut batch = std::mem::take(&mut self.batch);
        for key in touched {
            let Some(instance) = self.instances.get_mut(key) else {
                continue;
            };
            let armed = instance.take_armed().into_iter();
            self.deadlines
                .extend(armed.map(|(due, id)| Reverse((due, *key, id))));
            if instance.take_summary_changed() {
                batch.summaries.push((*key, instance.summary.clone()));
            }
            let fresh = instance.take_fresh();
            if !fresh.is_empty() {
                batch.histories.push((*key, fresh));
            }
        }
        for (posted, delivery) in &mut self.mail {
            // What cannot be written as JSON cannot be made: its parts came as JSON.
            if posted.is_none()
                && let Ok(payload) = Payload::encode(delivery)
            {
                batch.posted.push((self.next_post, payload));
                *posted = Some(self.next_post);
                self.next_post = PostId(self.next_post.0 + 1);
            }
        }
        batch
    }

    /// The store cannot be written: nothing leaves, nothing new is taken up, until it can. Where it
    /// never can, the engine stops.
    async fn hold(&mut self, batch: &Batch, error: StoreError) -> Next {
        let mut error = error;
        let mut pause = SHORTEST_PAUSE;
        loop {
            for answer in self.answers.drain(..) {
                answer(Some(&error));
            }
            self.gauges.set_trouble(Some(error.clone()));
            if error.is_final() {
                return Next::Stop(None);
            }
            if let Next::Stop(stopped) = self.wait_it_out(Instant::now() + pause, &error).await {
                return Next::Stop(stopped);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
            match self.store.commit(batch) {
                Ok(()) => break,
                Err(again) => error = again,
            }
        }
        self.gauges.set_trouble(None);
        Next::GoOn
    }

    /// Refuses what is asked, keeps what happens, until it is time to try again.
    async fn wait_it_out(&mut self, until: Instant, error: &StoreError) -> Next {
        loop {
            tokio::select! {
                biased;
                message = self.inbox.recv() => match message {
                    Some(Message::Ask(ask)) => ask.refuse(error),
                    Some(Message::Stop(stopped) | Message::Shutdown(_, stopped)) => {
                        return Next::Stop(Some(stopped));
                    }
                    Some(message) => self.kept.push_back(message),
                    None => return Next::Stop(None),
                },
                () = tokio::time::sleep_until(until) => return Next::GoOn,
            }
        }
    }

    fn publish(&mut self, batch: Batch, touched: &BTreeSet<InstanceKey>) {
        let mut histories = batch.histories.into_iter().peekable();
        for key in touched {
            let mine = histories.next_if(|(of, _)| of == key);
            let events = mine.map(|(_, events)| events).unwrap_or_default();
            let Some(instance) = self.instances.get_mut(key) else {
                continue;
            };
            let annotations = instance.take_annotations();
            if self.subscribers.is_empty() {
                continue;
            }
            let committed = committed(&instance.summary, events, annotations);
            self.subscribers
                .retain(|subscriber| subscriber.send(Arc::clone(&committed)).is_ok());
        }
    }

    fn subscribe(&mut self, subscription: Subscription) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let mut open: Vec<_> = self.instances.iter().collect();
        open.sort_by_key(|(key, _)| **key);
        let summaries = open.into_iter().map(|(_, i)| i.summary.clone()).collect();
        if subscription.send((summaries, receiver)).is_ok() {
            self.subscribers.push(sender);
        }
    }

    fn forget_if_closed(&mut self, key: InstanceKey) {
        let Some(instance) = self.instances.get(&key).filter(|i| i.is_closed()) else {
            return;
        };
        let summary = instance.summary.clone();
        self.instances.remove(&key);
        self.schedule_of(self.clock.now(), &summary.id);
        if self.ids.get(&summary.id) == Some(&key) {
            self.ids.remove(&summary.id);
        }
        if summary.status != Status::ContinuedAsNew {
            for waiter in self.waiters.remove(&key).into_iter().flatten() {
                // A caller that no longer waits needs no answer.
                let _ = waiter.send(Ok(summary.clone()));
            }
        }
    }
}

fn committed(
    instance: &InstanceSummary,
    events: Vec<Event>,
    annotations: Vec<Payload>,
) -> Arc<Committed> {
    Arc::new(Committed {
        instance: instance.clone(),
        events,
        annotations,
    })
}
