//! Attempts of activities, in the world.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
};

use super::Worker;
use crate::engine::{
    ActivityContext, EventId, Failure, InstanceKey, Payload, Timestamp,
    activity::{self, ActivityFn, ActivityResult, Signal},
    instance::{Attempt, Effect, Start},
    request::Request,
};

/// Brings the end of an attempt to the engine, also when the attempt is dropped. An engine whose last
/// handle was dropped gets nothing more.
struct Report {
    results: mpsc::WeakUnboundedSender<Request>,
    key: InstanceKey,
    scheduled: EventId,
    attempt: u32,
    name: Arc<str>,
    result: Option<ActivityResult>,
}

impl Report {
    /// The attempt is over; dropping sends.
    fn done(mut self, result: ActivityResult) {
        self.result = Some(result);
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let Some(results) = self.results.upgrade() else {
            return;
        };
        // An engine that is gone needs no result.
        let _ = results.send(Request::AttemptEnded {
            key: self.key,
            scheduled: self.scheduled,
            attempt: self.attempt,
            name: Arc::clone(&self.name),
            result: self.result.take(),
        });
    }
}

impl Worker {
    /// Gives free slots to the activities that wait for one.
    pub(super) fn give_slots(&mut self, now: Timestamp) {
        while let Some((key, scheduled)) = self.slots.next() {
            if self.keep_place(key, scheduled) {
                continue;
            }
            self.bring_here(key);
            if let Some(instance) = self.instances.get_mut(&key)
                && instance.place_free(scheduled)
            {
                instance.start_ready(now, &mut self.slots);
                self.dirty.insert(key);
            }
        }
    }

    /// Gives places to activities of an instance for which they came while its code did not return.
    pub(super) fn free_places(&mut self, key: InstanceKey, scheduled: Vec<EventId>) {
        let now = self.now();
        let Some(instance) = self.instances.get_mut(&key) else {
            return;
        };
        for scheduled in scheduled {
            if instance.place_free(scheduled) {
                instance.start_ready(now, &mut self.slots);
            }
        }
    }

    /// What follows from the history in the world, now that it is durable.
    pub(super) fn act(&mut self, key: InstanceKey) {
        let Some(instance) = self.instances.get_mut(&key) else {
            return;
        };
        let starts = instance.take_starts();
        for effect in instance.take_effects() {
            match effect {
                Effect::Stop(attempt) => stop(&self.activities, attempt),
                Effect::GiveUp { name } => self.slots.leave(&name),
                Effect::Recall => instance.signal(Signal::Recalled),
                Effect::GoOn => instance.signal(Signal::GoOn),
            }
        }
        for start in starts {
            self.start_attempt(key, start);
        }
    }

    fn start_attempt(&mut self, key: InstanceKey, start: Start) {
        let registered = self.registry.find_activity(&start.name).cloned();
        let grace = registered.as_ref().map(|known| known.options.grace);
        let function = start.function.clone();
        let function = function.or_else(|| registered.map(|known| known.function.clone()));
        let function = function.unwrap_or_else(|| unregistered(&start.name));
        let (signal, signalled) = watch::channel(Signal::GoOn);
        let Some(context) = self.activity_context(key, &start, signalled) else {
            return;
        };
        let (scheduled, attempt) = (start.scheduled, start.attempt);
        let report = Report {
            results: self.results.clone(),
            key,
            scheduled,
            attempt,
            name: start.name.into(),
            result: None,
        };
        let task = self.activities.spawn(async move {
            let name = Arc::clone(&report.name);
            let result = activity::attempt(function, &name, context, start.input).await;
            report.done(result);
        });
        self.under_way += 1;
        self.gauges.activities.fetch_add(1, Relaxed);
        let grace = grace.unwrap_or_default();
        if let Some(instance) = self.instances.get_mut(&key) {
            instance.under_way(scheduled, Attempt::new(signal, task.abort_handle(), grace));
        }
    }

    fn activity_context(
        &self,
        key: InstanceKey,
        start: &Start,
        signal: watch::Receiver<Signal>,
    ) -> Option<ActivityContext> {
        let instance = self.instances.get(&key)?;
        let (scheduled, attempt) = (start.scheduled, start.attempt);
        let beats = self.results.clone();
        Some(ActivityContext {
            instance: instance.summary.id.clone(),
            run: instance.summary.run,
            scheduled,
            attempt,
            seed: instance.seed(),
            max_heartbeat: self.setup.limits.heartbeat,
            signal,
            heartbeat: start.heartbeat.clone(),
            beat: Arc::new(move |details: Payload| {
                if let Some(beats) = beats.upgrade() {
                    // An engine that is gone needs no heartbeat.
                    let _ = beats.send(Request::Heartbeat {
                        key,
                        scheduled,
                        attempt,
                        details,
                    });
                }
            }),
        })
    }
}

/// Stands in for an activity that was registered when it was asked for and is not any more.
fn unregistered(name: &str) -> ActivityFn {
    let message = format!("no activity is registered under the name {name:?}");
    Arc::new(move |_, _| {
        let failure = Failure::new(Failure::UNKNOWN, message.clone()).non_retryable();
        Box::pin(async move { Err(failure.into()) })
    })
}

fn stop(activities: &Handle, attempt: Attempt) {
    if attempt.abort.is_finished() {
        return;
    }
    attempt.signal.send_replace(Signal::Canceled);
    if attempt.grace.is_zero() {
        attempt.abort.abort();
        return;
    }
    activities.spawn(async move {
        tokio::time::sleep(attempt.grace).await;
        attempt.abort.abort();
    });
}
