//! The projector: folds the engine's feed, the transport and the state of the application into snapshots.

mod backends;
mod earlier_runs;
mod opened;
mod originals;
mod outcomes;
mod setlist;
mod show;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{Arc, OnceLock},
};

pub use earlier_runs::EarlierRuns;

use super::{
    backends::BackendView,
    control_surface::ControlSurfaceView,
    health::TroubleView,
    histories::Histories,
    lane::LaneModel,
    lane_history::EventCount,
    lane_numbers::LaneNumbers,
    lane_order,
    outage::Outage,
    overview::{Failed, Overview},
    reruns::Reruns,
    schedules::ScheduleCard,
    score_facts::{Edit, LineRange, ScoreFacts},
    score_position::ScorePosition,
    serving::{ServingView, WaitingActivitiesView},
    setlist::SetlistView,
    snapshot::{MetersView, Notice, ScoreCard, Snapshot, StoreView},
    time_map::TimeMap,
    transport_view::TransportView,
};
use crate::{
    conductor::{EndAt, Mixer},
    engine::{
        Committed, Event, EventId, EventKind, InstanceId, InstanceSummary, Status, Timestamp,
    },
    music::Beat,
    score::{Document, calls::Play},
};

/// Owns the lanes and makes snapshots of them. It has no clock and no thread: its owner calls it as
/// things happen.
#[derive(Debug, Default)]
pub struct Projector {
    lanes: HashMap<InstanceId, Lane>,
    numbers: Arc<LaneNumbers>,
    /// When this show began.
    show_from: Option<Timestamp>,
    /// Lanes that were put away with their scene.
    put_away: HashSet<InstanceId>,
    /// What came before it.
    earlier_overview: Overview,
    /// The lanes that have begun, in the order in which they are shown; empty if that has to be found again.
    order: OnceLock<Vec<InstanceId>>,
    started: usize,
    version: u64,
    transport: TransportView,
    time_map: Arc<TimeMap>,
    overview: Arc<Overview>,
    meters: Arc<MetersView>,
    control_surface: Arc<ControlSurfaceView>,
    mixer: Arc<Mixer>,
    listening: Option<Arc<str>>,
    scores: Arc<[ScoreCard]>,
    notices: VecDeque<Notice>,
    schedules: Arc<[ScheduleCard]>,
    endings: Arc<BTreeMap<InstanceId, EndAt>>,
    outcomes: outcomes::Outcomes,
    noticed: u64,
    trouble: Option<TroubleView>,
    store: StoreView,
    recording: Option<Timestamp>,
    outages: Arc<[Outage]>,
    histories: Arc<Histories>,
    reruns: Arc<Reruns>,
    setlist: Option<Arc<SetlistView>>,
    backends: Arc<[BackendView]>,
    serving: Option<ServingView>,
    waiting_activities: BTreeMap<InstanceId, WaitingActivitiesView>,
}

/// A lane as it is shown, and what is only needed to update it.
#[derive(Debug)]
struct Lane {
    model: Arc<LaneModel>,
    score: ScorePosition,
}

impl Lane {
    /// The model, for a change.
    fn model(&mut self) -> &mut LaneModel {
        Arc::make_mut(&mut self.model)
    }
}

impl Projector {
    /// Lanes of closed instances that are kept.
    pub const MAX_CLOSED: usize = 50;
    /// Notices that are kept.
    const MAX_NOTICES: usize = 5;

    /// A projector without lanes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Folds runs apart from the performance, the oldest first, each as one commit. `transport` gives the
    /// meters.
    fn folded(runs: &[Committed], transport: TransportView) -> Self {
        let rolling = false;
        let mut projector = Self {
            transport: TransportView {
                rolling,
                ..transport
            },
            ..Self::default()
        };
        for run in runs {
            projector.committed(run);
        }
        projector
    }

    /// Folds a commit of the feed. Returns the instance's score, if the instance starts with this commit.
    pub fn committed(&mut self, commit: &Committed) -> Option<&Document> {
        let id = &commit.instance.id;
        if commit.instance.fork.is_some() {
            self.stored(&commit.instance);
        }
        let lane = self.lane(id);
        let news = lane.score.follow(commit);
        let lines = lane.score.lines();
        let facts = news.starts.then(|| lane.score.facts()).flatten();
        let model = lane.model();
        let events = commit.events.iter();
        let new: Vec<_> = events.filter(|event| model.is_new(commit, event)).collect();
        let first = EventCount(model.history.len().0 + 1);
        let before = lane_order::Place::of(model);
        let played = model.committed(commit);
        let moves = before != lane_order::Place::of(model);
        if let Some(facts) = facts {
            let facts = Arc::new(facts);
            model.history.performs(first, Arc::clone(&facts));
            model.facts = Some(facts);
        }
        if news.moves {
            model.history.plays(lines);
            model.progress = lines;
        }
        model.report_tasks(&news.reports);
        let is_closed = model.status.is_closed();
        if is_closed {
            model.edit = None;
            model.upcoming = Arc::from([]);
        }
        let color = model.color();
        if moves {
            self.order.take();
            self.renumber(id, &before);
        }
        for event in new {
            let failed = match event.kind {
                EventKind::TaskFailed { .. }
                | EventKind::ExecutionFailed { .. }
                | EventKind::ChildWorkflowInstanceFailed { .. }
                | EventKind::CompensationEnded {
                    failure: Some(_), ..
                } => Failed::Yes,
                _ => Failed::No,
            };
            let overview = match self.show_from.is_some_and(|show| event.at < show) {
                true => &mut self.earlier_overview,
                false => Arc::make_mut(&mut self.overview),
            };
            overview.add(event.at, color, failed);
        }
        if !played.is_empty() {
            let meters = self.transport.meters;
            let map = Arc::make_mut(&mut self.time_map);
            for note in played {
                map.learn(note.onset, note.until, note.at, note.length, meters);
            }
        }
        if is_closed {
            self.forget_old();
        }
        let lane = self.lanes.get(id).filter(|_| news.starts)?;
        lane.score.document.as_ref()
    }

    /// Takes note of an instance of the store, whether it has a lane or not: it may be a rerun.
    pub fn stored(&mut self, instance: &InstanceSummary) {
        if Arc::make_mut(&mut self.reruns).add(instance) {
            self.version += 1;
        }
    }

    /// Whether an instance is open.
    pub fn has_open_lanes(&self) -> bool {
        let mut lanes = self.lanes.values();
        lanes.any(|lane| !lane.model.status.is_closed())
    }

    /// The open instances whose upcoming notes are not known beyond `beat`.
    pub fn lookahead_due(&self, beat: Beat) -> Vec<InstanceId> {
        let is_due = |lane: &&Lane| {
            let known = lane.score.looked_ahead_to;
            let plays = lane.score.document.is_some() && !lane.model.status.is_closed();
            plays && known.is_none_or(|known| known <= beat)
        };
        let due = self.lanes.values().filter(is_due);
        due.map(|lane| lane.model.id.clone()).collect()
    }

    /// Whether an event of an instance is known that came after this one of one of its runs.
    pub fn has_events_after(&self, id: &InstanceId, (run, event): (u32, EventId)) -> bool {
        let lane = self.lanes.get(id).map(|lane| &lane.model);
        lane.is_some_and(|lane| (lane.run, lane.next) > (run, event.next()))
    }

    /// The history of the current run of an instance that plays a score; empty if it is paused or plays
    /// none.
    pub fn playing_history(&self, id: &InstanceId) -> Vec<Event> {
        let playing =
            |lane: &&Lane| lane.model.status == Status::Running && lane.score.document.is_some();
        let Some(lane) = self.lanes.get(id).filter(playing) else {
            return Vec::new();
        };
        let run = lane.model.run;
        let events = lane.model.history.iter().rev();
        let current = events.take_while(|event| event.run == run);
        let mut events: Vec<_> = current.map(|event| Event::clone(&event.event)).collect();
        events.reverse();
        events
    }

    /// Sets the notes that an instance will play before `until` if nothing intervenes.
    pub fn upcoming(&mut self, id: &InstanceId, notes: Vec<Play>, until: Beat) {
        let lane = self.lane(id);
        lane.score.looked_ahead_to = Some(until);
        let model = lane.model();
        model.upcoming = notes.into();
        model.version += 1;
    }

    /// Sets the facts about the score that an instance performs.
    pub fn score_facts(&mut self, id: &InstanceId, facts: ScoreFacts) {
        let model = self.lane(id).model();
        let facts = Arc::new(facts);
        model.history.performs(EventCount(0), Arc::clone(&facts));
        model.facts = Some(facts);
        model.version += 1;
    }

    /// Sets the change of the file of an instance's score; `None`: it is unchanged.
    pub fn edited(&mut self, id: &InstanceId, edit: Option<Edit>) {
        let model = self.lane(id).model();
        model.edit = edit.map(Arc::new);
        model.version += 1;
    }

    /// Updates the changes of score files: `edit_of` returns that of a score.
    pub fn edits(&mut self, edit_of: impl Fn(&Document) -> Option<Edit>) {
        self.version += 1;
        for lane in self.lanes.values_mut() {
            if let Some(document) = &lane.score.document
                && !lane.model.status.is_closed()
            {
                let edit = edit_of(document).map(Arc::new);
                let model = lane.model();
                model.edit = edit;
                model.version += 1;
            }
        }
    }

    /// Sets the lines of the score that an instance is playing; `None`: not known.
    pub fn task_progress(&mut self, id: &InstanceId, lines: Option<LineRange>) {
        let model = self.lane(id).model();
        model.history.plays(lines);
        model.progress = lines;
        model.version += 1;
    }

    /// Sets the state of the transport.
    pub fn transport(&mut self, view: TransportView) {
        self.version += 1;
        Arc::make_mut(&mut self.time_map).transport(&view);
        self.transport = view;
    }

    /// Sets the meters.
    pub fn meters(&mut self, meters: MetersView) {
        if *self.meters == meters {
            return;
        }
        self.version += 1;
        self.meters = Arc::new(meters);
    }

    /// Sets the control surface.
    pub fn control_surface(&mut self, view: ControlSurfaceView) {
        if *self.control_surface == view {
            return;
        }
        self.version += 1;
        self.control_surface = Arc::new(view);
    }

    /// Sets the name of the listening score in use; `None`: events are silent.
    pub fn listening(&mut self, name: Option<Arc<str>>) {
        self.version += 1;
        self.listening = name;
    }

    /// Sets the state of the mixer.
    pub fn mixer(&mut self, mixer: Mixer) {
        if *self.mixer == mixer {
            return;
        }
        self.version += 1;
        self.mixer = Arc::new(mixer);
    }

    /// Sets the scores that can be started.
    pub fn scores(&mut self, scores: Vec<ScoreCard>) {
        self.version += 1;
        self.scores = scores.into();
    }

    /// Adds a message to the performer.
    pub fn notice(&mut self, text: impl Into<Arc<str>>) {
        self.version += 1;
        self.noticed += 1;
        self.notices.push_back(Notice {
            number: self.noticed,
            text: text.into(),
        });
        while self.notices.len() > Self::MAX_NOTICES {
            self.notices.pop_front();
        }
    }

    /// Sets what keeps workflows from going on; `None`: nothing does.
    pub fn trouble(&mut self, trouble: Option<TroubleView>) {
        if self.trouble == trouble {
            return;
        }
        self.version += 1;
        self.trouble = trouble;
    }

    /// Sets where the histories are kept.
    pub fn store(&mut self, store: StoreView) {
        self.version += 1;
        self.store = store;
    }

    /// Sets the start of the recording; `None`: nothing is being recorded.
    pub fn recording(&mut self, since: Option<Timestamp>) {
        self.version += 1;
        self.recording = since;
    }

    /// Adds a time in which the process was gone.
    pub fn outage(&mut self, outage: Outage) {
        self.version += 1;
        self.outages = self.outages.iter().copied().chain([outage]).collect();
    }

    /// A snapshot. It shares everything that did not change with earlier ones.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        let order = self.order.get_or_init(|| {
            let lanes = self.lanes.values().map(|lane| &lane.model);
            let shown = lanes.filter(|m| !m.history.is_empty() && !self.is_hidden(m));
            let mut lanes: Vec<_> = shown.cloned().collect();
            lane_order::sort(&mut lanes, &self.numbers);
            lanes.into_iter().map(|lane| lane.id.clone()).collect()
        });
        let lanes = order.iter().filter_map(|id| self.lanes.get(id));
        let lanes = lanes.map(|lane| Arc::clone(&lane.model)).collect();
        Arc::new(Snapshot {
            version: self.version,
            lanes,
            numbers: self.numbers.clone(),
            show_from: self.show_from,
            trouble: self.trouble.clone(),
            store: self.store,
            transport: self.transport,
            time_map: self.time_map.clone(),
            overview: self.overview.clone(),
            meters: self.meters.clone(),
            control_surface: self.control_surface.clone(),
            mixer: self.mixer.clone(),
            listening: self.listening.clone(),
            scores: self.scores.clone(),
            notices: self.notices.iter().cloned().collect(),
            schedules: self.schedules.clone(),
            endings: self.endings.clone(),
            outcomes: self.outcomes.all(),
            recording: self.recording,
            outages: self.outages.clone(),
            histories: self.histories.clone(),
            reruns: self.reruns.clone(),
            setlist: self.setlist.clone(),
            backends: self.backends.clone(),
            serving: self.serving.clone(),
            scene: None,
        })
    }

    fn lane(&mut self, id: &InstanceId) -> &mut Lane {
        self.version += 1;
        let started = &mut self.started;
        self.lanes.entry(id.clone()).or_insert_with(|| {
            let ordinal = *started;
            *started += 1;
            let mut model = LaneModel::new(id.clone(), ordinal);
            model.waiting_activities = self.waiting_activities.get(id).cloned();
            Lane {
                model: Arc::new(model),
                score: ScorePosition::default(),
            }
        })
    }
}
