//! The worker: the engine's only thread and the store's only writer.
//!
//! One iteration: receive a request, drain the queue, run the turns, commit **once**, and only then
//! start activities, answer callers and publish to subscribers. Nothing becomes visible before its
//! cause is durable; under load, commits batch automatically. While the store is not writable,
//! finished work is kept in memory and nothing new starts.
//!
//! | file | purpose |
//! |---|---|
//! | this one | the loop |
//! | `state` | the worker's state |
//! | `start`, `recovery`, `recovery_queue`, `unrecovered` | starting and recovering instances |
//! | `requests`, `commands`, `purge` | requests from callers |
//! | `deliver`, `outbox` | messages between instances |
//! | `turns` | running workflow code |
//! | `blocked`, `detached`, `watchdog`, `thread` | workflow code that does not return |
//! | `attempts` | activity attempts |
//! | `timers`, `deadlines`, `schedules` | what is due |
//! | `commit`, `outcome`, `uncommitted`, `subscribers` | commits and what follows them |

mod attempts;
mod blocked;
mod commands;
mod commit;
mod deadlines;
mod deliver;
mod detached;
mod outbox;
mod outcome;
mod purge;
mod purge_queue;
mod recovery;
mod recovery_queue;
mod reload;
mod requests;
mod schedules;
mod start;
mod state;
mod subscribers;
mod thread;
mod timers;
mod turns;
mod uncommitted;
mod unrecovered;
mod watchdog;

use std::{io, sync::atomic::Ordering::Relaxed, thread::ThreadId};

use tokio::{sync::oneshot, time::Instant};

use self::{
    outcome::CommitRetry,
    state::{Drain, MAX_PER_COMMIT, Next, Watchdog},
};
use super::{Batch, CleanClose, lease::NotCommitted, request::Request};

pub(super) use state::{Worker, WorkerDeps};
pub(super) use thread::{THREAD, runtime};

/// Continues an engine on the current thread after workflow code has blocked another one.
fn continue_here(watchdog: &Watchdog, turn: u64) {
    let Ok(runtime) = runtime() else {
        return;
    };
    let Some(parked) = watchdog.take_over(turn) else {
        return;
    };
    let mut worker = *parked.worker;
    worker.take_over_without(parked.instance, parked.thread);
    runtime.block_on(worker.run());
}

impl Worker {
    /// Starts a watchdog for the workflow code of this engine.
    pub fn watched(self) -> io::Result<Self> {
        Ok(self.watched_by(Watchdog::start(continue_here)?))
    }

    /// Runs until the last handle is dropped, a caller stops it, it has drained, or its store is
    /// lost.
    pub async fn run(mut self) {
        let stopped = loop {
            if !self.rejoin() || !self.recover() {
                return;
            }
            if self.is_detached() {
                continue;
            }
            self.deliver();
            self.turn_waiting_schedules();
            self.start_ready();
            if self.is_detached() {
                continue;
            }
            self.purge_slice();
            if let Next::Stop(stopped) = self.commit(CommitRetry::UntilWritten).await {
                break stopped;
            }
            if self.has_drained() {
                self.mark_drained();
                break self.drain.take().map(|drain| drain.done);
            }
            match self.receive_requests().await {
                Next::Continue => {}
                Next::HandOver(thread) => return self.hand_over(thread),
                Next::Stop(stopped) => break stopped,
            }
        };
        for instance in self.instances.values() {
            instance.abort_activities();
        }
        // The store must be free before the stop is reported.
        drop(self);
        if let Some(stopped) = stopped {
            // The caller may have stopped waiting.
            let _ = stopped.send(());
        }
    }

    /// Ends this thread and gives the worker to another one.
    fn hand_over(self, to: ThreadId) {
        if let Some(watchdog) = self.watchdog.clone() {
            watchdog.hand_over(to, Box::new(self));
        }
    }

    /// Waits for work, then handles everything that is queued.
    async fn receive_requests(&mut self) -> Next {
        let at_once = self.outbox.has_work(|message| self.has_to_wait(message))
            || !self.ended.is_empty()
            || !self.backlog.is_empty()
            || !self.dirty.is_empty()
            || !self.purges.is_empty();
        if at_once {
            // Activities may share the thread.
            tokio::task::yield_now().await;
        } else {
            let request = match self.next_deadline() {
                None => self.inbox.recv().await,
                Some(moment) => {
                    tokio::select! {
                        biased;
                        request = self.inbox.recv() => request,
                        () = tokio::time::sleep_until(moment) => {
                            self.fire_due();
                            return Next::Continue;
                        }
                    }
                }
            };
            let Some(request) = request else {
                return Next::Stop(None);
            };
            match self.handle(request) {
                Next::Continue => {}
                Next::Stop(stopped) => return self.last_commit(stopped).await,
                next => return next,
            }
        }
        for _ in 1..MAX_PER_COMMIT {
            if self.is_detached() {
                return Next::Continue;
            }
            let next = self.backlog.pop_front();
            let Some(request) = next.or_else(|| self.inbox.try_recv().ok()) else {
                break;
            };
            match self.handle(request) {
                Next::Continue => {}
                Next::Stop(stopped) => return self.last_commit(stopped).await,
                next => return next,
            }
        }
        if !self.is_detached() {
            self.gauges.queue.store(self.inbox.len() as u64, Relaxed);
            self.fire_due();
        }
        Next::Continue
    }

    /// Commits what was handled before a stop, with the mark that attempts in flight were dropped
    /// on purpose.
    async fn last_commit(&mut self, stopped: Option<oneshot::Sender<()>>) -> Next {
        self.deliver();
        if self.is_detached() {
            // Stop once the code has returned.
            if let Some(stopped) = stopped {
                self.defer(|worker| worker.backlog.push_front(Request::Stop(stopped)));
            }
            return Next::Continue;
        }
        self.batch.clean = self.clean_mark(CleanClose::Stopped);
        self.commit(CommitRetry::Never).await;
        Next::Stop(stopped)
    }

    fn handle(&mut self, request: Request) -> Next {
        let Some(request) = self.queue_if_blocked(request) else {
            return Next::Continue;
        };
        let now = self.clock.now();
        self.gauges.turns.fetch_add(1, Relaxed);
        match request {
            Request::AttemptEnded {
                key,
                scheduled,
                attempt,
                name,
                result,
            } => {
                self.in_flight = self.in_flight.saturating_sub(1);
                self.slots.release(&name);
                if let Some(result) = result {
                    self.turn(key, |instance| {
                        instance.activity_ended(now, scheduled, attempt, result);
                    });
                }
                self.assign_slots(now);
            }
            Request::Heartbeat {
                key,
                scheduled,
                attempt,
                details,
            } => {
                self.turn(key, |instance| {
                    instance.heartbeat(now, scheduled, attempt, details);
                });
            }
            Request::TurnEnded {
                key,
                ticket,
                answer,
            } => {
                self.turn(key, |instance| instance.turn_ended(now, ticket, answer));
            }
            Request::ForeignWake(key) => {
                self.turn(key, |instance| instance.woken_from_outside(now));
            }
            Request::Subscribe(subscription) => self.subscribers.add(subscription),
            Request::Shutdown(grace, done) => {
                self.slots.close();
                let until = Instant::now() + grace;
                self.drain = Some(Drain { until, done });
            }
            Request::Stop(stopped) => return Next::Stop(Some(stopped)),
            Request::ReturnWorker(thread) => return Next::HandOver(thread),
            request => self.answer_request(now, request),
        }
        Next::Continue
    }

    fn has_drained(&self) -> bool {
        let Some(drain) = &self.drain else {
            return false;
        };
        let drained = self.in_flight == 0
            && !self.outbox.has_work(|message| self.has_to_wait(message))
            && self.blocked.is_empty();
        drained || Instant::now() >= drain.until
    }

    /// How the engine leaves the store, unless unrecovered instances have crashed attempts.
    fn clean_mark(&self, clean: CleanClose) -> Option<CleanClose> {
        (!self.unrecovered.crashed()).then_some(clean)
    }

    /// Records that the engine has drained.
    fn mark_drained(&mut self) {
        let clean = match self.in_flight {
            0 => CleanClose::Yes,
            _ => CleanClose::Stopped,
        };
        let batch = Batch {
            clean: self.clean_mark(clean),
            ..Batch::default()
        };
        // Without the mark the next start only takes longer.
        if let Err(NotCommitted::Store(error)) = self.lease.commit(&batch) {
            self.gauges.set_trouble(Some(error));
        }
    }
}
