//! Injected faults of ports: cables that are pulled on purpose.
//!
//! A device whose cable is pulled is missing from the list of ports, so that outputs and inputs meet it as they
//! meet a device that was unplugged. When the fault ends, it is in the list again, as if it had been plugged in.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::Devices;
use crate::music::{MusicError, PortNames, Sink, port_matches};

/// Devices whose cables can be pulled.
pub(super) struct Cables {
    devices: Arc<dyn Devices>,
    pulled: Mutex<Pulled>,
    /// The ports whose cables are not pulled.
    names: watch::Sender<Arc<PortNames>>,
}

#[derive(Default)]
struct Pulled {
    /// Parts of the names of the ports.
    patterns: Vec<Arc<str>>,
    /// How often the cable of a port was pulled or plugged in.
    changes: HashMap<String, u64>,
}

impl Pulled {
    fn has(&self, name: &str) -> bool {
        let mut patterns = self.patterns.iter();
        patterns.any(|pattern| port_matches(name, pattern))
    }
}

impl Cables {
    pub fn new(devices: Arc<dyn Devices>) -> Arc<Self> {
        let names = watch::Sender::new(Arc::clone(&devices.watch().borrow()));
        Arc::new(Self {
            devices,
            pulled: Mutex::default(),
            names,
        })
    }

    /// Pulls the cables of the ports whose names contain one of these patterns, and plugs in all others.
    pub fn pull(&self, patterns: Vec<Arc<str>>) {
        let mut pulled = self.pulled();
        if pulled.patterns == patterns {
            return;
        }
        let there = Arc::clone(&self.devices.watch().borrow());
        let next = Pulled {
            patterns,
            changes: HashMap::new(),
        };
        for name in there.outputs.iter().chain(&there.inputs) {
            if pulled.has(name) != next.has(name) {
                *pulled.changes.entry(name.clone()).or_default() += 1;
            }
        }
        pulled.patterns = next.patterns;
        self.publish(&pulled, &there);
    }

    /// Whether the cable of a port was pulled that is meant by one of these patterns.
    pub fn has_pulled(&self, wanted: &[String]) -> bool {
        let (pulled, there) = (self.pulled(), self.all_names());
        let meant = |name: &str| wanted.iter().any(|pattern| port_matches(name, pattern));
        let mut outputs = there.outputs.iter();
        outputs.any(|name| meant(name) && pulled.has(name))
    }

    /// The names of the ports of the system, pulled or not.
    pub fn all_names(&self) -> Arc<PortNames> {
        Arc::clone(&self.devices.watch().borrow())
    }

    /// Follows the ports of the system until the cables are dropped.
    pub fn follow(self: &Arc<Self>) -> impl Future<Output = ()> + use<> {
        let (mut names, cables) = (self.devices.watch(), Arc::downgrade(self));
        async move {
            while names.changed().await.is_ok() {
                let there = Arc::clone(&names.borrow_and_update());
                let Some(cables) = cables.upgrade() else {
                    return;
                };
                cables.publish(&cables.pulled(), &there);
            }
        }
    }

    fn publish(&self, pulled: &Pulled, there: &Arc<PortNames>) {
        if pulled.changes.is_empty() {
            self.names.send_replace(Arc::clone(there));
            return;
        }
        let left = |names: &[String]| {
            let names = names.iter().filter(|name| !pulled.has(name));
            names.cloned().collect()
        };
        let mut changes = there.changes.clone();
        for (name, count) in &pulled.changes {
            *changes.entry(name.clone()).or_default() += count;
        }
        self.names.send_replace(Arc::new(PortNames {
            outputs: left(&there.outputs),
            inputs: left(&there.inputs),
            changes,
            // Whoever has pulled a cable has ports.
            trouble: None,
        }));
    }

    fn pulled(&self) -> MutexGuard<'_, Pulled> {
        // Nothing that is done under the lock can panic halfway.
        self.pulled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Devices for Cables {
    fn watch(&self) -> watch::Receiver<Arc<PortNames>> {
        self.names.subscribe()
    }

    fn open(&self, name: &str) -> Result<Box<dyn Sink>, MusicError> {
        if self.pulled().has(name) {
            return Err(MusicError::PortUnavailable {
                name: name.to_owned(),
                reason: "its cable was pulled on purpose".to_owned(),
            });
        }
        self.devices.open(name)
    }
}
