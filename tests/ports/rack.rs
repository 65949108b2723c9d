//! Simulated devices that can be plugged in and unplugged.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use fermata::{
    conductor::{Conductor, Devices, Outputs},
    engine::{Event, EventKind, InstanceId, Recovery, RedbStore, Status, Store},
    music::{MusicError, PortNames, Sink},
    score::parse,
};
use serde_json::json;
use tokio::sync::watch;

use crate::receiver::{Cable, Receiver};
use crate::simulation::Simulation;

/// Devices by name. A device that is unplugged and plugged in again is the same device.
pub struct Rack {
    names: watch::Sender<Arc<PortNames>>,
    devices: Mutex<HashMap<String, Device>>,
}

#[derive(Default)]
struct Device {
    receiver: Receiver,
    /// That of the present cable.
    plugged: Arc<AtomicBool>,
}

impl Rack {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            names: watch::Sender::new(Arc::default()),
            devices: Mutex::default(),
        })
    }

    pub fn plug(&self, name: &str) -> Receiver {
        self.change(name, true);
        self.devices.lock().unwrap()[name].receiver.clone()
    }

    pub fn pull(&self, name: &str) {
        self.change(name, false);
    }

    /// Out and in again between two looks: the names are the same.
    pub fn blink(&self, name: &str) {
        self.names.send_modify(|names| {
            let mut changes = names.changes.clone();
            *changes.entry(name.to_owned()).or_default() += 1;
            *names = Arc::new(PortNames {
                outputs: names.outputs.clone(),
                changes,
                ..PortNames::default()
            });
        });
        self.cut(name);
    }

    fn cut(&self, name: &str) {
        let mut devices = self.devices.lock().unwrap();
        let device = devices.entry(name.to_owned()).or_default();
        device.plugged.store(false, SeqCst);
        device.plugged = Arc::default();
    }

    fn change(&self, name: &str, there: bool) {
        self.cut(name);
        self.names.send_modify(|names| {
            let mut outputs = names.outputs.clone();
            outputs.retain(|output| output != name);
            if there {
                outputs.push(name.to_owned());
            }
            let mut changes = names.changes.clone();
            *changes.entry(name.to_owned()).or_default() += 1;
            *names = Arc::new(PortNames {
                outputs,
                changes,
                ..PortNames::default()
            });
        });
    }
}

impl Devices for Rack {
    fn watch(&self) -> watch::Receiver<Arc<PortNames>> {
        self.names.subscribe()
    }

    fn open(&self, name: &str) -> Result<Box<dyn Sink>, MusicError> {
        if !self.names.borrow().outputs.iter().any(|n| n == name) {
            return Err(MusicError::NoMidi);
        }
        let devices = self.devices.lock().unwrap();
        let device = &devices[name];
        device.plugged.store(true, SeqCst);
        Ok(Box::new(Cable {
            receiver: device.receiver.clone(),
            plugged: Arc::clone(&device.plugged),
        }))
    }
}

/// A performance in virtual time.
pub struct Performance {
    pub conductor: Conductor,
    pub synth: Receiver,
    pub rack: Arc<Rack>,
}

pub fn memory() -> Arc<dyn Store> {
    Arc::new(RedbStore::in_memory().unwrap())
}

/// Performs in virtual time: `show` does what happens in the performance.
pub fn perform<F: Future<Output = ()>>(rack: Arc<Rack>, show: impl FnOnce(Performance) -> F) {
    in_store(rack, memory(), Recovery::Nothing, show);
}

pub fn in_store<F: Future<Output = ()>>(
    rack: Arc<Rack>,
    store: Arc<dyn Store>,
    recovery: Recovery,
    show: impl FnOnce(Performance) -> F,
) {
    let synth = Receiver::default();
    let simulation = Simulation {
        store,
        recovery,
        synth: Box::new(Cable {
            receiver: synth.clone(),
            plugged: Arc::new(AtomicBool::new(true)),
        }),
        outputs: Outputs::Of(rack.clone()),
        ..Simulation::default()
    };
    simulation.run(async |conductor| {
        show(Performance {
            conductor: conductor.clone(),
            synth,
            rack,
        })
        .await;
    });
}

impl Performance {
    pub async fn begin(&self, score: &str) -> InstanceId {
        let document = parse(score, "score").unwrap_or_else(|error| panic!("{error}"));
        let id = InstanceId::new("a").unwrap();
        let begun = self.conductor.perform(&document, Some(id), json!({}));
        begun.await.unwrap()
    }

    /// Waits for the end, and gives it with all attempts that failed.
    pub async fn end(&self, id: &InstanceId) -> (Status, Vec<(u32, String)>) {
        let end = self.conductor.engine().until_closed(id).await.unwrap();
        self.conductor.player().until_silent().await;
        (end.status, failures(&self.history(id)))
    }

    pub fn history(&self, id: &InstanceId) -> Vec<Event> {
        self.conductor.engine().archive().history(id).unwrap()
    }
}

/// Attempts that failed, each with its number and why.
pub fn failures(history: &[Event]) -> Vec<(u32, String)> {
    let failed = history.iter().filter_map(|event| match &event.kind {
        EventKind::TaskFailed {
            attempt, failure, ..
        } => Some((
            *attempt,
            format!("{}: {}", failure.error_type, failure.message),
        )),
        _ => None,
    });
    failed.collect()
}

/// A score at 120 beats a minute, with a lead on these ports.
pub fn score(ports: &str, tasks: &str) -> String {
    format!(
        "document:\n  dsl: 1.0.0\n  namespace: t\n  name: cable\n  version: 1.0.0\n  metadata:\n    \
         fermata:\n      tempo: 120\n      instruments:\n        \
         lead: {{ patch: lead, port: {ports}, channel: 3 }}\ndo:\n{tasks}"
    )
}

/// A bar of four notes, one a beat, over and over.
pub fn bars(count: usize) -> String {
    format!(
        "  - line: {{ call: play, with: {{ instrument: lead, pattern: \"c4 d4 e4 f4\", repeat: {count} }} }}\n"
    )
}
