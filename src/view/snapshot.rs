//! An immutable snapshot of everything that one frame shows.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{
    backends::BackendView, command::ScoreId, control_surface::ControlSurfaceView,
    health::TroubleView, histories::Histories, lane::LaneModel, lane_numbers::LaneNumbers,
    lane_state::LaneState, outage::Outage, overview::Overview, pending::CommandOutcome,
    reruns::Reruns, scene::Scene, schedules::ScheduleCard, serving::ServingView,
    setlist::SetlistView, time_map::TimeMap, transport_view::TransportView,
};
use crate::{
    conductor::{EndAt, Mixer},
    engine::{InstanceId, Status, Timestamp},
    music::Priority,
    score::Schema,
};

/// A score that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreCard {
    /// Its id.
    pub id: ScoreId,
    /// Its title.
    pub title: String,
    /// A summary, in a sentence.
    pub summary: String,
    /// The schema of its input, if it has one.
    pub input: Option<Schema>,
    /// Why it cannot be started.
    pub problem: Option<String>,
}

/// A MIDI port that scores use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortView {
    /// Its name.
    pub name: String,
    /// Whether it is connected.
    pub ok: bool,
    /// Messages queued for it.
    pub waiting: usize,
}

/// Meters of player, engine, ports and audio.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetersView {
    /// Recent lateness of notes, in microseconds (median).
    pub late_us: u64,
    /// Messages sent more than a millisecond late, since the start.
    pub late: u64,
    /// Notes skipped because they would have been far too late.
    pub left_out: u64,
    /// Messages delayed by the pacing of their port.
    pub held_back: u64,
    /// Messages that no port took, and notes that were rejected.
    pub lost: u64,
    /// Real-time priority of the player.
    pub priority: Option<Priority>,
    /// Duration of the last commit, in microseconds.
    pub commit_us: u64,
    /// Voices that are sounding.
    pub voices: u32,
    /// MIDI ports of the open scores.
    pub ports: Vec<PortView>,
    /// Audio output of the built-in synth.
    pub audio: AudioView,
}

/// Audio output of the built-in synth.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AudioView {
    /// Not in use.
    #[default]
    Off,
    /// It plays on the device of that name.
    On(String),
    /// It cannot play, with the reason.
    Lost(String),
}

/// Where the histories are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StoreView {
    /// In a file.
    #[default]
    File,
    /// In memory: they are lost when the program ends.
    InMemory,
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
    /// The numbers of the lanes.
    pub numbers: Arc<LaneNumbers>,
    /// When this show began: what had ended before is hidden. `None`: nothing is.
    pub show_from: Option<Timestamp>,
    /// The state of the transport.
    pub transport: TransportView,
    /// Beats over the wall clock.
    pub time_map: Arc<TimeMap>,
    /// Histogram of the whole performance.
    pub overview: Arc<Overview>,
    /// Meters of player, engine, ports and audio.
    pub meters: Arc<MetersView>,
    /// The control surface.
    pub control_surface: Arc<ControlSurfaceView>,
    /// The state of the mixer.
    pub mixer: Arc<Mixer>,
    /// The name of the listening score in use; `None`: events are silent.
    pub listening: Option<Arc<str>>,
    /// The scores that can be started.
    pub scores: Arc<[ScoreCard]>,
    /// The latest messages, oldest first.
    pub notices: Arc<[Notice]>,
    /// The schedules, as they were last read.
    pub schedules: Arc<[ScheduleCard]>,
    /// The instances that are terminated at a musical moment.
    pub endings: Arc<BTreeMap<InstanceId, EndAt>>,
    /// What became of the latest commands to the engine, oldest first.
    pub outcomes: Arc<[CommandOutcome]>,
    /// What keeps workflows from going on, if anything does.
    pub trouble: Option<TroubleView>,
    /// Where the histories are kept.
    pub store: StoreView,
    /// Start of the recording; `None`: nothing is being recorded.
    pub recording: Option<Timestamp>,
    /// Times in which the process was gone, oldest first.
    pub outages: Arc<[Outage]>,
    /// Histories beyond the performance.
    pub histories: Arc<Histories>,
    /// The set list, if one is open.
    pub setlist: Option<Arc<SetlistView>>,
    /// Which histories of the store are reruns of which.
    pub reruns: Arc<Reruns>,
    /// The engines that are attached.
    pub backends: Arc<[BackendView]>,
    /// Where workers of other programs connect; `None`: nothing is served.
    pub serving: Option<ServingView>,
    /// Set if this snapshot shows an opened history in place of the performance.
    pub scene: Option<Scene>,
}

/// How often the window repaints without input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepaintRate {
    /// Every frame, while the transport rolls.
    Continuous,
    /// After this time, while a countdown is shown.
    After(Duration),
    /// Only when the snapshot changes.
    OnChange,
}

impl Snapshot {
    /// The lane of an instance.
    pub fn lane(&self, id: &InstanceId) -> Option<&Arc<LaneModel>> {
        self.lanes.iter().find(|lane| lane.id == *id)
    }

    /// The lane with a number.
    pub fn numbered(&self, number: u8) -> Option<&Arc<LaneModel>> {
        self.lane(self.numbers.lane(number)?)
    }

    /// The lane that counts as selected as long as none is: the first that is open, or else the first.
    pub fn first_lane(&self) -> Option<&Arc<LaneModel>> {
        let mut lanes = self.lanes.iter();
        let open = lanes.find(|lane| !lane.status.is_closed());
        open.or_else(|| self.lanes.first())
    }

    /// How often the window repaints.
    pub fn repaint_rate(&self, now: Timestamp) -> RepaintRate {
        let sounds = self.lanes.iter().any(|lane| lane.over_at() > now);
        if self.transport.rolling || sounds {
            return RepaintRate::Continuous;
        }
        let next = self.lanes.iter().filter_map(|lane| next_change(lane, now));
        let recording = self.recording.map(|_| Duration::from_millis(250));
        // While anything is open, the clock goes on.
        let mut lanes = self.lanes.iter();
        let open = lanes.any(|lane| !lane.status.is_closed());
        let clock = open.then_some(Duration::from_secs(1));
        match next.chain(recording).chain(clock).min() {
            Some(after) => RepaintRate::After(after),
            None => RepaintRate::OnChange,
        }
    }

    /// The moment that live shows: now while anything is open, else the end of the last event and the
    /// last note, so that a finished performance stays in view. In a scene it is the end of the opened
    /// history.
    pub fn live_edge(&self, now: Timestamp) -> Timestamp {
        if let Some(scene) = &self.scene {
            return scene.range.until;
        }
        let open = self.lanes.iter().any(|lane| !lane.status.is_closed());
        if open || self.transport.rolling {
            return now;
        }
        let last = self.lanes.iter().map(|lane| lane.over_at()).max();
        last.map_or(now, |last| last.min(now))
    }

    /// The lanes of the own engine.
    pub fn own_lanes(&self) -> impl Iterator<Item = &Arc<LaneModel>> {
        self.lanes.iter().filter(|lane| lane.backend.is_none())
    }

    /// Number of lanes of the own engine that are running.
    pub fn running(&self) -> usize {
        let running = |lane: &&Arc<LaneModel>| lane.status == Status::Running;
        self.own_lanes().filter(running).count()
    }
}

/// The time until a lane looks different although nothing happens in it: its countdown goes on, or the
/// bar of its activity grows. A countdown of many seconds shows whole seconds.
fn next_change(lane: &LaneModel, now: Timestamp) -> Option<Duration> {
    const SMOOTH: Duration = Duration::from_millis(50);
    const SECOND: Duration = Duration::from_secs(1);
    const FEW_SECONDS: Duration = Duration::from_secs(10);
    let worker = lane.worker_changes_in(now);
    if worker.is_some() {
        return worker;
    }
    let due = match lane.state() {
        LaneState::Running { task: Some(_) } => {
            let age = now.since(lane.last_event_at);
            return Some(if age < FEW_SECONDS { SMOOTH } else { SECOND });
        }
        LaneState::Retrying { due, .. } => due,
        LaneState::WaitingForEvent {
            deadline: Some(at), ..
        }
        | LaneState::WaitingForTimer {
            until: Some(at), ..
        } => at,
        _ => return None,
    };
    match due.since(now).checked_sub(FEW_SECONDS) {
        // Not before the tenths of seconds begin to show.
        Some(more) => Some(SECOND.min(more).max(SMOOTH)),
        None => Some(SMOOTH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{
        projector::Projector,
        test_history::{TestHistory, s},
    };

    #[test]
    fn a_long_wait_is_painted_once_a_second_and_its_end_smoothly() {
        let mut history = TestHistory::new("oboe");
        history.wait_for(1.0, "applause", Some(301.0));
        let mut projector = Projector::new();
        projector.committed(&history.commit());
        let snapshot = projector.snapshot();
        let second = RepaintRate::After(Duration::from_secs(1));
        for at in [1.0, 60.0, 250.0, 289.0] {
            assert_eq!(snapshot.repaint_rate(s(at)), second, "at {at} s");
        }
        let smooth = RepaintRate::After(Duration::from_millis(50));
        for at in [291.5, 300.9] {
            assert_eq!(snapshot.repaint_rate(s(at)), smooth, "at {at} s");
        }
    }
}
