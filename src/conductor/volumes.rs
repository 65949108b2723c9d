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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use tokio::time::sleep;

    use super::*;
    use crate::{
        conductor::test_performance::{Performance, perform_document},
        engine::InstanceId,
        music::{PartId, Synth},
        score::{Document, parse},
    };

    const RATE: u32 = 48_000;

    /// Four long notes of an organ, for eight seconds.
    fn organ(key: &str) -> Document {
        let text = format!(
            "document: {{ dsl: 1.0.0, namespace: t, name: organ-{key}, version: 1.0.0, metadata: {{ fermata: {{ \
             tempo: 120, instruments: {{ organ-{key}: {{ patch: organ }} }} }} }} }}\ndo:\n  - line: {{ call: play, \
             with: {{ instrument: organ-{key}, pattern: \"{key}\", repeat: 4 }} }}\n"
        );
        parse(&text, "organ").unwrap()
    }

    /// Two lanes play; after two seconds the first has this volume.
    fn performed(volume: Option<f64>) -> Performance {
        perform_document(&organ("c4"), async |conductor| {
            let other = InstanceId::new("other").unwrap();
            let score = organ("g4");
            let begun = conductor.perform(&score, Some(other.clone()), json!({}));
            begun.await.unwrap();
            sleep(Duration::from_secs(2)).await;
            if let Some(decibels) = volume {
                let first = InstanceId::new("piece").unwrap();
                conductor.set_volume(first, Volume::from_decibels(decibels));
            }
            conductor.engine().until_closed(&other).await.unwrap();
        })
    }

    /// The level of a part between the third and the fifth second, in decibels.
    fn level(performance: &Performance, part: PartId) -> f32 {
        let mut synth = Synth::new(RATE);
        let mut sound = Vec::new();
        let mut render = |synth: &mut Synth, until: u64| {
            let frames = (until * u64::from(RATE) / 1_000_000_000) as usize;
            let mut left = vec![0.0; frames.saturating_sub(sound.len())];
            let mut right = left.clone();
            synth.render(&mut left, &mut right);
            sound.extend(left);
        };
        for sent in performance.sent.iter().filter(|s| s.part == Some(part)) {
            render(&mut synth, sent.sent.0.min(5_000_000_000));
            synth.handle(sent.message);
        }
        render(&mut synth, 5_000_000_000);
        let heard = &sound[3 * RATE as usize..5 * RATE as usize];
        let energy: f32 = heard.iter().map(|s| s * s).sum();
        10.0 * (energy / heard.len() as f32).max(1e-12).log10()
    }

    fn levels(volume: Option<f64>) -> [f32; 2] {
        let performance = performed(volume);
        let mut parts: Vec<_> = performance.sent.iter().filter_map(|s| s.part).collect();
        parts.sort_unstable();
        parts.dedup();
        assert_eq!(parts.len(), 2);
        [0, 1].map(|place| level(&performance, parts[place]))
    }

    #[test]
    fn the_lane_sounds_softer_by_as_many_decibels_and_the_other_one_as_before() {
        let [first, other] = levels(None);
        assert!(first > -50.0 && other > -50.0, "{first} {other}");
        for decibels in [-12.0, 6.0] {
            let [changed, same] = levels(Some(decibels));
            let difference = changed - first;
            let asked = decibels as f32;
            assert!((difference - asked).abs() < 0.2, "{difference} dB");
            assert_eq!(same, other);
        }
        let [silent, same] = levels(Some(-60.0));
        // What is left is the end of the reverb.
        assert!(silent < first - 50.0, "{silent} dB");
        assert_eq!(same, other);
    }

    #[test]
    fn a_silent_lane_loses_no_notes() {
        let notes = |performance: &Performance| {
            let mut sent = performance.sent.iter();
            let is_note = |m: &Message| matches!(m, Message::NoteOn(..) | Message::NoteOff(..));
            (
                sent.clone().filter(|s| is_note(&s.message)).count(),
                sent.all(|s| s.lane.is_some() || !is_note(&s.message)),
                performance.histories[0].events.len(),
            )
        };
        assert_eq!(notes(&performed(None)), notes(&performed(Some(-60.0))));
    }
}
