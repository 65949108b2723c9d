//! The MIDI ports of the system.

use std::collections::HashMap;

use midir::{MidiInput, MidiOutput};

use super::{NAME, clean, output_names, quietly};
use crate::music::MusicError;

/// Lists ports. Reuse one: systems limit the number of clients.
#[derive(Default)]
pub struct PortFinder {
    output: Option<MidiOutput>,
    input: Option<MidiInput>,
}

/// The MIDI ports of the system, by name.
#[derive(Debug, Default)]
pub struct PortNames {
    /// The outputs.
    pub outputs: Vec<String>,
    /// The inputs.
    pub inputs: Vec<String>,
    /// Why there are none, if MIDI is not available.
    pub trouble: Option<MusicError>,
    /// How often ports of a name have come or gone since the watch began. A device may have been
    /// unplugged between two looks at the list: connections to it are dead although its name is
    /// there.
    pub changes: HashMap<String, u64>,
}

impl PortNames {
    /// How often an output has come or gone; `None` if there is no output of exactly that name.
    pub fn generation_of(&self, output: &str) -> Option<u64> {
        let there = self.outputs.iter().any(|name| name == output);
        there.then(|| self.changes.get(output).copied().unwrap_or(0))
    }

    /// Whether the ports differ.
    pub(super) fn differs(&self, other: &Self) -> bool {
        (&self.outputs, &self.inputs, &self.changes)
            != (&other.outputs, &other.inputs, &other.changes)
    }
}

impl PortFinder {
    /// The current ports. Without MIDI: empty lists, and the reason.
    pub fn list(&mut self) -> PortNames {
        quietly();
        self.output = self.output.take().or_else(|| MidiOutput::new(NAME).ok());
        self.input = self.input.take().or_else(|| MidiInput::new(NAME).ok());
        let outputs = self.output.as_ref().map(output_names);
        let inputs = self.input.as_ref().map(|midi| {
            let ports = midi.ports();
            let names = ports.iter().filter_map(|port| midi.port_name(port).ok());
            names.map(|name| clean(&name).to_owned()).collect()
        });
        PortNames {
            trouble: (outputs.is_none() || inputs.is_none()).then_some(MusicError::NoMidi),
            outputs: outputs.unwrap_or_default(),
            inputs: inputs.unwrap_or_default(),
            changes: HashMap::new(),
        }
    }
}
