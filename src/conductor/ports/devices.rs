//! MIDI outputs: those of the system, or others in tests.

use std::sync::Arc;

use tokio::sync::watch;

use crate::music::{MidiOut, MusicError, PortNames, PortWatch, Sink};

/// The MIDI outputs that instruments may play on.
#[derive(Clone)]
pub enum Outputs {
    /// Those of the system.
    Midi,
    /// None: everything goes to the built-in port. The same on every machine.
    BuiltInOnly,
    /// These.
    Of(Arc<dyn Devices>),
}

/// Devices that may be plugged in and unplugged.
pub trait Devices: Send + Sync {
    /// The names of the ports, and every change of them.
    fn watch(&self) -> watch::Receiver<Arc<PortNames>>;

    /// Opens the output of that name.
    fn open(&self, name: &str) -> Result<Box<dyn Sink>, MusicError>;
}

impl Outputs {
    pub(super) fn devices(self) -> Option<Arc<dyn Devices>> {
        match self {
            Self::Midi => Some(Arc::new(System(PortWatch::start()))),
            Self::BuiltInOnly => None,
            Self::Of(devices) => Some(devices),
        }
    }
}

/// The devices of the system.
struct System(PortWatch);

impl Devices for System {
    fn watch(&self) -> watch::Receiver<Arc<PortNames>> {
        self.0.subscribe()
    }

    fn open(&self, name: &str) -> Result<Box<dyn Sink>, MusicError> {
        Ok(Box::new(MidiOut::open(name)?))
    }
}
