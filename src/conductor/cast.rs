//! Who plays what on which port and channel, for one instance.

use std::collections::HashMap;

use crate::{
    engine::InstanceId,
    music::{Channel, LaneId, Message, MusicError, PartId, Patch, Player, PortId, When},
    score::{Document, Instrument, Voice},
};

use super::{lane::RunId, ports::Ports};

/// The instruments of one instance, at their places.
#[derive(Debug)]
pub struct Cast {
    /// The score.
    pub document: Document,
    /// The instance's lane.
    pub lane: LaneId,
    seats: HashMap<String, Seat>,
}

/// The place of an instrument.
#[derive(Debug, Clone, Copy)]
pub struct Seat {
    /// Its port.
    pub port: PortId,
    /// Its channel there.
    pub channel: Channel,
    /// Its part in recordings.
    pub part: PartId,
}

impl Cast {
    /// The place of an instrument.
    pub fn seat(&self, instrument: &str) -> Option<Seat> {
        self.seats.get(instrument).copied()
    }
}

/// Which channels of which ports are taken by which sound, over all instances.
#[derive(Default)]
pub(super) struct Seating {
    taken: HashMap<(PortId, Channel), (u8, Vec<RunId>)>,
    /// Names of parts, and the instance that has them.
    parts: HashMap<String, InstanceId>,
}

impl Seating {
    /// Gives every instrument of a score its place, and tells the ports which sounds are wanted.
    /// An instrument whose ports are all missing gets none; its notes will fail.
    pub fn seat(
        &mut self,
        player: &Player,
        ports: &Ports,
        run: &RunId,
        document: Document,
    ) -> Result<Cast, MusicError> {
        let instance = &run.instance;
        let lane = player.lane(instance.as_str());
        let mut seats = HashMap::new();
        for instrument in &document.instruments {
            let Ok(port) = ports.first(player, &instrument.ports) else {
                continue;
            };
            let program = program(instrument);
            let channel = self.channel(port, instrument, program, run);
            let part = player.part(&self.part_name(&instrument.name, instance));
            let message = Message::Program(channel, program);
            player.message(port, part, message, When::Now, Some(lane), None)?;
            let seat = Seat {
                port,
                channel,
                part,
            };
            seats.insert(instrument.name.clone(), seat);
        }
        Ok(Cast {
            document,
            lane,
            seats,
        })
    }

    /// Gives back what a run that has ended had taken.
    pub fn leave(&mut self, run: &RunId) {
        for (_, users) in self.taken.values_mut() {
            users.retain(|user| user != run);
        }
        self.taken.retain(|_, (_, users)| !users.is_empty());
    }

    /// The channel that the score asks for, if it is free or has that sound; else another one.
    fn channel(
        &mut self,
        port: PortId,
        instrument: &Instrument,
        program: u8,
        run: &RunId,
    ) -> Channel {
        let asked = instrument.channel;
        let others = Channel::all().filter(|channel| *channel != Channel::DRUMS);
        let mut candidates = vec![asked];
        if asked != Channel::DRUMS {
            candidates.extend(others);
        }
        let usable = |channel: &Channel| match self.taken.get(&(port, *channel)) {
            None => true,
            Some((sound, _)) => *sound == program,
        };
        let channel = candidates.into_iter().find(usable).unwrap_or(asked);
        let entry = self.taken.entry((port, channel));
        let (_, users) = entry.or_insert_with(|| (program, Vec::new()));
        users.push(run.clone());
        channel
    }

    /// The instrument's name; if another instance has a part of that name, with the instance.
    fn part_name(&mut self, instrument: &str, instance: &InstanceId) -> String {
        let owner = self
            .parts
            .entry(instrument.to_owned())
            .or_insert_with(|| instance.clone());
        if owner == instance {
            instrument.to_owned()
        } else {
            format!("{instrument} ({instance})")
        }
    }
}

/// The General MIDI program of an instrument's sound; kits have number 0 of the drum channel.
fn program(instrument: &Instrument) -> u8 {
    match instrument.voice {
        Voice::Patch(patch) => Patch::program(patch),
        Voice::Program(program) => program,
        Voice::Kit => 0,
    }
}
