//! Which ports there are to play on, and which one an instrument gets.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    music::{MidiOut, MusicError, Player, PortId, Sink},
    score::Port,
};

/// The name of the built-in port.
pub const BUILT_IN: &str = "synth";

/// Whether instruments may play on MIDI outputs of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outputs {
    /// Those that are there.
    Midi,
    /// None: everything goes to the built-in port. The same on every machine.
    BuiltInOnly,
}

/// A port by name and what stands behind it.
pub type NamedSink = (String, Box<dyn Sink>);

/// The ports of a performance.
pub(super) struct Ports {
    built_in: PortId,
    /// Everything goes here, if it is set.
    only: Option<PortId>,
    outputs: Outputs,
    opened: Mutex<HashMap<String, PortId>>,
}

impl Ports {
    /// With the built-in port on `synth`, and everything routed to `only`, if it is given.
    pub fn new(
        player: &Player,
        synth: Box<dyn Sink>,
        outputs: Outputs,
        only: Option<NamedSink>,
    ) -> Result<Self, MusicError> {
        let built_in = player.add_port(BUILT_IN, synth)?;
        let only = only.map(|(name, sink)| player.add_port(&name, sink));
        Ok(Self {
            built_in,
            only: only.transpose()?,
            outputs,
            opened: Mutex::new(HashMap::new()),
        })
    }

    /// The first of these that is there.
    pub fn first(&self, player: &Player, wanted: &[Port]) -> Result<PortId, MusicError> {
        if let Some(only) = self.only {
            return Ok(only);
        }
        let mut missing = None;
        for port in wanted {
            match port {
                Port::Synth => return Ok(self.built_in),
                Port::Named(pattern) => match self.named(player, pattern) {
                    Ok(port) => return Ok(port),
                    Err(error) => missing = missing.or(Some(error)),
                },
            }
        }
        missing.map_or(Ok(self.built_in), Err)
    }

    fn named(&self, player: &Player, pattern: &str) -> Result<PortId, MusicError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let pattern = pattern.to_lowercase();
        let known = opened
            .iter()
            .find(|(name, _)| name.to_lowercase().contains(&pattern));
        if let Some((_, port)) = known {
            return Ok(*port);
        }
        let output = match self.outputs {
            Outputs::Midi => MidiOut::open(&pattern)?,
            Outputs::BuiltInOnly => return Err(MusicError::NoMidi),
        };
        let name = output.name().to_owned();
        let port = player.add_port(&name, Box::new(output))?;
        opened.insert(name, port);
        Ok(port)
    }
}
