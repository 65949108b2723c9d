//! Workflow code that does not return holds up its own instance, not the engine.
//!
//! While workflow code runs, the worker is parked here. If the code takes longer than [`LIMIT`], the
//! watchdog starts another thread that takes the worker over and goes on with all other instances.
//! When the code returns, its thread asks for the worker and is given it back; the other thread ends.
//! The watchdog sleeps while no code runs.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use super::Worker;
use crate::engine::{InstanceId, InstanceKey, metrics::BLOCKED as LIMIT};

/// The name of the threads that an engine works on.
pub(in crate::engine) const THREAD: &str = "fermata-engine";

/// Watches the workflow code of one engine. Clones watch the same engine.
#[derive(Clone)]
pub(in crate::engine) struct Watchdog(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// For the watchdog: there is something to watch.
    watch: Condvar,
    /// For threads that wait for the worker.
    given_back: Condvar,
}

#[derive(Default)]
struct State {
    parked: Option<Parked>,
    /// How often a worker was parked.
    turns: u64,
    /// The watchdog knows that code runs.
    is_watching: bool,
    given_back: Option<(ThreadId, Box<Worker>)>,
    is_over: bool,
}

/// A worker whose thread runs workflow code.
struct Parked {
    worker: Box<Worker>,
    thread: ThreadId,
    instance: (InstanceKey, InstanceId),
    since: Instant,
}

impl Watchdog {
    /// Starts the thread that watches.
    pub fn start() -> io::Result<Self> {
        let watchdog = Self(Arc::new(Shared {
            state: Mutex::default(),
            watch: Condvar::new(),
            given_back: Condvar::new(),
        }));
        let watching = watchdog.clone();
        thread::Builder::new()
            .name("fermata-watchdog".into())
            .spawn(move || watching.watch())?;
        Ok(watchdog)
    }

    /// Keeps the worker while code of an instance runs on the present thread.
    pub fn park(&self, worker: Box<Worker>, key: InstanceKey, id: InstanceId) {
        let mut state = self.state();
        state.turns += 1;
        state.parked = Some(Parked {
            worker,
            thread: thread::current().id(),
            instance: (key, id),
            since: Instant::now(),
        });
        if !state.is_watching {
            self.0.watch.notify_one();
        }
    }

    /// The worker that the present thread has parked; `None` if another thread has taken it over.
    pub fn unpark(&self) -> Option<Box<Worker>> {
        let me = thread::current().id();
        let mut state = self.state();
        let parked = state.parked.take_if(|parked| parked.thread == me);
        parked.map(|parked| parked.worker)
    }

    /// Gives the worker to a thread that waits for it.
    pub fn give_back(&self, to: ThreadId, worker: Box<Worker>) {
        self.state().given_back = Some((to, worker));
        self.0.given_back.notify_all();
    }

    /// Waits until the worker is given to the present thread; `None`: the engine has ended.
    pub fn wait_for_worker(&self) -> Option<Box<Worker>> {
        let me = thread::current().id();
        let mut state = self.state();
        loop {
            if let Some((_, worker)) = state.given_back.take_if(|(to, _)| *to == me) {
                return Some(worker);
            }
            if state.is_over {
                return None;
            }
            let waited = self.0.given_back.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The engine has ended.
    pub fn end(&self) {
        self.state().is_over = true;
        self.0.watch.notify_all();
        self.0.given_back.notify_all();
    }

    fn watch(&self) {
        let mut state = self.state();
        while !state.is_over {
            state.is_watching = state.parked.is_some();
            let left = state.parked.as_ref();
            let left = left.map(|parked| LIMIT.saturating_sub(parked.since.elapsed()));
            state = match left {
                None => {
                    let waited = self.0.watch.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
                Some(Duration::ZERO) => {
                    self.start_thread(state.turns);
                    // It takes the worker, or the code returns meanwhile; else it is tried again.
                    self.wait(state, LIMIT)
                }
                Some(left) => self.wait(state, left),
            };
        }
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
        let waited = self.0.watch.wait_timeout(state, time);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Starts a thread that takes the worker over if it is still parked for the same turn.
    fn start_thread(&self, turn: u64) {
        let watchdog = self.clone();
        let started = thread::Builder::new().name(THREAD.into());
        // Without another thread the engine waits for the code.
        let _ = started.spawn(move || {
            let Ok(runtime) = super::runtime() else {
                return;
            };
            let Some(parked) = watchdog.take_over(turn) else {
                return;
            };
            let mut worker = *parked.worker;
            worker.begin_without(parked.instance, parked.thread);
            runtime.block_on(worker.run());
        });
    }

    fn take_over(&self, turn: u64) -> Option<Parked> {
        let mut state = self.state();
        match state.turns == turn && !state.is_over {
            true => state.parked.take(),
            false => None,
        }
    }

    /// Nothing that is done under the lock can leave it half-done.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
