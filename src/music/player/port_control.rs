//! The part of the handle that adds, changes and removes ports.

use std::sync::Arc;

use super::{
    Player, PortInfo, PortOptions, command::Command, limits::MAX_PORTS, port::Port,
    port_gauges::PortGauges, shared::PortEntry,
};
use crate::music::{MusicError, PortId, Sink};

impl Player {
    /// Adds a port. Its sink is called on the player's thread.
    pub fn add_port(&self, name: &str, sink: Box<dyn Sink>) -> Result<PortId, MusicError> {
        let mut state = self.state();
        let id = self.0.names.new_port(name.to_owned(), MAX_PORTS);
        let id = id.ok_or(MusicError::TooManyPorts { limit: MAX_PORTS })?;
        let gauges = Arc::<PortGauges>::default();
        let port = Box::new(Port::new(id, sink, gauges.clone()));
        self.command(&mut state, Command::BindPort(port))?;
        state.ports.push(PortEntry {
            id,
            name: name.to_owned(),
            gauges,
        });
        Ok(id)
    }

    /// Replaces the sink of a port, for example when a device comes back. Notes that sound on the old sink
    /// are released; pending events go to the new one, and the options remain.
    pub fn rebind_port(&self, port: PortId, sink: Box<dyn Sink>) -> Result<(), MusicError> {
        let mut state = self.state();
        let gauges = state.port(port)?.gauges.clone();
        let bound = Box::new(Port::new(port, sink, gauges));
        self.command(&mut state, Command::BindPort(bound))
    }

    /// Sets the options of a port.
    pub fn set_port_options(&self, port: PortId, options: PortOptions) -> Result<(), MusicError> {
        let mut state = self.state();
        state.port(port)?;
        self.command(&mut state, Command::PortOptions(port, options))
    }

    /// Removes a port. Its sounding notes are released, its pending events dropped.
    pub fn remove_port(&self, port: PortId) -> Result<(), MusicError> {
        let mut state = self.state();
        state.port(port)?;
        self.command(&mut state, Command::RemovePort(port))?;
        state.ports.retain(|entry| entry.id != port);
        Ok(())
    }

    /// The ports, in the order in which they were added.
    pub fn ports(&self) -> Vec<PortInfo> {
        let state = self.state();
        let info = |entry: &PortEntry| entry.gauges.info(entry.id, entry.name.clone());
        state.ports.iter().map(info).collect()
    }
}
