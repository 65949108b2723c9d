//! The state that the clones of a handle share.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::Thread,
};

use rtrb::Producer;
use tokio::sync::{Notify, watch};

use super::{
    Priority, command::TimedCommand, gauges::Gauges, port_gauges::PortGauges, thread::Threads,
};
use crate::music::{MusicError, Names, Nanos, PortId, Transport, clock::Clock};

/// The shared state of all handles.
pub(super) struct Shared {
    pub clock: Clock,
    pub names: Names,
    pub gauges: Arc<Gauges>,
    pub state: Mutex<HandleState>,
    pub transport: watch::Sender<Transport>,
    pub silence: Arc<Notify>,
    pub waker: Waker,
    pub priority: Priority,
    pub threads: Mutex<Option<Threads>>,
}

/// The part of it that handles change.
pub(super) struct HandleState {
    pub commands: Producer<TimedCommand>,
    pub transport: Transport,
    pub ports: Vec<PortEntry>,
    /// The time of the last panic.
    pub panicked: Option<Nanos>,
}

pub(super) struct PortEntry {
    pub id: PortId,
    pub name: String,
    pub gauges: Arc<PortGauges>,
}

/// Wakes the player for a new command.
pub(super) enum Waker {
    Thread(Thread),
    Task(Arc<Notify>),
}

impl HandleState {
    /// The port of that number.
    pub fn port(&self, port: PortId) -> Result<&PortEntry, MusicError> {
        let mut ports = self.ports.iter();
        ports
            .find(|entry| entry.id == port)
            .ok_or(MusicError::UnknownPort { port })
    }
}

impl Waker {
    pub fn wake(&self) {
        match self {
            Self::Thread(thread) => thread.unpark(),
            Self::Task(task) => task.notify_one(),
        }
    }
}

impl Shared {
    /// Ends the threads, once.
    pub fn shutdown(&self) -> Result<(), MusicError> {
        self.gauges.stop();
        self.waker.wake();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.take().map_or(Ok(()), Threads::join)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Callers that need the error shut down explicitly.
        let _ = self.shutdown();
    }
}
