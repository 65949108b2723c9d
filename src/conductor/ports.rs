//! Which ports there are to play on, and which one an instrument gets.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{
    music::{MusicError, Player, PortId, Sink},
    score::Port,
};

/// The name of the built-in port.
pub const BUILT_IN: &str = "synth";

/// Finds and opens MIDI outputs. A trait, so that a performance can do without any.
pub trait Outputs: Send + Sync {
    /// Opens the first output whose name contains the pattern; gives its full name too.
    fn open(&self, pattern: &str) -> Result<(String, Box<dyn Sink>), MusicError>;
}

/// A machine without MIDI.
pub struct NoOutputs;

impl Outputs for NoOutputs {
    fn open(&self, _pattern: &str) -> Result<(String, Box<dyn Sink>), MusicError> {
        Err(MusicError::NoMidi)
    }
}

/// The ports of a performance.
pub(super) struct Ports {
    built_in: PortId,
    /// Everything goes here, if it is set.
    only: Option<PortId>,
    outputs: Box<dyn Outputs>,
    opened: Mutex<HashMap<String, PortId>>,
}

impl Ports {
    /// With the built-in port on `synth`, and everything routed to the output that `only` matches.
    pub fn new(
        player: &Player,
        synth: Box<dyn Sink>,
        outputs: Box<dyn Outputs>,
        only: Option<&str>,
    ) -> Result<Self, MusicError> {
        let built_in = player.add_port(BUILT_IN, synth)?;
        let mut ports = Self {
            built_in,
            only: None,
            outputs,
            opened: Mutex::new(HashMap::new()),
        };
        if let Some(pattern) = only {
            ports.only = Some(ports.named(player, pattern)?);
        }
        Ok(ports)
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
        let known = opened.iter().find(|(name, _)| name.to_lowercase().contains(&pattern));
        if let Some((_, port)) = known {
            return Ok(*port);
        }
        let (name, sink) = self.outputs.open(&pattern)?;
        let port = player.add_port(&name, sink)?;
        opened.insert(name, port);
        Ok(port)
    }
}
