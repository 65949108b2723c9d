//! The mixer: mute, solo, volumes and injected faults. Its state lasts as long as the program runs; it is not
//! durable, and workflows do not see it.
//!
//! Muted notes are performed and recorded in the history, but not sent to the player. Injected faults
//! are failed attempts in the history like any other, so a replay needs no mixer.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::{Fault, FaultChange, FaultTarget};
use crate::{engine::InstanceId, music::Volume};

/// The most services that are remembered.
const MAX_SERVICES: usize = 64;

/// The settings of the mixer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mixer {
    muted: Vec<Strip>,
    solo: Vec<Strip>,
    /// Of lanes that are not at 0 dB.
    volumes: HashMap<InstanceId, Volume>,
    faults: BTreeMap<FaultTarget, Fault>,
    /// The services that scores have called.
    services: BTreeSet<Arc<str>>,
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

    /// The fault of a target, as it was set.
    pub fn fault(&self, target: &FaultTarget) -> Fault {
        self.faults.get(target).copied().unwrap_or_default()
    }

    /// The share of a target's attempts that fail, 0 to 1, if it was set. It overrides the score.
    pub fn failing_share(&self, target: &FaultTarget) -> Option<f64> {
        let others = match target {
            FaultTarget::Instrument(_) => self.other_faults,
            _ => None,
        };
        self.fault(target).rate.or(others)
    }

    /// The faults that were set and are not over.
    pub fn active_faults(&self) -> impl Iterator<Item = (&FaultTarget, Fault)> {
        let faults = self.faults.iter().filter(|(_, fault)| fault.is_active());
        faults.map(|(target, fault)| (target, *fault))
    }

    /// The services that scores have called, by name.
    pub fn services(&self) -> impl Iterator<Item = &Arc<str>> {
        self.services.iter()
    }

    /// A score calls a service. Returns whether it is a new one.
    pub(super) fn note_service(&mut self, name: &Arc<str>) -> bool {
        self.services.len() < MAX_SERVICES && self.services.insert(Arc::clone(name))
    }

    /// Whether any fault was set that is not over.
    pub fn injects_faults(&self) -> bool {
        self.active_faults().next().is_some()
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

    /// Changes the fault of a target.
    pub fn change_fault(&mut self, target: &FaultTarget, change: FaultChange) {
        self.faults
            .entry(target.clone())
            .or_default()
            .change(change);
    }

    /// Ends the fault of a target: its score decides again.
    pub(super) fn end_fault(&mut self, target: &FaultTarget) {
        self.faults.remove(target);
    }

    /// Uses up a failure that was asked for. Returns false if there is none.
    pub(super) fn take_failure(&mut self, target: &FaultTarget) -> bool {
        let Some(fault) = self.faults.get_mut(target).filter(|f| f.fail_next > 0) else {
            return false;
        };
        fault.fail_next -= 1;
        true
    }

    /// Ends all faults: those that were set, and those of the scores.
    pub(super) fn end_faults(&mut self) {
        self.faults.clear();
        self.other_faults = Some(0.0);
    }

    /// Removes a lane that has ended, so that its solo no longer silences the others.
    pub(super) fn forget(&mut self, lane: &InstanceId) -> bool {
        let before = self.muted.len() + self.solo.len();
        let stays = |strip: &Strip| !matches!(strip, Strip::Lane(own) if own == lane);
        self.muted.retain(stays);
        self.solo.retain(stays);
        let had_volume = self.volumes.remove(lane).is_some();
        let broken = FaultTarget::Lane(lane.clone());
        let was_broken = self.faults.remove(&broken).is_some();
        had_volume || was_broken || before != self.muted.len() + self.solo.len()
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
        let [bass, bell] = ["bass", "bell"].map(|name| FaultTarget::Instrument(name.into()));
        assert_eq!(mixer.failing_share(&bass), None);
        mixer.change_fault(&bass, FaultChange::rate(7.0));
        assert_eq!(mixer.failing_share(&bass), Some(1.0));
        assert!(mixer.injects_faults());
        mixer.end_faults();
        assert!(!mixer.injects_faults());
        let shares = [&bass, &bell].map(|target| mixer.failing_share(target));
        assert_eq!(shares, [Some(0.0); 2]);
    }

    #[test]
    fn a_failure_that_was_asked_for_is_used_up_and_ending_all_faults_ends_every_kind() {
        let mut mixer = Mixer::default();
        let http = FaultTarget::Activity("http".into());
        mixer.change_fault(
            &http,
            FaultChange {
                fail_next: Some(1),
                ..FaultChange::default()
            },
        );
        assert!(mixer.take_failure(&http) && !mixer.take_failure(&http));
        assert!(!mixer.injects_faults());
        let change = FaultChange {
            latency: Some(std::time::Duration::from_millis(200)),
            outage: Some(true),
            fail_next: Some(3),
            rate: Some(0.5),
        };
        mixer.change_fault(&http, change);
        assert!(mixer.injects_faults());
        mixer.end_faults();
        assert_eq!(mixer.fault(&http), Fault::default());
    }
}
