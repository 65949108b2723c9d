//! The watchdog: workflow code that does not return blocks only its own instance.
//!
//! While workflow code runs, the worker is parked here. If the code takes longer than [`LIMIT`],
//! the watchdog starts another thread that takes the worker over and continues with all other
//! instances. When the code returns, its thread requests the worker and receives it; the other
//! thread ends. The watchdog sleeps while no code runs.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use super::thread::THREAD;
use crate::engine::{InstanceId, InstanceKey, metrics::BLOCKED as LIMIT};

/// Watches the workflow code of one engine. Clones watch the same engine.
pub(super) struct Watchdog<W>(Arc<Shared<W>>);

struct Shared<W> {
    state: Mutex<State<W>>,
    /// Runs on the new thread if workflow code is blocked; it takes the worker over.
    on_blocked: OnBlocked<W>,
    /// Wakes the watchdog.
    watch: Condvar,
    /// Wakes threads that wait for the worker.
    handed_over: Condvar,
}

struct State<W> {
    parked: Option<ParkedWorker<W>>,
    /// Counts the turns.
    turns: u64,
    /// The watchdog is not sleeping.
    is_watching: bool,
    handed_over: Option<(ThreadId, Box<W>)>,
    is_over: bool,
}

/// A worker whose thread runs workflow code.
pub(super) struct ParkedWorker<W> {
    pub worker: Box<W>,
    pub thread: ThreadId,
    pub instance: (InstanceKey, InstanceId),
    pub since: Instant,
}

/// Continues the engine on a new thread; the number identifies the blocked turn.
type OnBlocked<W> = fn(&Watchdog<W>, u64);

impl<W> Clone for Watchdog<W> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<W> Default for State<W> {
    fn default() -> Self {
        Self {
            parked: None,
            turns: 0,
            is_watching: false,
            handed_over: None,
            is_over: false,
        }
    }
}

impl<W: Send + 'static> Watchdog<W> {
    /// Starts the watchdog thread.
    pub fn start(on_blocked: OnBlocked<W>) -> io::Result<Self> {
        let watchdog = Self(Arc::new(Shared {
            state: Mutex::default(),
            on_blocked,
            watch: Condvar::new(),
            handed_over: Condvar::new(),
        }));
        let watching = watchdog.clone();
        thread::Builder::new()
            .name("fermata-watchdog".into())
            .spawn(move || watching.watch())?;
        Ok(watchdog)
    }

    /// Parks the worker while code of an instance runs on the current thread.
    pub fn park(&self, worker: Box<W>, key: InstanceKey, id: InstanceId) {
        let mut state = self.state();
        state.turns += 1;
        state.parked = Some(ParkedWorker {
            worker,
            thread: thread::current().id(),
            instance: (key, id),
            since: Instant::now(),
        });
        if !state.is_watching {
            self.0.watch.notify_one();
        }
    }

    /// Returns the worker that the current thread has parked; `None` if another thread has taken it
    /// over.
    pub fn unpark(&self) -> Option<Box<W>> {
        let me = thread::current().id();
        let mut state = self.state();
        let parked = state.parked.take_if(|parked| parked.thread == me);
        parked.map(|parked| parked.worker)
    }

    /// Gives the worker to a thread that waits for it.
    pub fn hand_over(&self, to: ThreadId, worker: Box<W>) {
        self.state().handed_over = Some((to, worker));
        self.0.handed_over.notify_all();
    }

    /// Waits until the worker is given to the current thread; `None`: the engine has stopped.
    pub fn wait_for_worker(&self) -> Option<Box<W>> {
        let me = thread::current().id();
        let mut state = self.state();
        loop {
            if let Some((_, worker)) = state.handed_over.take_if(|(to, _)| *to == me) {
                return Some(worker);
            }
            if state.is_over {
                return None;
            }
            let waited = self.0.handed_over.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The engine has stopped.
    pub fn end(&self) {
        self.state().is_over = true;
        self.0.watch.notify_all();
        self.0.handed_over.notify_all();
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
                    // Retried if neither the thread takes the worker nor the code returns.
                    self.wait(state, LIMIT)
                }
                Some(left) => self.wait(state, left),
            };
        }
    }

    fn wait<'a>(
        &'a self,
        state: MutexGuard<'a, State<W>>,
        time: Duration,
    ) -> MutexGuard<'a, State<W>> {
        let waited = self.0.watch.wait_timeout(state, time);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Starts a thread that takes the worker over if it is still parked for the same turn.
    fn start_thread(&self, turn: u64) {
        let watchdog = self.clone();
        let started = thread::Builder::new().name(THREAD.into());
        // If no thread can be started, the engine waits for the code.
        let _ = started.spawn(move || (watchdog.0.on_blocked)(&watchdog, turn));
    }

    /// Takes the worker if it is still parked for this turn.
    pub fn take_over(&self, turn: u64) -> Option<ParkedWorker<W>> {
        let mut state = self.state();
        match state.turns == turn && !state.is_over {
            true => state.parked.take(),
            false => None,
        }
    }

    /// No operation under the lock can leave the state inconsistent.
    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
