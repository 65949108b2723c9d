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

use super::{channel_choice::places, ports::Ports};

/// Where the instruments of one instance play.
pub struct Assignments {
    pub(super) instance: InstanceId,
    lane: LaneId,
    /// The part of each instrument in recordings.
    parts: HashMap<String, PartId>,
    /// The channels that it had before a restart or in the run before.
    pub(super) recorded: BTreeMap<String, u8>,
    /// The channel that the score asks for, for each instrument.
    pub(super) asked: Vec<(String, Channel)>,
    /// The channels that the score itself gives to instruments.
    pub(super) written: Vec<(String, Channel)>,
    places: Mutex<HashMap<String, Place>>,
    shared: Mutex<Vec<String>>,
}

/// Instruments of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those on channels that no other run of the instance has set up.
    New,
    /// All.
    All,
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
    /// Whether the channel was set up before, by another run of the instance.
    was_set_up: bool,
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

    /// Where each instrument plays that has a port.
    pub fn by_instrument(&self, which: Which) -> Vec<(String, Assignment)> {
        let places = self.places();
        let meant = |place: &&Place| which == Which::All || !place.was_set_up;
        let all = places.iter().filter(|(_, place)| meant(place));
        let all = all.map(|(name, place)| (name.clone(), place.now));
        let mut all: Vec<_> = all.collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        all
    }

    /// The number of the channel of each instrument, to be recorded.
    pub fn channels(&self) -> BTreeMap<String, u8> {
        let places = self.places();
        let now = places
            .iter()
            .map(|(name, place)| (name.clone(), place.channel.number()));
        let mut channels = self.recorded.clone();
        channels.extend(now);
        channels
    }

    /// Whether the score gives an instrument the channel of another one, or it is one of several kits.
    fn shares_on_purpose(&self, instrument: &Instrument) -> bool {
        let others = self
            .asked
            .iter()
            .filter(|(name, _)| *name != instrument.name);
        let has_same = others
            .clone()
            .any(|(_, channel)| *channel == instrument.channel);
        has_same && (instrument.has_own_channel || instrument.channel.is_drums())
    }

    /// Its instruments that share a channel of a device because it has no free one, in words.
    pub fn shared(&self) -> Vec<String> {
        self.shared
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn places(&self) -> MutexGuard<'_, HashMap<String, Place>> {
        // Nothing that is done under the lock can panic halfway.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An instrument of an instance that has a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub instance: InstanceId,
    pub instrument: String,
    pub setup: ChannelSetup,
    /// Whether the channel was set up. After a restart it is not, although it is taken.
    is_set_up: bool,
}

impl Owner {
    /// Whether it is the same instrument with the same sound.
    fn is(&self, other: &Self) -> bool {
        self.instance == other.instance
            && self.instrument == other.instrument
            && self.setup == other.setup
    }

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
    pub(super) owners: HashMap<(PortId, Channel), Vec<Owner>>,
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
            let channel = channel.and_then(Channel::from_part);
            let port = ports.choose(&instrument.ports).ok();
            if let (Some(channel), Some(port)) = (channel, port) {
                let owner = Owner {
                    instance: instance.clone(),
                    instrument: instrument.name.clone(),
                    setup: instrument.setup(ports.bank()),
                    is_set_up: false,
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
        let assignments = self.unassigned(player, instance, &document.instruments, recorded);
        for instrument in &document.instruments {
            // The notes of an instrument whose ports are all missing report that.
            if let Ok(port) = ports.choose(&instrument.ports) {
                self.assign(player, ports, &assignments, instrument, port)?;
            }
        }
        Ok(assignments)
    }

    /// The places of instruments that have none yet.
    pub fn unassigned(
        &mut self,
        player: &Player,
        instance: &InstanceId,
        instruments: &[Instrument],
        recorded: BTreeMap<String, u8>,
    ) -> Assignments {
        let names = instruments.iter().map(|i| i.name.clone());
        let parts = names.map(|name| {
            let part = player.part(&self.part_name(&name, instance));
            (name, part)
        });
        let parts = parts.collect();
        let asked = instruments.iter();
        Assignments {
            instance: instance.clone(),
            lane: player.lane(instance.as_str()),
            parts,
            recorded,
            written: asked
                .clone()
                .filter(|i| i.has_own_channel)
                .map(|i| (i.name.clone(), i.channel))
                .collect(),
            asked: asked.map(|i| (i.name.clone(), i.channel)).collect(),
            places: Mutex::default(),
            shared: Mutex::default(),
        }
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
        let (assignment, channel, was_set_up) = match (known, place) {
            (Some(known), Some(place)) => (*known, place.channel, true),
            _ => {
                let (channel, was_set_up) = self.channel(ports, port, instrument, assignments);
                let part = assignments.parts.get(&instrument.name).copied();
                let assignment = Assignment {
                    port,
                    channel: ports.channel(port, channel),
                    part: part.unwrap_or(PartId(0)),
                };
                // The next run of the same instance finds the channel as the one before left it.
                let left = match was_set_up || self.is_shared(port, channel) {
                    true => Vec::new(),
                    false => ports.reset_messages(port, assignment.channel),
                };
                let lane = Some(assignments.lane);
                let messages = setup.messages(assignment.channel).filter(|_| !was_set_up);
                for message in left.into_iter().chain(messages) {
                    player.message(port, assignment.part, message, When::Now, lane, None)?;
                }
                (assignment, channel, was_set_up)
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
            was_set_up,
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

    /// The channel of an instrument on a port: the one that it has or had, else the one that the score asks for, else a
    /// free one. Only if there is none, it shares one. True: it is set up already.
    fn channel(
        &mut self,
        ports: &Ports,
        port: PortId,
        instrument: &Instrument,
        assignments: &Assignments,
    ) -> (Channel, bool) {
        let mut owner = Owner {
            instance: assignments.instance.clone(),
            instrument: instrument.name.clone(),
            setup: instrument.setup(ports.bank()),
            is_set_up: true,
        };
        let mut owned = self.owners.iter_mut().filter(|(place, _)| place.0 == port);
        let known = owned.find_map(|(place, owners)| {
            let known = owners.iter_mut().find(|known| known.is(&owner))?;
            Some((place.1, std::mem::replace(&mut known.is_set_up, true)))
        });
        if let Some(known) = known {
            return known;
        }
        // Of the run before, with another sound.
        for owners in self.owners.values_mut() {
            owners.retain(|other| !owner.replaces(other));
        }
        self.owners.retain(|_, owners| !owners.is_empty());
        let places = places(ports, port, instrument);
        let channel = self.free_channel((port, places), instrument, &owner.setup, assignments);
        owner.is_set_up = true;
        let is_meant = assignments.shares_on_purpose(instrument);
        let shares = self.shares((port, channel), (&owner.instance, &owner.instrument));
        if let Some(sentence) = shares.filter(|_| !is_meant) {
            let mut shared = assignments
                .shared
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            shared.push(sentence);
        }
        self.owners.entry((port, channel)).or_default().push(owner);
        (channel, false)
    }

    /// The others that an instrument shares its channel with, although the score does not say so.
    fn shares(&self, place: (PortId, Channel), owner: (&InstanceId, &str)) -> Option<String> {
        let others = self.owners.get(&place)?.iter();
        let others = others.filter(|other| (&other.instance, other.instrument.as_str()) != owner);
        let names: Vec<_> = others
            .map(|other| format!("{} of {}", other.instrument, other.instance))
            .collect();
        let (_, name) = owner;
        let channel = place.1.number();
        (!names.is_empty()).then(|| {
            format!(
                "{name} shares channel {channel} with {}: the device has no free one",
                names.join(", ")
            )
        })
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
