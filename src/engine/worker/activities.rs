//! Attempts of activities, in the world.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
};

use super::Worker;
use crate::engine::{
    ActivityContext, EventId, InstanceKey, Payload, Timestamp,
    activity::{self, ActivityResult, Signal},
    instance::{Attempt, Deed, Start},
    message::Message,
};

/// Brings the end of an attempt to the engine, also when the attempt is dropped.
struct Report {
    results: mpsc::UnboundedSender<Message>,
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
        // Without an engine there is nobody to bring the result to.
        let _ = self.results.send(Message::AttemptEnded {
            key: self.key,
            scheduled: self.scheduled,
            attempt: self.attempt,
            name: Arc::clone(&self.name),
            result: self.result.take(),
        });
    }
}

impl Worker {
    /// Gives free places to those that wait for one.
    pub(super) fn give_places(&mut self, now: Timestamp) {
        while let Some((key, scheduled)) = self.places.next() {
            if let Some(instance) = self.instances.get_mut(&key)
                && instance.place_free(scheduled)
            {
                instance.start_ready(now, &mut self.places);
                self.touched.insert(key);
            }
        }
    }

    /// What follows from the history in the world, now that it is durable.
    pub(super) fn act(&mut self, key: InstanceKey) {
        let Some(instance) = self.instances.get_mut(&key) else {
            return;
        };
        let starts = instance.take_starts();
        for deed in instance.take_deeds() {
            match deed {
                Deed::Stop(attempt) => stop(&self.activities, attempt),
                Deed::GiveUp { name } => self.places.leave(&name),
                Deed::Recall => instance.signal(Signal::Recalled),
                Deed::GoOn => instance.signal(Signal::GoOn),
            }
        }
        for start in starts {
            self.start_attempt(key, start);
        }
    }

    fn start_attempt(&mut self, key: InstanceKey, start: Start) {
        let Some(results) = self.results.upgrade() else {
            return;
        };
        let Some(instance) = self.instances.get_mut(&key) else {
            return;
        };
        let registered = self.registry.find_activity(&start.name).cloned();
        let grace = registered.as_ref().map(|known| known.options.grace);
        let (signal, signalled) = watch::channel(Signal::GoOn);
        let (scheduled, attempt) = (start.scheduled, start.attempt);
        let beats = results.downgrade();
        let context = ActivityContext {
            instance: instance.summary.id.clone(),
            run: instance.summary.run,
            scheduled,
            attempt,
            signal: signalled,
            heartbeat: start.heartbeat,
            beat: Arc::new(move |details: Payload| {
                if let Some(beats) = beats.upgrade() {
                    // Without an engine nobody listens.
                    let _ = beats.send(Message::Heartbeat {
                        key,
                        scheduled,
                        attempt,
                        details,
                    });
                }
            }),
        };
        let report = Report {
            results,
            key,
            scheduled,
            attempt,
            name: start.name.into(),
            result: None,
        };
        let task = self.activities.spawn(async move {
            let name = Arc::clone(&report.name);
            let result = activity::attempt(registered, &name, context, start.input).await;
            report.done(result);
        });
        self.under_way += 1;
        self.gauges.activities.fetch_add(1, Relaxed);
        let grace = grace.unwrap_or_default();
        instance.under_way(scheduled, Attempt::new(signal, task.abort_handle(), grace));
    }
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
