//! The conductor's mixer: mute, solo, volumes and injected faults.

use tokio::sync::watch;

use super::{Conductor, FaultChange, FaultTarget, Mixer, Strip, Switch};
use crate::{engine::InstanceId, music::Volume};

impl Conductor {
    /// The settings of the mixer, and every change of them.
    pub fn watch_mixer(&self) -> watch::Receiver<Mixer> {
        self.activities.mixer.subscribe()
    }

    /// Mutes or unmutes a lane or an instrument.
    pub fn mute(&self, strip: Strip, switch: Switch) {
        self.activities.set_mixer(|mixer| mixer.mute(strip, switch));
    }

    /// Solos a lane or an instrument, or ends its solo.
    pub fn solo(&self, strip: Strip, switch: Switch) {
        self.activities.set_mixer(|mixer| mixer.solo(strip, switch));
    }

    /// Sets the volume of a lane.
    pub fn set_volume(&self, lane: InstanceId, volume: Volume) {
        self.activities
            .set_mixer(|mixer| mixer.set_volume(lane, volume));
    }

    /// Changes the injected fault of a target. A rate overrides the score. Failures are marked as injected.
    pub fn change_fault(&self, target: &FaultTarget, change: FaultChange) {
        self.activities
            .set_mixer(|mixer| mixer.change_fault(target, change));
    }

    /// Ends the injected fault of a target: its score decides again.
    pub fn end_fault(&self, target: &FaultTarget) {
        self.activities.set_mixer(|mixer| mixer.end_fault(target));
    }

    /// Ends all injected faults: those that were set, and those of the scores.
    pub fn end_faults(&self) {
        self.activities.set_mixer(Mixer::end_faults);
    }
}
