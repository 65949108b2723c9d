//! The channel of each instrument on the bus.

use std::collections::{BTreeMap, BTreeSet};

use crate::{conductor::PartNumber, engine::InstanceId, music::Channel};

/// An instrument of a lane, on the channel that its history records.
type Voice = (InstanceId, PartNumber, Channel);

/// Channels that were given out. They stay the same while the lane stays.
#[derive(Debug, Default)]
pub(super) struct Voices(BTreeMap<Voice, Channel>);

impl Voices {
    /// Keeps the channels of these lanes only.
    pub fn retain(&mut self, lanes: &[&InstanceId]) {
        self.0.retain(|(lane, ..), _| lanes.contains(&lane));
    }

    /// The channel of an instrument: the recorded one if it is free, else another one. When all are
    /// taken, instruments share.
    pub fn channel(&mut self, lane: &InstanceId, part: PartNumber, recorded: Channel) -> Channel {
        let voice = (lane.clone(), part, recorded);
        if let Some(channel) = self.0.get(&voice) {
            return *channel;
        }
        // Kits play on their channel only.
        let channel = match recorded == Channel::DRUMS {
            true => recorded,
            false => self.free(recorded),
        };
        self.0.insert(voice, channel);
        channel
    }

    fn free(&self, recorded: Channel) -> Channel {
        let taken: BTreeSet<_> = self.0.values().collect();
        let others = Channel::all().filter(|channel| *channel != Channel::DRUMS);
        let mut all = std::iter::once(recorded).chain(others);
        all.find(|channel| !taken.contains(channel))
            .unwrap_or(recorded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_get_channels_of_their_own_and_keep_them() {
        let lanes = ["a", "b"].map(|id| InstanceId::new(id).unwrap());
        let (part, one) = (PartNumber(0), Channel::FIRST);
        let mut voices = Voices::default();
        let given = lanes.each_ref().map(|lane| voices.channel(lane, part, one));
        assert_eq!(given.map(Channel::number), [1, 2]);
        let drums = lanes
            .each_ref()
            .map(|lane| voices.channel(lane, part, Channel::DRUMS));
        assert_eq!(drums, [Channel::DRUMS; 2]);
        voices.retain(&[&lanes[1]]);
        assert_eq!(voices.channel(&lanes[1], part, one), given[1]);
        assert_eq!(voices.channel(&lanes[0], part, one), given[0]);
    }
}
