//! History events that sound, as a score declares them: in key, and on the grid.

use crate::{
    engine::{Committed, Event, InstanceId},
    music::{Beat, Beats, HORIZON, Nanos, Note, Transport},
    score::EventSound,
};

use super::{activities::ScoreActivities, lane::Lane, performer::heard};

impl ScoreActivities {
    /// Plays the sounds of the events in a commit.
    pub(super) fn sound(&self, lane: &Lane, committed: &Committed) {
        for event in &committed.events {
            let name = event.kind.name();
            for sound in &lane.document.sounds {
                if sound.on.name() == name {
                    self.sound_event(lane, &committed.instance.id, event, sound);
                }
            }
        }
    }

    fn sound_event(&self, lane: &Lane, instance: &InstanceId, event: &Event, sound: &EventSound) {
        let transport = self.player.transport();
        let instrument = lane.document.instrument(&sound.instrument);
        let is_heard = self.mixer.borrow().is_audible(instance, &sound.instrument);
        if !transport.is_rolling() || !is_heard {
            return;
        }
        // A sound is skipped if its port is missing.
        let Some(Ok(assigned)) = instrument.map(|instrument| self.assignment(lane, instrument))
        else {
            return;
        };
        let at = self.next_on_grid(transport, event, sound.grid);
        let velocity = self.velocity(lane, assigned, sound.velocity);
        for (key, velocity) in heard(&sound.keys, velocity) {
            // A sound is skipped if the player's queue is full.
            let _ = self.player.note(Note {
                lane: lane.id,
                source: Some(event.id.0),
                port: assigned.port,
                part: assigned.part,
                channel: assigned.channel,
                key,
                velocity,
                at,
                length: sound.length,
            });
        }
    }

    /// Where the sound of an event is: on its grid, as soon as the player can play it. It depends on the
    /// event alone, so that replay knows it, unless the commit took so long that this has passed.
    fn next_on_grid(&self, transport: Transport, event: &Event, grid: Beats) -> Beat {
        let now = self.player.now();
        let origin = self.player.origin();
        let happened = self.clock.instant(event.at);
        let happened = Nanos::ZERO + happened.saturating_duration_since(origin);
        let at = on_grid(transport.position(happened + HORIZON), grid);
        match at < transport.position(now) {
            true => on_grid(transport.position(now + HORIZON), grid),
            false => at,
        }
    }
}

/// The first multiple of `grid` at or after a beat.
pub(super) fn on_grid(beat: Beat, grid: Beats) -> Beat {
    if grid <= Beats::ZERO {
        return beat;
    }
    Beat(grid * (beat.0 / grid).ceil())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_wait_for_their_grid() {
        let at = |n, d| Beat(Beats::new(n, d));
        assert_eq!(on_grid(at(5, 4), Beats::new(1, 2)), at(3, 2));
        assert_eq!(on_grid(at(3, 2), Beats::new(1, 2)), at(3, 2));
        assert_eq!(on_grid(at(1, 3), Beats::ZERO), at(1, 3));
    }
}
