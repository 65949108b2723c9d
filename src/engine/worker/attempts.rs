//! Spawns and cancels activity attempts.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
};
use tracing::Instrument;

use super::state::Worker;
use crate::engine::{
    ActivityContext, EventId, Failure, InstanceKey, Payload, RemoteActivity, RemoteNumber,
    Timestamp, Turn,
    activity::{self, ActivityFn, ActivityResult, Signal},
    instance::{Attempt, AttemptStart, Effect},
    request::Request,
};

/// Reports the result of an attempt to the engine when it is dropped, also if the attempt itself
/// was dropped. Does nothing once the last handle of the engine is gone.
struct Report {
    results: mpsc::WeakUnboundedSender<Request>,
    key: InstanceKey,
    scheduled: EventId,
    attempt: u32,
    name: Arc<str>,
    result: Option<ActivityResult>,
}

impl Report {
    /// Sets the result; dropping sends it.
    fn done(mut self, result: ActivityResult) {
        self.result = Some(result);
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let Some(results) = self.results.upgrade() else {
            return;
        };
        // The engine may have stopped.
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
    /// Assigns free slots to queued activities.
    pub(super) fn assign_slots(&mut self, now: Timestamp) {
        while let Some((key, scheduled)) = self.slots.next() {
            if self.queue_slot(key, scheduled) {
                continue;
            }
            self.ensure_local(key);
            if let Some(instance) = self.instances.get_mut(&key)
                && instance.slot_available(scheduled)
            {
                instance.start_ready(now, &mut self.slots);
                self.dirty.insert(key);
            }
        }
    }

    /// Assigns slots that became available while the instance was blocked.
    pub(super) fn assign_queued_slots(&mut self, key: InstanceKey, scheduled: Vec<EventId>) {
        let now = self.now();
        let Some(instance) = self.instances.get_mut(&key) else {
            return;
        };
        for scheduled in scheduled {
            if instance.slot_available(scheduled) {
                instance.start_ready(now, &mut self.slots);
            }
        }
    }

    /// Executes the side effects of an instance after their cause has been committed.
    pub(super) fn apply_effects(&mut self, key: InstanceKey) {
        let Some(instance) = self.instances.get_mut(&key) else {
            return;
        };
        let starts = instance.take_starts();
        for effect in instance.take_effects() {
            match effect {
                Effect::CancelAttempt(attempt) => stop(&self.activities, attempt),
                Effect::ReleaseSlot { name } => self.slots.release(&name),
                Effect::NotifySuspended => instance.signal(Signal::Suspended),
                Effect::NotifyResumed => instance.signal(Signal::Running),
            }
        }
        for start in starts {
            self.start_attempt(key, start);
        }
        self.begin_turn(key);
    }

    fn start_attempt(&mut self, key: InstanceKey, start: AttemptStart) {
        let registered = self.registry.find_activity(&start.name);
        let grace = registered.map(|known| known.options.grace);
        let remote = self.registry.remote_workers().cloned();
        let number = self.remote_number(key, start.scheduled);
        let function = start.function.clone();
        let function = function.or_else(|| registered.map(|known| known.function.clone()));
        let function = function.unwrap_or_else(|| unregistered(&start.name));
        let (signal, signalled) = watch::channel(Signal::Running);
        let Some(context) = self.activity_context(key, &start, signalled) else {
            return;
        };
        let (scheduled, attempt) = (start.scheduled, start.attempt);
        let span = tracing::debug_span!(
            "activity",
            name = %start.name,
            instance = %context.instance(),
            scheduled = scheduled.0,
            attempt,
        );
        let report = Report {
            results: self.results.clone(),
            key,
            scheduled,
            attempt,
            name: start.name,
            result: None,
        };
        let run = async move {
            let name = Arc::clone(&report.name);
            let result = match remote.zip(number) {
                Some((workers, number)) => {
                    let (name, input) = (Arc::clone(&name), start.input);
                    let activity = RemoteActivity {
                        context,
                        name,
                        input,
                        number,
                    };
                    workers.activity(activity).await
                }
                None => activity::attempt(function, &name, context, start.input).await,
            };
            match &result {
                Ok(_) => tracing::debug!("attempt completed"),
                Err(error) => tracing::info!(%error, "attempt failed"),
            }
            report.done(result);
        };
        let task = self.activities.spawn(run.instrument(span));
        self.in_flight += 1;
        self.gauges.activities.fetch_add(1, Relaxed);
        let grace = grace.unwrap_or_default();
        if let Some(instance) = self.instances.get_mut(&key) {
            instance.attempt_spawned(scheduled, Attempt::new(signal, task.abort_handle(), grace));
        }
    }

    /// The number that a worker gave to an activity; `None` if it runs in this process.
    fn remote_number(&self, key: InstanceKey, scheduled: EventId) -> Option<RemoteNumber> {
        let instance = self.instances.get(&key)?;
        let is_remote = instance.is_remote();
        is_remote.then(|| instance.remote_number(scheduled))
    }

    /// Hands out the turn of a remote instance that is due.
    fn begin_turn(&mut self, key: InstanceKey) {
        let Some(workers) = self.registry.remote_workers().cloned() else {
            return;
        };
        let Some(instance) = self.instances.get_mut(&key) else {
            return;
        };
        let Some(ticket) = instance.begin_turn() else {
            return;
        };
        let turn = Turn {
            instance: instance.summary.id.clone(),
            run: instance.summary.run,
        };
        let results = self.results.clone();
        let task = self.activities.spawn(async move {
            let answer = workers.turn(turn).await;
            if let Some(results) = results.upgrade() {
                // The engine may have stopped.
                let _ = results.send(Request::TurnEnded {
                    key,
                    ticket,
                    answer,
                });
            }
        });
        instance.turn_spawned(ticket, task.abort_handle());
    }

    fn activity_context(
        &self,
        key: InstanceKey,
        start: &AttemptStart,
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
                    // The engine may have stopped.
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

/// The function of an activity that is no longer registered.
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
