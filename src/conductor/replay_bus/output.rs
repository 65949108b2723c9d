//! The player of the bus and its ports.

use std::collections::BTreeSet;

use super::{ReplayRoute, tape::TapeNote};
use crate::{
    conductor::BUILT_IN,
    music::{
        Beat, Beats, Channel, LaneId, Message, MusicError, Nanos, Note, Null, Pace, PartId, Player,
        PortId, PortMemory, PortOptions, Sink, Tempo, When,
    },
};

/// The tempo of the bus's transport: a beat is a second, so that beats are a scale of time.
const SECONDS: f64 = 60.0;

/// Where the bus sounds now, and what it has sent there.
///
/// Its calls do not fail: a player that has ended has released everything, and a queue that is full drops
/// notes, which it counts.
pub(super) struct Output {
    player: Player,
    lane: LaneId,
    part: PartId,
    synth: PortId,
    /// The port for MIDI outputs, once there was one.
    device: Option<PortId>,
    /// `None`: nowhere.
    port: Option<PortId>,
    /// What the channels of the port were set to.
    memory: PortMemory,
    /// Channels with messages that may have been dropped on their way.
    uncertain: BTreeSet<Channel>,
    /// Channels with notes since the last silence.
    sounding: BTreeSet<Channel>,
}

impl Output {
    pub fn new(player: Player, synth: Box<dyn Sink>) -> Result<Self, MusicError> {
        let synth = player.add_port(BUILT_IN, synth)?;
        let unlimited = PortOptions {
            pace: Pace::Unlimited,
            ..PortOptions::default()
        };
        player.set_port_options(synth, unlimited)?;
        player.set_tempo(Tempo::new(SECONDS).unwrap_or_default())?;
        player.roll(std::time::Duration::ZERO)?;
        Ok(Self {
            lane: player.lane("replay"),
            part: player.part("replay"),
            player,
            synth,
            device: None,
            port: Some(synth),
            memory: PortMemory::default(),
            uncertain: BTreeSet::new(),
            sounding: BTreeSet::new(),
        })
    }

    /// Plays a note that is due at a time and lasts that many nanoseconds.
    pub fn note(&mut self, note: &TapeNote, due: Nanos, lasts: u64) {
        let Some(port) = self.port else {
            return;
        };
        self.sounding.insert(note.channel);
        let _ = self.player.note(Note {
            lane: self.lane,
            source: None,
            port,
            part: self.part,
            channel: note.channel,
            key: note.key,
            velocity: note.velocity,
            at: self.beat(due),
            length: Beats::from_f64(lasts as f64 / 1e9),
        });
    }

    /// Sends a message that is due at a time.
    pub fn message(&mut self, message: Message, due: Nanos) {
        let (Some(port), Some(channel)) = (self.port, message.channel()) else {
            return;
        };
        self.memory.update(message);
        self.uncertain.insert(channel);
        let (when, lane) = (When::Beat(self.beat(due)), Some(self.lane));
        let _ = self
            .player
            .message(port, self.part, message, when, lane, None);
    }

    /// Sets a channel up at a time, whatever it was set to before.
    pub fn set_up_at(&mut self, channel: Channel, messages: &[Message], due: Nanos) {
        for message in self.changes(channel, messages) {
            self.message(message, due);
        }
    }

    /// Sets a channel up at once.
    pub fn set_up(&mut self, channel: Channel, messages: &[Message]) {
        let Some(port) = self.port else {
            return;
        };
        for message in self.changes(channel, messages) {
            self.memory.update(message);
            let _ = self.player.configure(port, message);
        }
        self.uncertain.remove(&channel);
    }

    /// The messages that set a channel up; none if it is set up so already.
    fn changes(&self, channel: Channel, messages: &[Message]) -> Vec<Message> {
        let known = !self.uncertain.contains(&channel);
        if known && self.memory.messages(channel, channel) == messages {
            return Vec::new();
        }
        let pedal = self.memory.is_sustained(channel);
        let pedal = pedal.then_some(Message::Control(channel, Message::SUSTAIN, 0));
        let mut changes = self.memory.reset_messages(channel);
        changes.extend(pedal);
        changes.extend(messages);
        changes
    }

    /// Releases every note at once and drops what is pending.
    pub fn silence(&mut self) {
        let _ = self.player.release_lane(self.lane);
        let sounding = std::mem::take(&mut self.sounding);
        let Some(port) = self.port else {
            return;
        };
        for channel in sounding {
            for control in [Message::SUSTAIN, Message::ALL_SOUND_OFF] {
                let message = Message::Control(channel, control, 0);
                self.memory.update(message);
                let _ = self.player.configure(port, message);
            }
        }
    }

    /// Changes the port. The bus is silent.
    pub fn reroute(&mut self, to: &ReplayRoute, sink: Option<Box<dyn Sink>>) {
        self.memory = PortMemory::default();
        self.uncertain = Channel::all().collect();
        self.port = match (to, sink) {
            (ReplayRoute::Synth, _) => Some(self.synth),
            (ReplayRoute::Port(name), Some(sink)) => self.bind(name, sink),
            (ReplayRoute::Port(_), None) | (ReplayRoute::Off, _) => None,
        };
        if self.port != self.device
            && let Some(device) = self.device
        {
            // Closes the connection.
            let _ = self.player.rebind_port(device, Box::new(Null));
        }
    }

    fn bind(&mut self, name: &str, sink: Box<dyn Sink>) -> Option<PortId> {
        let bound = match self.device {
            Some(device) => self.player.rebind_port(device, sink).map(|()| device),
            None => self.player.add_port(name, sink),
        };
        self.device = bound.ok().or(self.device);
        self.device
    }

    /// A time as a position of the transport.
    fn beat(&self, at: Nanos) -> Beat {
        self.player.transport().position(at)
    }
}
