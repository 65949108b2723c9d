//! What the copies of a handle share, and take turns at.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::Thread,
};

use rtrb::Producer;
use tokio::sync::{Notify, watch};

use super::{Priority, command::Stamped, gauges::Gauges, port::PortGauges, thread::Threads};
use crate::music::{MusicError, Names, Nanos, PortId, Transport, clock::Clock};

/// What copies of a handle share.
pub(super) struct Shared {
    pub clock: Clock,
    pub names: Names,
    pub gauges: Arc<Gauges>,
    pub desk: Mutex<Desk>,
    pub transport: watch::Sender<Transport>,
    pub silence: Arc<Notify>,
    pub wake: Wake,
    pub priority: Priority,
    pub threads: Mutex<Option<Threads>>,
}

/// What handles take turns at.
pub(super) struct Desk {
    pub inbox: Producer<Stamped>,
    pub transport: Transport,
    pub ports: Vec<PortEntry>,
    pub panicked: Option<Nanos>,
}

pub(super) struct PortEntry {
    pub id: PortId,
    pub name: String,
    pub gauges: Arc<PortGauges>,
}

/// Who is to be told of a new command.
pub(super) enum Wake {
    Thread(Thread),
    Task(Arc<Notify>),
}

impl Desk {
    /// The port of that number.
    pub fn port(&self, port: PortId) -> Result<&PortEntry, MusicError> {
        let mut ports = self.ports.iter();
        ports
            .find(|entry| entry.id == port)
            .ok_or(MusicError::UnknownPort { port })
    }
}

impl Wake {
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
        self.wake.wake();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.take().map_or(Ok(()), Threads::join)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // Whoever wants to know of errors shuts down first.
        let _ = self.shutdown();
    }
}
