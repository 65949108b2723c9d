//! Which channel of a port an instrument gets: one of its own, as long as there is one.

use super::{
    channels::{Assignments, ChannelAllocator},
    ports::Ports,
};
use crate::{
    music::{Channel, PortId},
    score::{ChannelSetup, Instrument},
};

/// The channels that a port has.
#[derive(Clone, Copy)]
pub(super) enum Places {
    /// Sixteen, as devices and SoundFonts have them.
    Channels,
    /// Those of the built-in synth.
    Parts,
}

impl Places {
    fn all(self) -> impl Iterator<Item = Channel> {
        let is_there = move |channel: &Channel| match self {
            Self::Channels => channel.group() == 0,
            Self::Parts => true,
        };
        Channel::parts().filter(is_there)
    }
}

/// This part of the channels of a port is left to scores.
const LEFT_TO_SCORES: usize = 4;

impl ChannelAllocator {
    /// Whether a port has a channel to spare for an instrument that only makes events audible: one that is not in
    /// use, with enough left for scores. Kits share a channel.
    pub fn can_spare(
        &self,
        ports: &Ports,
        port: PortId,
        instrument: &Instrument,
        assignments: &Assignments,
    ) -> bool {
        let setup = instrument.setup(ports.bank());
        let places = places(ports, port, instrument);
        let channel = self.free_channel((port, places), instrument, &setup, assignments);
        let owners = |channel| self.owners.get(&(port, channel)).map(Vec::as_slice);
        let mut others = owners(channel).unwrap_or_default().iter();
        let is_own = others.all(|other| other.instance == assignments.instance);
        let melodic = || places.all().filter(|channel| !channel.is_drums());
        let free = melodic().filter(|channel| owners(*channel).is_none_or(<[_]>::is_empty));
        channel.is_drums() || (is_own && free.count() > melodic().count() / LEFT_TO_SCORES)
    }

    /// The channel that an instrument had, else the one that the score asks for, else a free one, else one that it
    /// shares.
    pub(super) fn free_channel(
        &self,
        (port, places): (PortId, Places),
        instrument: &Instrument,
        setup: &ChannelSetup,
        assignments: &Assignments,
    ) -> Channel {
        let asked = instrument.channel;
        let owners = |channel: Channel| {
            let owners = self.owners.get(&(port, channel)).into_iter();
            owners.flatten().collect::<Vec<_>>()
        };
        let is_free = |channel: Channel| owners(channel).is_empty();
        // Several instruments of a score share a channel if the score says so.
        let is_own = |channel: Channel| {
            let owners = owners(channel);
            owners
                .iter()
                .all(|owner| owner.instance == assignments.instance)
        };
        let given = |name: &str| assignments.asked.iter().find(|(other, _)| other == name);
        let shares_as_written = |channel: Channel| {
            instrument.has_own_channel
                && is_own(channel)
                && owners(channel)
                    .iter()
                    .all(|owner| given(&owner.instrument).is_some_and(|(_, other)| *other == asked))
        };
        let recorded = assignments.recorded.get(&instrument.name).copied();
        let recorded = recorded.and_then(Channel::from_part);
        if let Some(channel) = recorded.filter(|channel| is_free(*channel) || is_own(*channel)) {
            return channel;
        }
        let sounds_alike =
            |channel: &Channel| owners(*channel).iter().all(|owner| owner.setup == *setup);
        let is_kit_of_score = asked.is_drums() && is_own(asked) && sounds_alike(&asked);
        // An instrument without a channel in the score leaves it to the one that the score gives it to.
        let mut written = assignments.written.iter();
        let is_for_another = !instrument.has_own_channel
            && written.any(|(name, channel)| *channel == asked && *name != instrument.name);
        let is_for_it = is_free(asked) && !is_for_another;
        if is_for_it || is_kit_of_score || shares_as_written(asked) {
            return asked;
        }
        // A group of channels has one for drums.
        let of_kind = |channel: &Channel| channel.is_drums() == asked.is_drums();
        let all = || places.all().filter(of_kind);
        let is_others = |channel: Channel| {
            let mut all = assignments.asked.iter();
            all.any(|(name, asked)| *asked == channel && *name != instrument.name)
        };
        let free = all().find(|channel| is_free(*channel) && !is_others(*channel));
        let free = free.or_else(|| all().find(|channel| is_free(*channel)));
        // The last resort: two sounds on one channel only if there is none with the same sound.
        let alike = || all().find(sounds_alike);
        free.or_else(alike).unwrap_or(asked)
    }
}

/// The channels that a port has for an instrument.
pub(super) fn places(ports: &Ports, port: PortId, instrument: &Instrument) -> Places {
    match (ports.is_built_in(port), &instrument.font) {
        (true, None) => Places::Parts,
        _ => Places::Channels,
    }
}
