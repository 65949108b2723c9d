//! Keyboards that are heard at once, with no beat to wait for.
//!
//! Every key that is down has an owner, the keyboard: when that is gone nothing hangs.

use super::super::{Conductor, ConductorError, rig::Thru};
use crate::music::{LaneId, Message, MusicError, PartId, Player, PortId, Press, Velocity, When};

/// A keyboard and where it is heard.
pub struct Route {
    thru: Thru,
    player: Player,
    /// Whose keys they are.
    lane: LaneId,
    part: PartId,
    port: Option<PortId>,
}

impl Route {
    /// Not yet connected to anything.
    pub fn new(thru: Thru, player: &Player) -> Self {
        Self {
            lane: player.lane(&format!("thru {}", thru.from)),
            part: player.part(&thru.from),
            player: player.clone(),
            thru,
            port: None,
        }
    }

    /// Whether it comes from that input.
    pub fn is_from(&self, input: &str) -> bool {
        self.thru.is_from(input)
    }

    /// Connects it, if it is not.
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

    /// Something was played: it sounds.
    pub fn play(&self, message: Message) -> Result<(), MusicError> {
        let (Some(port), Some(own)) = (self.port, message.channel()) else {
            return Ok(());
        };
        let channel = self.thru.channel.unwrap_or(own);
        let press = |key, velocity| Press {
            lane: self.lane,
            port,
            part: self.part,
            channel,
            key,
            velocity,
        };
        match message.on(channel) {
            Message::NoteOn(_, key, velocity) => self.player.press(press(key, velocity)),
            Message::NoteOff(_, key) => self.player.lift(press(key, Velocity::default())),
            other => self.change(port, other),
        }
    }

    fn change(&self, port: PortId, message: Message) -> Result<(), MusicError> {
        let lane = Some(self.lane);
        self.player
            .message(port, self.part, message, When::Now, lane, None)
    }

    /// The keyboard is gone: its keys come up, and so does its pedal.
    pub fn lost(&self) -> Result<(), MusicError> {
        self.player.release(self.lane)?;
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
