//! The counters of a port, written by the player's thread and read by others.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use crate::music::PortId;

/// The counters of a port.
#[derive(Default)]
pub(super) struct PortGauges {
    failures: AtomicU64,
    held_back: AtomicU64,
    longest_wait: AtomicU64,
    waiting: AtomicUsize,
}

/// A summary of a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortInfo {
    /// The number of the port.
    pub id: PortId,
    /// The name of the port.
    pub name: String,
    /// Messages that the port refused.
    pub failures: u64,
    /// Messages that waited because of the rate limit of the port.
    pub held_back: u64,
    /// The longest of these waits.
    pub longest_wait: Duration,
    /// Messages that wait now.
    pub waiting: usize,
}

impl PortGauges {
    pub fn failed(&self) {
        self.failures.fetch_add(1, Relaxed);
    }

    /// A message waited that long.
    pub fn held_back(&self, wait: Duration) {
        let nanos = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        self.held_back.fetch_add(1, Relaxed);
        self.longest_wait.fetch_max(nanos, Relaxed);
    }

    pub fn set_waiting(&self, events: usize) {
        self.waiting.store(events, Relaxed);
    }

    pub fn info(&self, id: PortId, name: String) -> PortInfo {
        PortInfo {
            id,
            name,
            failures: self.failures.load(Relaxed),
            held_back: self.held_back.load(Relaxed),
            longest_wait: Duration::from_nanos(self.longest_wait.load(Relaxed)),
            waiting: self.waiting.load(Relaxed),
        }
    }
}
