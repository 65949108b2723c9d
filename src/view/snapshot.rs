//! Everything that one frame shows, as one value that never changes.

use std::{sync::Arc, time::Duration};

use super::{
    command::ScoreId,
    control_surface::ControlSurfaceView,
    lane::LaneModel,
    overview::Overview,
    status::Doing,
    time_map::{TimeMap, TransportView},
};
use crate::{
    conductor::Mixer,
    engine::{InstanceId, Status, Timestamp},
    music::Priority,
};

/// A score that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreCard {
    /// What to start it by.
    pub id: ScoreId,
    /// Its title.
    pub title: String,
    /// What it is about, in a sentence.
    pub summary: String,
    /// Why it cannot be started.
    pub problem: Option<String>,
}

/// A port that sounds, or should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortView {
    /// Its name.
    pub name: String,
    /// It is there.
    pub ok: bool,
    /// Messages that wait because it takes only so many at a time.
    pub waiting: usize,
}

/// Figures of the machine room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetersView {
    /// How late notes left lately, in microseconds (median).
    pub late_us: u64,
    /// Messages that left more than a millisecond late, since the start.
    pub late: u64,
    /// Notes that were left out because they would have come far too late.
    pub left_out: u64,
    /// Messages that had to wait for their port.
    pub held_back: u64,
    /// Messages that no port took, and notes that were refused.
    pub lost: u64,
    /// Whether the player goes before all other programs.
    pub priority: Option<Priority>,
    /// How long the last commit took, in microseconds.
    pub commit_us: u64,
    /// Voices that sound.
    pub voices: u32,
    /// MIDI ports that the scores ask for.
    pub ports: Vec<PortView>,
    /// The built-in synth's way to the loudspeakers.
    pub audio: AudioView,
}

/// The built-in synth's way to the loudspeakers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AudioView {
    /// Not in use.
    #[default]
    Off,
    /// It sounds through a device of that name.
    On(String),
    /// It should sound and does not; why.
    Lost(String),
}

/// A short message to the performer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Counts up from 1.
    pub number: u64,
    /// The message, a sentence.
    pub text: Arc<str>,
}

/// Everything that one frame shows.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Counts up with every change.
    pub version: u64,
    /// The lanes, in the order in which they are shown.
    pub lanes: Vec<Arc<LaneModel>>,
    /// How the transport stands.
    pub transport: TransportView,
    /// Which beat it was when.
    pub time_map: Arc<TimeMap>,
    /// The whole performance in a strip.
    pub overview: Arc<Overview>,
    /// Figures of the machine room.
    pub meters: Arc<MetersView>,
    /// The control surface.
    pub control_surface: Arc<ControlSurfaceView>,
    /// How the mixing mixer is set.
    pub mixer: Arc<Mixer>,
    /// The scores that can be started.
    pub scores: Arc<[ScoreCard]>,
    /// The latest messages, oldest first.
    pub notices: Arc<[Notice]>,
    /// Why nothing can be put on record just now, a sentence; everything waits meanwhile.
    pub trouble: Option<Arc<str>>,
    /// Since when the performance is recorded; `None`: it is not.
    pub recording: Option<Timestamp>,
}

/// How often the picture must be painted anew while nobody touches anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Every frame: beats pass.
    Flowing,
    /// After so long: a clock counts.
    Ticking(Duration),
    /// Not at all.
    Still,
}

impl Snapshot {
    /// The lane of an instance.
    pub fn lane(&self, id: &InstanceId) -> Option<&Arc<LaneModel>> {
        self.lanes.iter().find(|lane| lane.id == *id)
    }

    /// How often the picture must be painted anew.
    pub fn pace(&self) -> Pace {
        if self.transport.rolling {
            return Pace::Flowing;
        }
        let counts = |lane: &Arc<LaneModel>| {
            matches!(
                lane.doing(),
                Doing::Works { task: Some(_) }
                    | Doing::Retries { .. }
                    | Doing::WaitsForEvent {
                        deadline: Some(_),
                        ..
                    }
                    | Doing::WaitsForTime { until: Some(_), .. }
            )
        };
        match self.lanes.iter().any(counts) {
            true => Pace::Ticking(Duration::from_millis(50)),
            false if self.recording.is_some() => Pace::Ticking(Duration::from_millis(250)),
            false => Pace::Still,
        }
    }

    /// The moment that the playhead shows: now while something may happen, else the last moment of
    /// which a history tells, so that a finished performance stays in view.
    pub fn live_edge(&self, now: Timestamp) -> Timestamp {
        let open = self.lanes.iter().any(|lane| !lane.status.is_closed());
        if open || self.transport.rolling {
            return now;
        }
        let last = self.lanes.iter().map(|lane| lane.last_moment()).max();
        last.map_or(now, |last| last.min(now))
    }

    /// Lanes that run and are not held.
    pub fn running(&self) -> usize {
        let running = |lane: &&Arc<LaneModel>| lane.status == Status::Running;
        self.lanes.iter().filter(running).count()
    }
}
