//! A port and the device behind it.

use super::{
    super::rig::PortRig,
    built_in::BUILT_IN,
    changes::{PortChange, PortPresence, PortState},
};
use crate::music::{
    Channel, Closed, Message, MusicError, Pace, Player, PortId, PortMemory, PortOptions, Sink,
};

/// The connection of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bound {
    /// A sink that is always connected.
    Always,
    /// A device, with its generation.
    Device(u64),
    /// None: the device is unplugged.
    Gone,
}

/// A port and the device behind it.
pub(super) struct Output {
    pub name: String,
    pub port: PortId,
    pub memory: PortMemory,
    pub bound: Bound,
}

impl Output {
    /// Adds a port to the player.
    pub fn add(
        player: &Player,
        name: &str,
        sink: Box<dyn Sink>,
        bound: Bound,
    ) -> Result<Self, MusicError> {
        let memory = PortMemory::default();
        let recorded = match name == BUILT_IN {
            true => memory.record(sink),
            false => memory.record_device(sink),
        };
        Ok(Self {
            name: name.to_owned(),
            port: player.add_port(name, recorded)?,
            memory,
            bound,
        })
    }

    pub fn is_there(&self) -> bool {
        self.bound != Bound::Gone
    }

    pub fn is_device(&self) -> bool {
        self.bound != Bound::Always
    }

    /// Binds the port to its device, which is back.
    pub fn rebind(
        &mut self,
        player: &Player,
        sink: Box<dyn Sink>,
        bound: Bound,
    ) -> Result<(), MusicError> {
        player.rebind_port(self.port, self.memory.record_device(sink))?;
        self.bound = bound;
        Ok(())
    }

    /// Unbinds the port from its device. Settings sent meanwhile are sent again when it is back.
    pub fn close(&mut self, player: &Player) -> Result<(), MusicError> {
        player.rebind_port(self.port, self.memory.record(Box::new(Closed)))?;
        self.bound = Bound::Gone;
        // No clock is sent.
        player.set_port_options(self.port, PortOptions::default())
    }

    /// Prepares a device that was just bound: silences it, because it may have missed note-offs, then
    /// sends the settings of its channels.
    pub fn greet(&self, player: &Player, rig: &[PortRig]) -> Result<(), MusicError> {
        let memories: Vec<_> = Channel::all()
            .map(|channel| self.memory.messages(channel, channel))
            .collect();
        self.take_options(player, rig)?;
        for channel in Channel::all() {
            for control in [
                Message::SUSTAIN,
                Message::ALL_SOUND_OFF,
                Message::ALL_NOTES_OFF,
            ] {
                player.configure(self.port, Message::Control(channel, control, 0))?;
            }
        }
        for message in memories.into_iter().flatten() {
            player.configure(self.port, message)?;
        }
        Ok(())
    }

    /// Lifts the sustain pedal of a channel, if it is down.
    pub fn lift_pedal(&self, player: &Player, channel: Channel) -> Result<(), MusicError> {
        match self.memory.is_sustained(channel) {
            true => player.configure(self.port, Message::Control(channel, Message::SUSTAIN, 0)),
            false => Ok(()),
        }
    }

    /// Applies the settings of the rig; to an unplugged device when it is back.
    pub fn take_options(&self, player: &Player, rig: &[PortRig]) -> Result<(), MusicError> {
        if !self.is_there() {
            return Ok(());
        }
        let mut options = self.rig(rig).map(|rig| rig.options).unwrap_or_default();
        if self.bound == Bound::Always {
            options.pace = Pace::Unlimited;
        }
        player.set_port_options(self.port, options)
    }

    /// Its settings in the rig: the first entry that matches.
    pub fn rig<'a>(&self, rig: &'a [PortRig]) -> Option<&'a PortRig> {
        rig.iter().find(|rig| rig.matches(&self.name))
    }

    pub fn state(&self) -> PortState {
        PortState {
            id: self.port,
            name: self.name.clone(),
            presence: self.presence(),
        }
    }

    pub fn change(&self) -> PortChange {
        PortChange {
            name: self.name.clone(),
            presence: self.presence(),
        }
    }

    fn presence(&self) -> PortPresence {
        match self.is_there() {
            true => PortPresence::Connected,
            false => PortPresence::Disconnected,
        }
    }
}
