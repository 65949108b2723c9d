//! All ports of a player.

use std::time::Duration;

use rtrb::Producer;

use super::{
    limits::MAX_PORTS,
    options::{Offset, PortOptions},
    port::Port,
};
use crate::music::{Beat, Message, Nanos, PortId};

/// The ports, by their numbers. Removed ports are returned, so that they are freed elsewhere.
pub(super) struct PortTable {
    ports: Vec<Option<Box<Port>>>,
    returned: Producer<Box<Port>>,
    /// The largest shift to earlier of all ports.
    ahead: Duration,
}

impl PortTable {
    pub fn new(returned: Producer<Box<Port>>) -> Self {
        Self {
            ports: Vec::with_capacity(MAX_PORTS),
            returned,
            ahead: Duration::ZERO,
        }
    }

    pub fn get(&self, id: PortId) -> Option<&Port> {
        self.ports.get(usize::from(id.0))?.as_deref()
    }

    pub fn get_mut(&mut self, id: PortId) -> Option<&mut Port> {
        self.ports.get_mut(usize::from(id.0))?.as_deref_mut()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Port> {
        self.ports.iter().filter_map(Option::as_deref)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Port> {
        self.ports.iter_mut().filter_map(Option::as_deref_mut)
    }

    /// Adds a message of the player itself to every port.
    pub fn push_to_all(&mut self, message: Message, now: (Beat, Nanos)) {
        for port in self.iter_mut() {
            port.push_own(message, now);
        }
    }

    /// The same for ports that play on more than sixteen channels.
    pub fn push_to_wide(&mut self, message: Message, now: (Beat, Nanos)) {
        for port in self.iter_mut().filter(|port| port.is_wide) {
            port.push_own(message, now);
        }
    }

    /// How much earlier than its time by the transport an event must reach its port.
    pub fn ahead(&self) -> Duration {
        self.ahead
    }

    /// Adds a port, or replaces the one of its number.
    pub fn insert(&mut self, port: Box<Port>) {
        let index = usize::from(port.id.0);
        self.give_back(port.id);
        while self.ports.len() <= index.min(MAX_PORTS - 1) {
            self.ports.push(None);
        }
        if let Some(slot) = self.ports.get_mut(index) {
            *slot = Some(port);
        }
        self.update_ahead();
    }

    /// Changes the options of a port. Returns the port and its previous options.
    pub fn set_options(
        &mut self,
        id: PortId,
        options: PortOptions,
    ) -> Option<(&mut Port, PortOptions)> {
        let port = self.get_mut(id)?;
        let before = std::mem::replace(&mut port.options, options);
        self.update_ahead();
        Some((self.get_mut(id)?, before))
    }

    pub fn remove(&mut self, id: PortId) {
        self.give_back(id);
        self.update_ahead();
    }

    pub fn remove_all(&mut self) {
        for slot in &mut self.ports {
            if let Some(port) = slot.take() {
                let _ = self.returned.push(port);
            }
        }
    }

    fn give_back(&mut self, id: PortId) {
        let slot = self.ports.get_mut(usize::from(id.0));
        if let Some(port) = slot.and_then(Option::take) {
            // The queue has room for all ports twice. If it were full, the port would be freed here,
            // which only takes time.
            let _ = self.returned.push(port);
        }
    }

    fn update_ahead(&mut self) {
        let offsets = self.iter().map(|port| port.options.offset);
        self.ahead = offsets.map(Offset::ahead).max().unwrap_or_default();
    }
}
