//! The rig: which devices stand on this stage, and how they are played and listened to.
//!
//! Scores name instruments and ports; the rig is about this room's machines. It is a file of TOML
//! that people write and that the stage completes when it learns a control.

mod controls;
mod entry;
mod file;
mod ports;

pub use controls::{ClockFrom, Controls, Notes, Thru};
pub use entry::EntryError;
pub use file::RigError;
pub use ports::PortRig;

use std::sync::Arc;

use tokio::sync::watch;

use super::{BUILT_IN, Conductor, ConductorError};
use crate::{
    music::{PortId, PortNames},
    score::Port,
};

/// What a rig file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rig {
    /// How ports are played to.
    pub ports: Vec<PortRig>,
    /// What pads, faders and keys do.
    pub controls: Controls,
}

impl Conductor {
    /// The port that a rig names: `synth`, or part of an output's name.
    pub fn port(&self, name: &str) -> Result<PortId, ConductorError> {
        let port = match name {
            BUILT_IN => Port::Synth,
            pattern => Port::Named(pattern.to_owned()),
        };
        let port = self.ensemble.ports.choose(&[port]);
        port.map_err(|missing| ConductorError::PortMissing(missing.to_string()))
    }

    /// The MIDI ports that there are, and every change of them; `None` where none are played on.
    pub fn watch_ports(&self) -> Option<watch::Receiver<Arc<PortNames>>> {
        self.ensemble.ports.watch_names()
    }

    /// What pads, faders and keys do, and every change of it.
    pub fn watch_controls(&self) -> watch::Receiver<Controls> {
        self.ensemble.controls.subscribe()
    }
}
