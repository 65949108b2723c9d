//! Who plays what on which port and channel, for one instance.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    engine::InstanceId,
    music::{Channel, LaneId, MusicError, PartId, Player, PortId, When},
    score::{Document, Instrument, Setup},
};

use super::{lane::RunId, ports::Ports};

/// The instruments of one instance, at their places.
pub struct Cast {
    /// The score.
    pub document: Document,
    /// The instance's lane.
    pub lane: LaneId,
    run: RunId,
    parts: HashMap<String, PartId>,
    places: Mutex<HashMap<String, Place>>,
}

/// The place of an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat {
    /// Its port.
    pub port: PortId,
    /// Its channel there.
    pub channel: Channel,
    /// Its part in recordings.
    pub part: PartId,
}

/// Where an instrument sits, and where else it has sat: it returns to the same channel.
#[derive(Debug)]
struct Place {
    now: Seat,
    all: Vec<Seat>,
}

impl Cast {
    /// Where an instrument sits, if it does.
    pub fn seat(&self, instrument: &str) -> Option<Seat> {
        self.places().get(instrument).map(|place| place.now)
    }

    /// Where its instruments sit.
    pub fn seats(&self) -> Vec<Seat> {
        self.places().values().map(|place| place.now).collect()
    }

    fn places(&self) -> MutexGuard<'_, HashMap<String, Place>> {
        // Nothing that is done under the lock can panic halfway.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which channels of which ports are taken by which sound, over all instances.
#[derive(Default)]
pub(super) struct Seating {
    taken: HashMap<(PortId, Channel), (Setup, Vec<RunId>)>,
    /// Names of parts, and the instance that has them.
    parts: HashMap<String, InstanceId>,
}

impl Seating {
    /// Brings the instruments of a score together. Those whose ports are there sit down, and the
    /// ports are told which sounds are wanted.
    pub fn cast(
        &mut self,
        player: &Player,
        ports: &Ports,
        run: &RunId,
        document: Document,
    ) -> Result<Cast, MusicError> {
        let instance = &run.instance;
        let names = document.instruments.iter().map(|i| i.name.clone());
        let parts = names.map(|name| {
            let part = player.part(&self.part_name(&name, instance));
            (name, part)
        });
        let cast = Cast {
            lane: player.lane(instance.as_str()),
            run: run.clone(),
            parts: parts.collect(),
            places: Mutex::default(),
            document,
        };
        for instrument in &cast.document.instruments {
            // The notes of one whose ports are all missing will say so.
            if let Ok(port) = ports.choose(&instrument.ports) {
                self.seat(player, ports, &cast, instrument, port)?;
            }
        }
        Ok(cast)
    }

    /// Seats an instrument at a port. A channel that nobody plays any more begins anew: what others
    /// have left there is taken back. One that comes from another port brings along what its channel
    /// was told there.
    pub fn seat(
        &mut self,
        player: &Player,
        ports: &Ports,
        cast: &Cast,
        instrument: &Instrument,
        port: PortId,
    ) -> Result<Seat, MusicError> {
        let mut places = cast.places();
        let place = places.get(&instrument.name);
        let before = place.map(|place| place.now);
        if let Some(seat) = before.filter(|seat| seat.port == port) {
            return Ok(seat);
        }
        let known = place.and_then(|place| place.all.iter().find(|seat| seat.port == port));
        let seat = match known {
            Some(seat) => *seat,
            None => {
                let setup = instrument.setup();
                let channel = self.channel(port, instrument, &setup, &cast.run);
                let is_shared = self.is_shared(port, channel);
                let seat = Seat {
                    port,
                    channel: ports.channel(port, channel),
                    part: cast
                        .parts
                        .get(&instrument.name)
                        .copied()
                        .unwrap_or(PartId(0)),
                };
                let left = match is_shared {
                    true => Vec::new(),
                    false => ports.taking_back(port, seat.channel),
                };
                for message in left.into_iter().chain(setup.messages(seat.channel)) {
                    player.message(port, seat.part, message, When::Now, Some(cast.lane), None)?;
                }
                seat
            }
        };
        if let Some(before) = before {
            ports.carry((before.port, before.channel), (seat.port, seat.channel))?;
        }
        let place = places.entry(instrument.name.clone());
        let place = place.or_insert_with(|| Place {
            now: seat,
            all: Vec::new(),
        });
        place.now = seat;
        if !place.all.contains(&seat) {
            place.all.push(seat);
        }
        Ok(seat)
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
        setup: &Setup,
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
            Some((sound, _)) => sound == setup,
        };
        let channel = candidates.into_iter().find(usable).unwrap_or(asked);
        let entry = self.taken.entry((port, channel));
        let (_, users) = entry.or_insert_with(|| (setup.clone(), Vec::new()));
        users.push(run.clone());
        channel
    }

    /// Do several parts play on that channel?
    fn is_shared(&self, port: PortId, channel: Channel) -> bool {
        let taken = self.taken.get(&(port, channel));
        taken.is_some_and(|(_, users)| users.len() > 1)
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
