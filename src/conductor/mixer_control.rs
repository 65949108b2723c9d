//! The conductor's mixer: mute, solo and volumes.

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
}
