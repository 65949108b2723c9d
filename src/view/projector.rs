//! Folds everything that the stage is told into snapshots.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use super::{
    lane::{LaneModel, LineRange, ScoreFacts},
    overview::{Failed, Overview},
    snapshot::{MetersView, Notice, ScoreCard, Snapshot},
    time_map::{TimeMap, TransportView},
};
use crate::{
    engine::{Committed, EventKind, InstanceId},
    score::calls::Play,
};

/// Owns the lanes and publishes what they look like. Knows no clock and no thread: whoever owns
/// it calls it in the order in which things happen.
#[derive(Debug, Default)]
pub struct Projector {
    lanes: HashMap<InstanceId, Arc<LaneModel>>,
    started: usize,
    version: u64,
    transport: TransportView,
    time_map: Arc<TimeMap>,
    overview: Arc<Overview>,
    meters: Arc<MetersView>,
    scores: Arc<[ScoreCard]>,
    notices: VecDeque<Notice>,
    noticed: u64,
}

impl Projector {
    /// Most lanes of closed instances that are kept.
    pub const MOST_CLOSED: usize = 50;
    /// Most notices that are kept.
    const MOST_NOTICES: usize = 5;

    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The feed tells of a commit.
    pub fn committed(&mut self, commit: &Committed) {
        let lane = self.lane(&commit.instance.id);
        let known = lane.next;
        let played = lane.committed(commit);
        let color = lane.color();
        let overview = Arc::make_mut(&mut self.overview);
        for event in commit.events.iter().filter(|event| event.id >= known) {
            let failed = match event.kind {
                EventKind::TaskFailed { .. } | EventKind::ExecutionFailed { .. } => Failed::Yes,
                _ => Failed::No,
            };
            overview.add(event.at, color, failed);
        }
        if !played.is_empty() {
            let bar = self.transport.bar;
            let map = Arc::make_mut(&mut self.time_map);
            for note in played {
                map.learn(note.onset, note.until, note.at, note.length, bar);
            }
        }
        self.forget_old();
    }

    /// The notes that an instance will play if nothing comes in between; replaces those told before.
    pub fn foreseen(&mut self, id: &InstanceId, notes: Vec<Play>) {
        let lane = self.lane(id);
        lane.foreseen = notes.into();
        lane.version += 1;
    }

    /// What is known of the score that an instance performs.
    pub fn score_facts(&mut self, id: &InstanceId, facts: ScoreFacts) {
        let lane = self.lane(id);
        lane.facts = Some(Arc::new(facts));
        lane.version += 1;
    }

    /// The lines of the score that an instance performs now; `None`: not known.
    pub fn task_progress(&mut self, id: &InstanceId, lines: Option<LineRange>) {
        let lane = self.lane(id);
        lane.progress = lines;
        lane.version += 1;
    }

    /// How the transport stands.
    pub fn transport(&mut self, view: TransportView) {
        self.version += 1;
        Arc::make_mut(&mut self.time_map).transport(&view);
        self.transport = view;
    }

    /// Figures of the machine room.
    pub fn meters(&mut self, meters: MetersView) {
        self.version += 1;
        self.meters = Arc::new(meters);
    }

    /// The scores that can be started.
    pub fn scores(&mut self, scores: Vec<ScoreCard>) {
        self.version += 1;
        self.scores = scores.into();
    }

    /// A message to the performer.
    pub fn notice(&mut self, text: impl Into<Arc<str>>) {
        self.version += 1;
        self.noticed += 1;
        self.notices.push_back(Notice {
            number: self.noticed,
            text: text.into(),
        });
        while self.notices.len() > Self::MOST_NOTICES {
            self.notices.pop_front();
        }
    }

    /// An instance is gone from the store.
    pub fn purged(&mut self, id: &InstanceId) {
        self.version += 1;
        self.lanes.remove(id);
    }

    /// What it all looks like now. Shares everything that did not change with earlier snapshots.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        let mut lanes: Vec<_> = self
            .lanes
            .values()
            .filter(|lane| !lane.rows.is_empty())
            .cloned()
            .collect();
        lanes.sort_by_cached_key(|lane| {
            let order = match lane.closed_at {
                Some(at) if lane.status.is_closed() => u64::MAX - at.0,
                _ => lane.started_at.0,
            };
            (lane.status.is_closed(), order, lane.ordinal)
        });
        Arc::new(Snapshot {
            version: self.version,
            lanes,
            transport: self.transport,
            time_map: self.time_map.clone(),
            overview: self.overview.clone(),
            meters: self.meters.clone(),
            scores: self.scores.clone(),
            notices: self.notices.iter().cloned().collect(),
        })
    }

    fn lane(&mut self, id: &InstanceId) -> &mut LaneModel {
        self.version += 1;
        let started = &mut self.started;
        let lane = self.lanes.entry(id.clone()).or_insert_with(|| {
            let ordinal = *started;
            *started += 1;
            Arc::new(LaneModel::new(id.clone(), ordinal))
        });
        Arc::make_mut(lane)
    }

    fn forget_old(&mut self) {
        let closed = |lane: &&Arc<LaneModel>| lane.status.is_closed();
        if self.lanes.values().filter(closed).count() > Self::MOST_CLOSED {
            let oldest = self
                .lanes
                .values()
                .filter(closed)
                .min_by_key(|lane| (lane.closed_at, lane.ordinal))
                .map(|lane| lane.id.clone());
            if let Some(id) = oldest {
                self.lanes.remove(&id);
            }
        }
    }
}
