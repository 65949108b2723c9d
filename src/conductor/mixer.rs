//! The mixer: who is heard, and who misses notes on purpose. The truth of it lives here for as
//! long as the program runs; it is not durable, and no workflow sees it.
//!
//! What is muted plays on: its notes are performed and in the history, only not handed over. Notes
//! missed on purpose are failed attempts in the history like any other, so a replay needs no mixer.

use std::{collections::HashMap, sync::Arc};

use crate::engine::InstanceId;

/// How the mixer is set.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mixer {
    muted: Vec<Strip>,
    solo: Vec<Strip>,
    faults: HashMap<Arc<str>, f64>,
}

/// What has a mute and a solo switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Strip {
    /// All that an instance plays.
    Lane(InstanceId),
    /// The instruments of that name, in all instances.
    Instrument(Arc<str>),
}

/// Which way a switch goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
    /// The other way than it is.
    Over,
}

impl Mixer {
    /// Whether a lane is muted as a whole.
    pub fn is_muted(&self, strip: &Strip) -> bool {
        self.muted.contains(strip)
    }

    /// Whether it is solo.
    pub fn is_solo(&self, strip: &Strip) -> bool {
        self.solo.contains(strip)
    }

    /// Whether anything of a lane may be heard.
    pub fn hears_lane(&self, lane: &InstanceId) -> bool {
        let is_lane = |strip: &Strip| matches!(strip, Strip::Lane(own) if own == lane);
        let instruments = |strip: &Strip| matches!(strip, Strip::Instrument(_));
        let solo = self.solo.is_empty()
            || self.solo.iter().any(is_lane)
            || self.solo.iter().any(instruments);
        solo && !self.muted.iter().any(is_lane)
    }

    /// Whether an instrument of a lane is heard. Mute wins over solo.
    pub fn hears(&self, lane: &InstanceId, instrument: &str) -> bool {
        let meant = |strip: &Strip| match strip {
            Strip::Lane(own) => own == lane,
            Strip::Instrument(name) => **name == *instrument,
        };
        let solo = self.solo.is_empty() || self.solo.iter().any(meant);
        solo && !self.muted.iter().any(meant)
    }

    /// How often an instrument misses its notes instead of what its score says, 0 to 1.
    pub fn faults(&self, instrument: &str) -> Option<f64> {
        self.faults.get(instrument).copied()
    }

    pub(super) fn mute(&mut self, strip: Strip, switch: Switch) {
        turn(&mut self.muted, strip, switch);
    }

    pub(super) fn solo(&mut self, strip: Strip, switch: Switch) {
        turn(&mut self.solo, strip, switch);
    }

    pub(super) fn set_faults(&mut self, instrument: Arc<str>, rate: f64) {
        self.faults.insert(instrument, rate.clamp(0.0, 1.0));
    }

    /// A lane has ended: nobody is kept silent for its sake.
    pub(super) fn forget(&mut self, lane: &InstanceId) -> bool {
        let before = self.muted.len() + self.solo.len();
        let stays = |strip: &Strip| !matches!(strip, Strip::Lane(own) if own == lane);
        self.muted.retain(stays);
        self.solo.retain(stays);
        before != self.muted.len() + self.solo.len()
    }
}

fn turn(strips: &mut Vec<Strip>, strip: Strip, switch: Switch) {
    let was_on = strips.contains(&strip);
    strips.retain(|other| *other != strip);
    if switch == Switch::On || (switch == Switch::Over && !was_on) {
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
            .filter(|(lane, name)| mixer.hears(&id(lane), name));
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
        mixer.mute(lane("a"), Switch::Over);
        assert_eq!(heard(&mixer), ["b bass"]);
        assert!(!mixer.hears_lane(&id("a")));
        mixer.mute(lane("a"), Switch::Over);
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
    fn a_lane_that_has_ended_keeps_nobody_silent() {
        let mut mixer = Mixer::default();
        mixer.solo(lane("a"), Switch::On);
        assert!(mixer.forget(&id("a")) && !mixer.forget(&id("a")));
        assert_eq!(heard(&mixer).len(), 3);
    }

    #[test]
    fn a_fault_rate_is_a_share() {
        let mut mixer = Mixer::default();
        assert_eq!(mixer.faults("bass"), None);
        mixer.set_faults("bass".into(), 7.0);
        assert_eq!(mixer.faults("bass"), Some(1.0));
    }
}
