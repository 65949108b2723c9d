//! Where instruments play, and their channels as the piece has set them.

use super::{
    activities::ScoreActivities,
    channels::{Assignment, Which},
    lane::Lane,
};
use crate::{
    engine::Failure,
    music::{MusicError, When},
    score::Instrument,
};

impl ScoreActivities {
    /// Where an instrument plays at present: at the first of its ports that is there.
    pub fn assignment(&self, lane: &Lane, instrument: &Instrument) -> Result<Assignment, Failure> {
        let name = &instrument.name;
        let port = self.ports.choose(&instrument.ports);
        let port = port.map_err(|missing| missing.failure(name))?;
        if let Some(known) = lane.assignments.of(name).filter(|known| known.port == port) {
            return Ok(known);
        }
        let (player, ports) = (&self.player, &self.ports);
        let mut lanes = self.lanes();
        let before = lane.assignments.of(name);
        let assigned = lanes
            .channels
            .assign(player, ports, &lane.assignments, instrument, port);
        let assigned = assigned.and_then(|assigned| {
            // One that comes from another port brings its settings along.
            if before.is_none() {
                self.chase_one(lane, name, assigned)?;
            }
            self.join_volume(&lanes, lane, assigned)?;
            Ok(assigned)
        });
        assigned.map_err(|error| Failure::new("Player", error.to_string()))
    }

    /// Sets the channels of a lane as its controls have set them. A channel that is set so already gets the same once
    /// more.
    pub fn chase(&self, lane: &Lane, which: Which) -> Result<(), MusicError> {
        for (instrument, assigned) in lane.assignments.by_instrument(which) {
            self.chase_one(lane, &instrument, assigned)?;
        }
        Ok(())
    }

    fn chase_one(&self, lane: &Lane, name: &str, assigned: Assignment) -> Result<(), MusicError> {
        for message in lane.chase(name, assigned.channel) {
            let (port, part) = (assigned.port, assigned.part);
            self.player
                .message(port, part, message, When::Now, Some(lane.id), None)?;
        }
        Ok(())
    }
}
