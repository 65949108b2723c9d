//! MIDI channels: which instrument of which instance plays on which port and channel.
//!
//! The channels that an instance was given are in its history, so that it has the same ones after a
//! restart, whoever else was playing before.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    engine::InstanceId,
    music::{Channel, LaneId, MusicError, PartId, Player, PortId, When},
    score::{ChannelSetup, Document, Instrument},
};

use super::ports::Ports;

/// Where the instruments of one instance play.
pub struct Assignments {
    instance: InstanceId,
    lane: LaneId,
    /// The part of each instrument in recordings.
    parts: HashMap<String, PartId>,
    /// The channels that it had before a restart or in the run before.
    recorded: BTreeMap<String, u8>,
    /// The channel that the score gives each instrument.
    asked: Vec<(String, Channel)>,
    places: Mutex<HashMap<String, Place>>,
}

/// The port and channel of an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    /// Its port.
    pub port: PortId,
    /// Its channel there, as the device counts them.
    pub channel: Channel,
    /// Its part in recordings.
    pub part: PartId,
}

/// Where an instrument plays now, and where it played before: it returns to the same channel.
#[derive(Debug)]
struct Place {
    now: Assignment,
    /// Its channel before the rig changes it.
    channel: Channel,
    all: Vec<Assignment>,
}

impl Assignments {
    /// Where an instrument plays, if it has a port.
    pub fn of(&self, instrument: &str) -> Option<Assignment> {
        self.places().get(instrument).map(|place| place.now)
    }

    /// Where all instruments that have a port play.
    pub fn all(&self) -> Vec<Assignment> {
        self.places().values().map(|place| place.now).collect()
    }

    /// The channel number of each instrument, from 1 to 16, to be recorded.
    pub fn channels(&self) -> BTreeMap<String, u8> {
        let places = self.places();
        let now = places
            .iter()
            .map(|(name, place)| (name.clone(), place.channel.number()));
        let mut channels = self.recorded.clone();
        channels.extend(now);
        channels
    }

    fn places(&self) -> MutexGuard<'_, HashMap<String, Place>> {
        // Nothing that is done under the lock can panic halfway.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instrument of an instance that has a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owner {
    instance: InstanceId,
    instrument: String,
    setup: ChannelSetup,
}

impl Owner {
    /// Whether it is the same instrument with another sound.
    fn replaces(&self, other: &Self) -> bool {
        self.instance == other.instance
            && self.instrument == other.instrument
            && self.setup != other.setup
    }
}

/// Gives out the channels of all ports, over all instances.
#[derive(Default)]
pub(super) struct ChannelAllocator {
    owners: HashMap<(PortId, Channel), Vec<Owner>>,
    /// Names of parts, and the instance that has them.
    parts: HashMap<String, InstanceId>,
}

impl ChannelAllocator {
    /// Takes the channels that an instance had before a restart, so that no other gets them.
    pub fn restore(
        &mut self,
        ports: &Ports,
        instance: &InstanceId,
        document: &Document,
        recorded: &BTreeMap<String, u8>,
    ) {
        for instrument in &document.instruments {
            let channel = recorded.get(&instrument.name).copied();
            let channel = channel.and_then(Channel::from_number);
            let port = ports.choose(&instrument.ports).ok();
            if let (Some(channel), Some(port)) = (channel, port) {
                let owner = Owner {
                    instance: instance.clone(),
                    instrument: instrument.name.clone(),
                    setup: instrument.setup(ports.bank()),
                };
                self.owners.entry((port, channel)).or_default().push(owner);
            }
        }
    }

    /// Assigns a port and a channel to each instrument of a score whose port is there.
    pub fn assign_all(
        &mut self,
        player: &Player,
        ports: &Ports,
        instance: &InstanceId,
        document: &Document,
        recorded: BTreeMap<String, u8>,
    ) -> Result<Assignments, MusicError> {
        let names = document.instruments.iter().map(|i| i.name.clone());
        let parts = names.map(|name| {
            let part = player.part(&self.part_name(&name, instance));
            (name, part)
        });
        let parts = parts.collect();
        let asked = document.instruments.iter();
        let assignments = Assignments {
            instance: instance.clone(),
            lane: player.lane(instance.as_str()),
            parts,
            recorded,
            asked: asked.map(|i| (i.name.clone(), i.channel)).collect(),
            places: Mutex::default(),
        };
        for instrument in &document.instruments {
            // The notes of an instrument whose ports are all missing report that.
            if let Ok(port) = ports.choose(&instrument.ports) {
                self.assign(player, ports, &assignments, instrument, port)?;
            }
        }
        Ok(assignments)
    }

    /// Assigns a channel of a port to an instrument. On a channel that no other plays, settings
    /// that others have left are reset. An instrument that comes from another port brings the settings
    /// of its channel along.
    pub fn assign(
        &mut self,
        player: &Player,
        ports: &Ports,
        assignments: &Assignments,
        instrument: &Instrument,
        port: PortId,
    ) -> Result<Assignment, MusicError> {
        let mut places = assignments.places();
        let place = places.get(&instrument.name);
        let before = place.map(|place| place.now);
        if let Some(assignment) = before.filter(|before| before.port == port) {
            return Ok(assignment);
        }
        let setup = instrument.setup(ports.bank());
        let known = place.and_then(|place| place.all.iter().find(|known| known.port == port));
        let (assignment, channel) = match (known, place) {
            (Some(known), Some(place)) => (*known, place.channel),
            _ => {
                let (channel, is_inherited) = self.channel(port, instrument, &setup, assignments);
                let part = assignments.parts.get(&instrument.name).copied();
                let assignment = Assignment {
                    port,
                    channel: ports.channel(port, channel),
                    part: part.unwrap_or(PartId(0)),
                };
                let left = match is_inherited || self.is_shared(port, channel) {
                    true => Vec::new(),
                    false => ports.reset_messages(port, assignment.channel),
                };
                let lane = Some(assignments.lane);
                let messages = setup.messages(assignment.channel);
                for message in left.into_iter().chain(messages) {
                    player.message(port, assignment.part, message, When::Now, lane, None)?;
                }
                (assignment, channel)
            }
        };
        if let Some(before) = before {
            ports.carry(
                (before.port, before.channel),
                (assignment.port, assignment.channel),
            )?;
        }
        let place = places.entry(instrument.name.clone());
        let place = place.or_insert_with(|| Place {
            now: assignment,
            channel,
            all: Vec::new(),
        });
        place.now = assignment;
        place.channel = channel;
        if !place.all.contains(&assignment) {
            place.all.push(assignment);
        }
        Ok(assignment)
    }

    /// Frees the channels of an instance that has ended.
    pub fn release(&mut self, instance: &InstanceId) {
        for owners in self.owners.values_mut() {
            owners.retain(|owner| owner.instance != *instance);
        }
        self.owners.retain(|_, owners| !owners.is_empty());
    }

    /// The channel of an instrument on a port: the one that it has or had, else the one that the score
    /// asks for, else a free one, else one with the same sound. True: it already had it.
    fn channel(
        &mut self,
        port: PortId,
        instrument: &Instrument,
        setup: &ChannelSetup,
        assignments: &Assignments,
    ) -> (Channel, bool) {
        let owner = Owner {
            instance: assignments.instance.clone(),
            instrument: instrument.name.clone(),
            setup: setup.clone(),
        };
        let mut owned = self.owners.iter().filter(|(place, _)| place.0 == port);
        if let Some((place, _)) = owned.find(|(_, owners)| owners.contains(&owner)) {
            return (place.1, true);
        }
        // Of the run before, with another sound.
        for owners in self.owners.values_mut() {
            owners.retain(|other| !owner.replaces(other));
        }
        self.owners.retain(|_, owners| !owners.is_empty());
        let channel = self.free_channel(port, instrument, setup, assignments);
        self.owners.entry((port, channel)).or_default().push(owner);
        (channel, false)
    }

    fn free_channel(
        &self,
        port: PortId,
        instrument: &Instrument,
        setup: &ChannelSetup,
        assignments: &Assignments,
    ) -> Channel {
        let asked = instrument.channel;
        let owners = |channel: Channel| self.owners.get(&(port, channel)).map(Vec::as_slice);
        let is_free = |channel: Channel| owners(channel).is_none();
        let sounds_alike = |channel: Channel| {
            owners(channel).is_none_or(|owners| owners.iter().all(|owner| owner.setup == *setup))
        };
        let recorded = assignments.recorded.get(&instrument.name).copied();
        let recorded = recorded.and_then(Channel::from_number);
        if let Some(channel) = recorded.filter(|channel| sounds_alike(*channel)) {
            return channel;
        }
        // Several instruments of a score share a channel only if the score says so.
        let is_others = |channel: Channel| {
            let mut all = assignments.asked.iter();
            all.any(|(name, asked)| *asked == channel && *name != instrument.name)
        };
        let has_own = |channel: Channel| {
            let mut owners = owners(channel).into_iter().flatten();
            owners.any(|owner| owner.instance == assignments.instance)
        };
        if sounds_alike(asked) && (is_others(asked) || !has_own(asked)) {
            return asked;
        }
        if asked == Channel::DRUMS {
            return asked;
        }
        let others = || Channel::all().filter(|channel| *channel != Channel::DRUMS);
        let free = others().find(|channel| is_free(*channel) && !is_others(*channel));
        let free = free.or_else(|| others().find(|channel| is_free(*channel)));
        let alike = || others().find(|channel| sounds_alike(*channel) && !has_own(*channel));
        let any = || others().find(|channel| sounds_alike(*channel));
        free.or_else(alike).or_else(any).unwrap_or(asked)
    }

    /// Whether several parts play on that channel.
    fn is_shared(&self, port: PortId, channel: Channel) -> bool {
        let owners = self.owners.get(&(port, channel));
        owners.is_some_and(|owners| owners.len() > 1)
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
