//! MIDI thru: keyboards play an output directly, without quantization.
//!
//! Every pressed key belongs to its keyboard, so no note hangs when the keyboard is unplugged.

use super::super::{Conductor, ConductorError, rig::Thru};
use crate::music::{KeyPress, LaneId, Message, MusicError, PartId, Player, PortId, Velocity, When};

/// A route from a keyboard to a port.
pub struct Route {
    thru: Thru,
    player: Player,
    /// The owner of the pressed keys.
    lane: LaneId,
    part: PartId,
    port: Option<PortId>,
}

impl Route {
    /// A route that is not connected yet.
    pub fn new(thru: Thru, player: &Player) -> Self {
        Self {
            lane: player.lane(&format!("thru {}", thru.from)),
            part: player.part(&thru.from),
            player: player.clone(),
            thru,
            port: None,
        }
    }

    /// Whether it starts at this input.
    pub fn is_from(&self, input: &str) -> bool {
        self.thru.is_from(input)
    }

    /// Connects it to its port, unless it is connected.
    pub fn connect(&mut self, conductor: &Conductor) -> Result<(), ConductorError> {
        if self.port.is_some() {
            return Ok(());
        }
        let port = conductor.port(&self.thru.to)?;
        self.port = Some(port);
        if let (Some(program), Some(channel)) = (self.thru.program, self.thru.channel) {
            self.change(port, Message::Program(channel, program & 127))?;
        }
        Ok(())
    }

    /// Plays a message of the keyboard.
    pub fn play(&self, message: Message) -> Result<(), MusicError> {
        let (Some(port), Some(own)) = (self.port, message.channel()) else {
            return Ok(());
        };
        let channel = self.thru.channel.unwrap_or(own);
        let press = |key, velocity| KeyPress {
            lane: self.lane,
            port,
            part: self.part,
            channel,
            key,
            velocity,
        };
        match message.on(channel) {
            Message::NoteOn(_, key, velocity) => self.player.key_down(press(key, velocity)),
            Message::NoteOff(_, key) => self.player.key_up(press(key, Velocity::default())),
            other => self.change(port, other),
        }
    }

    fn change(&self, port: PortId, message: Message) -> Result<(), MusicError> {
        let lane = Some(self.lane);
        self.player
            .message(port, self.part, message, When::Now, lane, None)
    }

    /// Releases the keys and the pedal of a keyboard that was disconnected.
    pub fn lost(&self) -> Result<(), MusicError> {
        self.player.release_lane(self.lane)?;
        if let Some(port) = self.port {
            let channels = crate::music::Channel::all();
            let own = self.thru.channel;
            for channel in channels.filter(|channel| own.is_none_or(|own| own == *channel)) {
                self.change(port, Message::Control(channel, Message::SUSTAIN, 0))?;
            }
        }
        Ok(())
    }
}
