//! Keeps the audio device open while the transport rolls, events sound or a history is replayed, for a while after, and
//! as long as a MIDI thru route plays the built-in synth: opening a device takes longer than a player would wait after
//! pressing a key.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    conductor::{BUILT_IN, ListeningActivity, ReplayActivity, rig::Controls},
    music::{Sound, SoundState},
};

/// How long it stays open after the last note.
const IDLE: Duration = Duration::from_secs(6);

/// The audio device, and the demand for it.
pub(super) struct AudioDevice {
    sound: Sound,
    demand: Demand,
}

/// The demand for the audio device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Demand {
    rolling: bool,
    thru: bool,
    replay: ReplayActivity,
    listening: ListeningActivity,
    /// When it may close, once it is no longer needed.
    until: Option<Instant>,
}

impl AudioDevice {
    pub fn new(sound: Sound) -> Self {
        Self {
            sound,
            demand: Demand::default(),
        }
    }

    /// The transport started or stopped.
    pub fn transport(&mut self, rolling: bool) {
        self.demand.rolling = rolling;
        self.update();
    }

    /// The replay of a history started or stopped.
    pub fn replay(&mut self, replay: ReplayActivity) {
        self.demand.replay = replay;
        self.update();
    }

    /// The events of workflows began to sound or ceased to.
    pub fn listening(&mut self, listening: ListeningActivity) {
        self.demand.listening = listening;
        self.update();
    }

    /// The rig's thru routes changed.
    pub fn controls(&mut self, controls: &Controls) {
        self.demand.thru = controls.thru.iter().any(|thru| thru.to == BUILT_IN);
        self.update();
    }

    fn update(&mut self) {
        if self.demand.update(Instant::now()) {
            self.sound.resume();
        }
    }

    /// Closes the device if it has been idle long enough.
    pub fn close_if_idle(&mut self) {
        if self.demand.is_over(Instant::now()) {
            self.sound.pause();
        }
    }

    /// Whether it is idle and will close soon.
    pub fn is_idle(&self) -> bool {
        self.demand.until.is_some()
    }

    /// The state of the device.
    pub fn state(&self) -> SoundState {
        self.sound.state()
    }
}

impl Demand {
    /// Whether it is needed; if not, it may close after a while.
    fn update(&mut self, now: Instant) -> bool {
        let needed = self.rolling
            || self.thru
            || self.replay == ReplayActivity::Playing
            || self.listening == ListeningActivity::Sounding;
        self.until = (!needed).then(|| now + IDLE);
        needed
    }

    /// Whether it may close now; true once.
    fn is_over(&mut self, now: Instant) -> bool {
        self.until.take_if(|until| *until <= now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_closes_a_while_after_the_last_note_but_never_during_thru() {
        let now = Instant::now();
        let mut demand = Demand {
            rolling: true,
            ..Demand::default()
        };
        assert!(demand.update(now) && !demand.is_over(now + IDLE * 9));
        demand.rolling = false;
        assert!(!demand.update(now) && !demand.is_over(now + IDLE / 2));
        assert!(demand.is_over(now + IDLE) && !demand.is_over(now + IDLE));
        demand.thru = true;
        assert!(demand.update(now) && !demand.is_over(now + IDLE * 9));
        demand.thru = false;
        demand.replay = ReplayActivity::Playing;
        assert!(demand.update(now) && !demand.is_over(now + IDLE * 9));
    }
}
