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
        if *self.meters == meters {
            return;
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{EventKind, Payload, Status},
        view::{
            Pace, caption,
            sample::{Sample, s},
        },
    };

    fn running(id: &str) -> Sample {
        let mut sample = Sample::new(id);
        sample.note(1.0, 1.0, 40);
        sample
    }

    #[test]
    fn a_snapshot_does_not_change_when_more_happens() {
        let mut projector = Projector::new();
        let mut bass = running("bass");
        projector.committed(&bass.commit());
        projector.committed(&running("harp").commit());
        let before = projector.snapshot();
        let pieces = before.lanes[0].pieces.len();
        bass.note(3.0, 1.0, 42);
        projector.committed(&bass.commit());
        let after = projector.snapshot();
        let bass = |s: &Snapshot| {
            s.lanes
                .iter()
                .position(|l| l.id.as_str() == "bass")
                .unwrap()
        };
        assert_eq!(before.lanes[bass(&before)].pieces.len(), pieces);
        assert!(after.lanes[bass(&after)].pieces.len() > pieces);
        let harp = |s: &Snapshot| s.lanes.iter().find(|l| l.id.as_str() == "harp").cloned();
        assert!(Arc::ptr_eq(&harp(&before).unwrap(), &harp(&after).unwrap()));
        assert!(after.version > before.version);
    }

    #[test]
    fn running_lanes_come_first_and_old_closed_ones_are_forgotten() {
        let mut projector = Projector::new();
        for n in 0..60 {
            let mut old = running(&format!("old-{n}"));
            old.status = Status::Completed;
            let output = Payload::null();
            old.add(
                10.0 + f64::from(n),
                EventKind::ExecutionCompleted { output },
            );
            projector.committed(&old.commit());
        }
        projector.committed(&running("bass").commit());
        let lanes = projector.snapshot().lanes.clone();
        assert_eq!(lanes[0].id.as_str(), "bass");
        assert_eq!(lanes[1].id.as_str(), "old-59");
        assert_eq!(lanes.len(), 1 + Projector::MOST_CLOSED);
    }

    #[test]
    fn the_caption_tells_the_hall_what_matters() {
        let mut projector = Projector::new();
        assert_eq!(
            caption(&projector.snapshot(), s(0.0)),
            "Nothing runs yet. Choose a score to begin."
        );
        projector.committed(&running("Bass").commit());
        let mut drummer = Sample::new("Drummer");
        for n in 0..3 {
            let at = f64::from(n) * 2.0;
            let task = drummer.schedule(at, "strike", Payload::null());
            let retry = (n == 2).then_some(6.5);
            drummer.fail(at + 1.0, task, 1, retry);
        }
        projector.committed(&drummer.commit());
        assert_eq!(
            caption(&projector.snapshot(), s(5.0)),
            "Drummer fails for the third time and tries again in 1.5 s. Nobody else stops."
        );
    }

    #[test]
    fn the_picture_rests_when_nothing_can_change() {
        let mut projector = Projector::new();
        assert_eq!(projector.snapshot().pace(), Pace::Still);
        let mut oboe = Sample::new("oboe");
        oboe.wait_for(1.0, "applause", None);
        projector.committed(&oboe.commit());
        assert_eq!(projector.snapshot().pace(), Pace::Still);
        projector.transport(TransportView {
            rolling: true,
            ..TransportView::default()
        });
        assert_eq!(projector.snapshot().pace(), Pace::Flowing);
    }

    #[test]
    fn a_finished_performance_stays_in_view() {
        let mut projector = Projector::new();
        let mut bass = running("bass");
        assert_eq!(projector.snapshot().live_edge(s(50.0)), s(50.0));
        bass.status = Status::Completed;
        let output = Payload::null();
        bass.add(5.0, EventKind::ExecutionCompleted { output });
        projector.committed(&bass.commit());
        assert_eq!(projector.snapshot().live_edge(s(50.0)), s(5.0));
    }
}
