//! The volumes of lanes, where they are heard: on the channels of their instruments.
//!
//! A channel that one lane plays on has the volume of that lane, so what sounds already follows as well. If
//! several lanes share a channel of a device, the velocity of each note follows the volume of its lane
//! instead.

use super::{
    activities::{Lanes, ScoreActivities},
    channels::Assignment,
    lane::Lane,
};
use crate::music::{Message, MusicError, Velocity, Volume, When};

impl ScoreActivities {
    /// The velocity of a note of a lane; `None` if it must not be played, because the channel cannot be silent.
    pub fn velocity(
        &self,
        lane: &Lane,
        assigned: Assignment,
        written: Velocity,
    ) -> Option<Velocity> {
        let volume = self.volume_of(lane);
        match volume != Volume::UNITY && self.lanes().is_shared(lane, assigned) {
            true => volume.velocity(written),
            false => Some(written),
        }
    }

    /// The volume of a lane was set.
    pub(super) fn follow_volume(&self, lanes: &Lanes, lane: &Lane) -> Result<(), MusicError> {
        for assigned in lane.assignments.all() {
            self.set_channel_volume(lanes, lane, assigned)?;
        }
        Ok(())
    }

    /// A lane begins to play on a channel.
    pub(super) fn join_volume(
        &self,
        lanes: &Lanes,
        lane: &Lane,
        assigned: Assignment,
    ) -> Result<(), MusicError> {
        let is_set = |lane: &Lane| self.volume_of(lane) != Volume::UNITY;
        let mut others = lanes.others_on(lane, assigned);
        match is_set(lane) || others.any(|(other, _)| is_set(other)) {
            true => self.set_channel_volume(lanes, lane, assigned),
            false => Ok(()),
        }
    }

    /// A lane has left: the channels that it shared have the volume of the lane that is left on them.
    pub(super) fn leave_volume(&self, lanes: &Lanes, left: &Lane) -> Result<(), MusicError> {
        for assigned in left.assignments.all() {
            let other = lanes.others_on(left, assigned).next();
            if let Some((other, assigned)) = other {
                self.join_volume(lanes, other, assigned)?;
            }
        }
        Ok(())
    }

    fn set_channel_volume(
        &self,
        lanes: &Lanes,
        lane: &Lane,
        assigned: Assignment,
    ) -> Result<(), MusicError> {
        let volume = match lanes.is_shared(lane, assigned) {
            true => Volume::UNITY,
            false => self.volume_of(lane),
        };
        let message = Message::Volume(assigned.channel, volume);
        let (port, part) = (assigned.port, assigned.part);
        // Of no lane: a lane that falls silent takes its messages along.
        self.player
            .message(port, part, message, When::Now, None, None)
    }

    fn volume_of(&self, lane: &Lane) -> Volume {
        self.mixer.borrow().volume(&lane.assignments.instance)
    }
}

impl Lanes {
    /// Whether a lane shares a channel with others.
    fn is_shared(&self, lane: &Lane, assigned: Assignment) -> bool {
        self.others_on(lane, assigned).next().is_some()
    }

    /// The lanes of other instances that play on a channel.
    fn others_on(
        &self,
        lane: &Lane,
        assigned: Assignment,
    ) -> impl Iterator<Item = (&Lane, Assignment)> {
        let place = (assigned.port, assigned.channel);
        let instance = lane.assignments.instance.clone();
        let others = self
            .all()
            .filter(move |lane| lane.assignments.instance != instance);
        others.filter_map(move |lane| {
            let mut all = lane.assignments.all().into_iter();
            let on = all.find(|other| (other.port, other.channel) == place)?;
            Some((lane, on))
        })
    }
}
