//! A port as the player's thread holds it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use crate::music::{PortId, Sent, Sink, ledger::Ledger};

/// A sink, the keys that are down on it, and how often it failed.
pub(super) struct Port {
    pub sink: Box<dyn Sink>,
    pub keys: Ledger,
    failures: Arc<AtomicU64>,
}

/// A port in a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortInfo {
    /// Its number.
    pub id: PortId,
    /// Its name.
    pub name: String,
    /// Messages that it did not take.
    pub failures: u64,
}

impl Port {
    pub fn new(sink: Box<dyn Sink>, failures: Arc<AtomicU64>) -> Self {
        Self {
            sink,
            keys: Ledger::new(),
            failures,
        }
    }

    /// Whether the sink took it.
    pub fn send(&mut self, message: &Sent) -> bool {
        let taken = self.sink.send(message).is_ok();
        if !taken {
            self.failures.fetch_add(1, Relaxed);
        }
        taken
    }
}
