//! The conductor's mixer: mute, solo, volumes and injected faults.

use tokio::sync::watch;

use super::{Conductor, Mixer, Strip, Switch};
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

    /// Sets the share of an instrument's notes that fail, 0 to 1. It overrides the score.
    pub fn set_faults(&self, instrument: &str, rate: f64) {
        self.activities
            .set_mixer(|mixer| mixer.set_faults(instrument.into(), rate));
    }

    /// Sets the share of the attempts of an activity that fail, 0 to 1. The failures are marked as made on
    /// purpose, as those of instruments.
    pub fn set_activity_faults(&self, activity: &str, rate: f64) {
        self.activities
            .set_mixer(|mixer| mixer.set_activity_faults(activity.into(), rate));
    }

    /// Ends all injected faults: those that were set, and those of the scores.
    pub fn end_faults(&self) {
        self.activities.set_mixer(Mixer::end_faults);
    }
}
