//! The lamps under pads: they show what became of what was pressed.

use std::collections::HashMap;

use crate::{
    conductor::{
        Conductor,
        control_surface::{Binding, Control, Lamp},
    },
    engine::InstanceId,
    music::{Channel, Message, PortId, Velocity, port_matches},
    view::{Snapshot, glow},
};

/// The lamps, as they were lit last.
#[derive(Default)]
pub(super) struct Lamps {
    lit: HashMap<(PortId, Channel, Control), u8>,
    /// Outputs by the names that the rig has for them; `None`: not there.
    ports: HashMap<String, Option<PortId>>,
}

impl Lamps {
    /// Ports have come or gone, or other controls are bound: all lamps are sent again.
    pub fn forget(&mut self) {
        self.lit.clear();
        self.ports.retain(|_, port| port.is_some());
    }

    /// Lights those that are other than before.
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
            let Some(glow) = glow(&binding.action, snapshot, selected) else {
                continue;
            };
            let channel = binding.source.channel.unwrap_or(Lamp::CHANNEL);
            let control = binding.source.control;
            let bright = lamp.brightness(glow);
            let Some(port) = self.port(&binding.source.on, conductor) else {
                continue;
            };
            let place = (port, channel, control);
            if self.lit.get(&place) == Some(&bright) {
                continue;
            }
            if let Some(message) = message(channel, control, bright)
                && conductor.player().light(port, message).is_ok()
            {
                self.lit.insert(place, bright);
            }
        }
    }

    fn port(&mut self, name: &str, conductor: &Conductor) -> Option<PortId> {
        if let Some(known) = self.ports.get(name) {
            return *known;
        }
        // A device that cannot be played to has no lamps; and where everything goes to one port, that
        // is no device with lamps but one that would sound.
        let port = conductor.port(name).ok().filter(|port| {
            let ports = conductor.player().ports();
            let named = ports.iter().find(|known| known.id == *port);
            named.is_some_and(|known| port_matches(&known.name, name))
        });
        self.ports.insert(name.to_owned(), port);
        port
    }
}

/// What lights a lamp: pads by a note, other controls by their own controller.
fn message(channel: Channel, control: Control, bright: u8) -> Option<Message> {
    match control {
        Control::Note(key) => Some(match Velocity::new(bright) {
            Some(velocity) => Message::NoteOn(channel, key, velocity),
            None => Message::NoteOff(channel, key),
        }),
        Control::Cc(number) => Some(Message::Control(channel, number, bright)),
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
