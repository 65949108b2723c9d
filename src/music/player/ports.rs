//! What a handle does with ports: adding, removing, other sinks and options.

use std::sync::Arc;

use super::{
    Player, PortInfo, PortOptions,
    command::Command,
    dispatcher::PORTS,
    port::{Port, PortGauges},
    shared::PortEntry,
};
use crate::music::{MusicError, PortId, Sink};

impl Player {
    /// A new port. The sink is called on the player's thread from now on.
    pub fn add_port(&self, name: &str, sink: Box<dyn Sink>) -> Result<PortId, MusicError> {
        let mut desk = self.desk();
        let id = self.0.names.new_port(name.to_owned(), PORTS);
        let id = id.ok_or(MusicError::TooManyPorts { limit: PORTS })?;
        let gauges = Arc::<PortGauges>::default();
        let port = Box::new(Port::new(sink, gauges.clone()));
        self.command(&mut desk, Command::Port(id, port))?;
        desk.ports.push(PortEntry {
            id,
            name: name.to_owned(),
            gauges,
        });
        Ok(id)
    }

    /// Another sink for a port, as when a device comes back. What sounds on the old one is let go;
    /// what waits goes to the new one, and the options stay.
    pub fn rebind_port(&self, port: PortId, sink: Box<dyn Sink>) -> Result<(), MusicError> {
        let mut desk = self.desk();
        let gauges = desk.port(port)?.gauges.clone();
        let bound = Box::new(Port::new(sink, gauges));
        self.command(&mut desk, Command::Port(port, bound))
    }

    /// How a port is played to, from now on.
    pub fn set_port_options(&self, port: PortId, options: PortOptions) -> Result<(), MusicError> {
        let mut desk = self.desk();
        desk.port(port)?;
        self.command(&mut desk, Command::PortOptions(port, options))
    }

    /// Removes a port: what sounds on it is let go, what is pending for it dropped.
    pub fn remove_port(&self, port: PortId) -> Result<(), MusicError> {
        let mut desk = self.desk();
        desk.port(port)?;
        self.command(&mut desk, Command::RemovePort(port))?;
        desk.ports.retain(|entry| entry.id != port);
        Ok(())
    }

    /// The ports, in the order in which they were added.
    pub fn ports(&self) -> Vec<PortInfo> {
        let desk = self.desk();
        let info = |entry: &PortEntry| entry.gauges.info(entry.id, entry.name.clone());
        desk.ports.iter().map(info).collect()
    }
}
