//! The mixer: mute, solo, volumes and injected faults. Its state lasts as long as the program runs; it is not
//! durable, and workflows do not see it.
//!
//! Muted notes are performed and recorded in the history, but not sent to the player. Injected faults
//! are failed attempts in the history like any other, so a replay needs no mixer.

use std::{collections::HashMap, sync::Arc};

use crate::{engine::InstanceId, music::Volume};

/// The settings of the mixer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mixer {
    muted: Vec<Strip>,
    solo: Vec<Strip>,
    /// Of lanes that are not at 0 dB.
    volumes: HashMap<InstanceId, Volume>,
    faults: HashMap<Arc<str>, f64>,
    activity_faults: HashMap<Arc<str>, f64>,
    /// The share of all other notes that fail, if it was set.
    other_faults: Option<f64>,
}

/// A strip of the mixer, with a mute and a solo switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strip {
    /// Everything that an instance plays.
    Lane(InstanceId),
    /// The instruments of that name, in all instances.
    Instrument(Arc<str>),
}

/// A change of a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Turn it on.
    On,
    /// Turn it off.
    Off,
    /// Turn it on if it is off, and off if it is on.
    Toggle,
}

impl Mixer {
    /// Whether a strip is muted.
    pub fn is_muted(&self, strip: &Strip) -> bool {
        self.muted.contains(strip)
    }

    /// Whether a strip is solo.
    pub fn is_solo(&self, strip: &Strip) -> bool {
        self.solo.contains(strip)
    }

    /// The volume of a lane.
    pub fn volume(&self, lane: &InstanceId) -> Volume {
        self.volumes.get(lane).copied().unwrap_or_default()
    }

    /// Whether any part of a lane may be audible.
    pub fn hears_lane(&self, lane: &InstanceId) -> bool {
        let is_lane = |strip: &Strip| matches!(strip, Strip::Lane(own) if own == lane);
        let instruments = |strip: &Strip| matches!(strip, Strip::Instrument(_));
        let solo = self.solo.is_empty()
            || self.solo.iter().any(is_lane)
            || self.solo.iter().any(instruments);
        solo && !self.muted.iter().any(is_lane)
    }

    /// Whether an instrument of a lane is audible. Mute wins over solo.
    pub fn is_audible(&self, lane: &InstanceId, instrument: &str) -> bool {
        let meant = |strip: &Strip| match strip {
            Strip::Lane(own) => own == lane,
            Strip::Instrument(name) => **name == *instrument,
        };
        let solo = self.solo.is_empty() || self.solo.iter().any(meant);
        solo && !self.muted.iter().any(meant)
    }

    /// The share of an instrument's notes that fail, 0 to 1, if it was set. It overrides the score.
    pub fn faults(&self, instrument: &str) -> Option<f64> {
        self.faults.get(instrument).copied().or(self.other_faults)
    }

    /// The share of an activity's attempts that fail, 0 to 1, if it was set.
    pub fn activity_faults(&self, activity: &str) -> Option<f64> {
        self.activity_faults.get(activity).copied()
    }

    /// Whether any fault was set that is not over.
    pub fn injects_faults(&self) -> bool {
        let mut rates = self.faults.values().chain(self.activity_faults.values());
        rates.any(|rate| *rate > 0.0)
    }

    pub(super) fn mute(&mut self, strip: Strip, switch: Switch) {
        set(&mut self.muted, strip, switch);
    }

    pub(super) fn solo(&mut self, strip: Strip, switch: Switch) {
        set(&mut self.solo, strip, switch);
    }

    /// Sets the volume of a lane.
    pub fn set_volume(&mut self, lane: InstanceId, volume: Volume) {
        match volume == Volume::UNITY {
            true => self.volumes.remove(&lane),
            false => self.volumes.insert(lane, volume),
        };
    }

    pub(super) fn set_faults(&mut self, instrument: Arc<str>, rate: f64) {
        self.faults.insert(instrument, rate.clamp(0.0, 1.0));
    }

    pub(super) fn set_activity_faults(&mut self, activity: Arc<str>, rate: f64) {
        self.activity_faults.insert(activity, rate.clamp(0.0, 1.0));
    }

    /// Ends all faults: those that were set, and those of the scores.
    pub(super) fn end_faults(&mut self) {
        self.faults.clear();
        self.activity_faults.clear();
        self.other_faults = Some(0.0);
    }

    /// Removes a lane that has ended, so that its solo no longer silences the others.
    pub(super) fn forget(&mut self, lane: &InstanceId) -> bool {
        let before = self.muted.len() + self.solo.len();
        let stays = |strip: &Strip| !matches!(strip, Strip::Lane(own) if own == lane);
        self.muted.retain(stays);
        self.solo.retain(stays);
        let had_volume = self.volumes.remove(lane).is_some();
        had_volume || before != self.muted.len() + self.solo.len()
    }
}

fn set(strips: &mut Vec<Strip>, strip: Strip, switch: Switch) {
    let was_on = strips.contains(&strip);
    strips.retain(|other| *other != strip);
    if switch == Switch::On || (switch == Switch::Toggle && !was_on) {
        strips.push(strip);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> InstanceId {
        InstanceId::new(name).unwrap()
    }

    fn lane(name: &str) -> Strip {
        Strip::Lane(id(name))
    }

    fn heard(mixer: &Mixer) -> Vec<&'static str> {
        let all = [("a", "bass"), ("a", "bell"), ("b", "bass")];
        let heard = all
            .iter()
            .filter(|(lane, name)| mixer.is_audible(&id(lane), name));
        heard
            .map(|(lane, name)| match (*lane, *name) {
                ("a", "bass") => "a bass",
                ("a", _) => "a bell",
                _ => "b bass",
            })
            .collect()
    }

    #[test]
    fn mute_silences_a_lane_or_an_instrument() {
        let mut mixer = Mixer::default();
        mixer.mute(lane("a"), Switch::Toggle);
        assert_eq!(heard(&mixer), ["b bass"]);
        assert!(!mixer.hears_lane(&id("a")));
        mixer.mute(lane("a"), Switch::Toggle);
        mixer.mute(Strip::Instrument("bass".into()), Switch::On);
        mixer.mute(Strip::Instrument("bass".into()), Switch::On);
        assert_eq!(heard(&mixer), ["a bell"]);
        mixer.mute(Strip::Instrument("bass".into()), Switch::Off);
        assert_eq!(heard(&mixer).len(), 3);
    }

    #[test]
    fn solo_silences_all_others_and_mute_wins_over_it() {
        let mut mixer = Mixer::default();
        mixer.solo(lane("a"), Switch::On);
        assert_eq!(heard(&mixer), ["a bass", "a bell"]);
        assert!(!mixer.hears_lane(&id("b")));
        mixer.mute(Strip::Instrument("bass".into()), Switch::On);
        assert_eq!(heard(&mixer), ["a bell"]);
        mixer.solo(Strip::Instrument("bass".into()), Switch::On);
        assert!(mixer.hears_lane(&id("b")));
    }

    #[test]
    fn a_solo_lane_that_ends_no_longer_silences_the_others() {
        let mut mixer = Mixer::default();
        mixer.solo(lane("a"), Switch::On);
        assert!(mixer.forget(&id("a")) && !mixer.forget(&id("a")));
        assert_eq!(heard(&mixer).len(), 3);
    }

    #[test]
    fn a_fault_rate_is_a_share_until_all_faults_are_ended() {
        let mut mixer = Mixer::default();
        assert_eq!(mixer.faults("bass"), None);
        mixer.set_faults("bass".into(), 7.0);
        assert_eq!(mixer.faults("bass"), Some(1.0));
        assert!(mixer.injects_faults());
        mixer.end_faults();
        assert!(!mixer.injects_faults());
        assert_eq!([mixer.faults("bass"), mixer.faults("bell")], [Some(0.0); 2]);
    }
}
