//! The lamps of pads and buttons. They show the state of what the control does.

use std::collections::HashMap;

use crate::{
    conductor::{
        Conductor,
        control_surface::{Binding, Control, Lamp},
    },
    engine::InstanceId,
    music::{Channel, Message, PortId, Velocity, port_matches},
    view::{Snapshot, lamp_state},
};

/// The lamps, and the brightness that was last sent to each.
#[derive(Default)]
pub(super) struct Lamps {
    lit: HashMap<(PortId, Channel, Control), u8>,
    /// Outputs by their names in the rig; `None`: not connected.
    ports: HashMap<String, Option<PortId>>,
}

impl Lamps {
    /// Sends all lamps again the next time, after ports or bindings have changed.
    pub fn forget(&mut self) {
        self.lit.clear();
        self.ports.retain(|_, port| port.is_some());
    }

    /// Updates the lamps whose brightness has changed.
    pub fn light<'a>(
        &mut self,
        bindings: impl Iterator<Item = &'a Binding>,
        snapshot: &Snapshot,
        selected: Option<&InstanceId>,
        conductor: &Conductor,
    ) {
        for binding in bindings {
            let Some(lamp) = binding.lamp else {
                continue;
            };
            let Some(state) = lamp_state(&binding.action, snapshot, selected) else {
                continue;
            };
            let channel = binding.source.channel.unwrap_or(Lamp::CHANNEL);
            let control = binding.source.control;
            let brightness = lamp.brightness(state);
            let Some(port) = self.port(&binding.source.on, conductor) else {
                continue;
            };
            let place = (port, channel, control);
            if self.lit.get(&place) == Some(&brightness) {
                continue;
            }
            if let Some(message) = message(channel, control, brightness)
                && conductor.player().light(port, message).is_ok()
            {
                self.lit.insert(place, brightness);
            }
        }
    }

    fn port(&mut self, name: &str, conductor: &Conductor) -> Option<PortId> {
        if let Some(known) = self.ports.get(name) {
            return *known;
        }
        // A device without an output has no lamps. With `--port`, everything goes to one output, which
        // would play the messages as notes.
        let port = conductor.port(name).ok().filter(|port| {
            let ports = conductor.player().ports();
            let named = ports.iter().find(|known| known.id == *port);
            named.is_some_and(|known| port_matches(&known.name, name))
        });
        self.ports.insert(name.to_owned(), port);
        port
    }
}

/// The message that lights a lamp: a note for pads, their own controller for other controls.
fn message(channel: Channel, control: Control, brightness: u8) -> Option<Message> {
    match control {
        Control::Note(key) => Some(match Velocity::new(brightness) {
            Some(velocity) => Message::NoteOn(channel, key, velocity),
            None => Message::NoteOff(channel, key),
        }),
        Control::Cc(number) => Some(Message::Control(channel, number, brightness)),
        Control::Program(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::Key;

    #[test]
    fn pads_are_lit_by_notes_and_buttons_by_their_controllers() {
        let (channel, key) = (Lamp::CHANNEL, Key::new(36).unwrap());
        let bytes = |control, bright| message(channel, control, bright).map(|m| m.bytes().to_vec());
        assert_eq!(bytes(Control::Note(key), 127), Some(vec![0x90, 36, 127]));
        assert_eq!(bytes(Control::Note(key), 0), Some(vec![0x80, 36, 64]));
        assert_eq!(bytes(Control::Cc(21), 0), Some(vec![0xB0, 21, 0]));
        assert_eq!(bytes(Control::Program(3), 127), None);
    }
}
